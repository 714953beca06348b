"""The map in a real browser: drawn as a job, pointed at, filtered, walked by keys, boxed into the queue."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.live import HOSTILE_TITLE

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.tf]

JOB_MS = 90_000


def drawn_map(visit: Open, **options: object) -> Page:
    """The map once its points are there; the first visitor waits for it to be drawn."""
    page = visit("/map", **options)
    page.wait_for_load_state("networkidle")
    if not page.locator("[data-map-view]").count():
        page.request.post("/api/v1/map/layouts")
        page.goto("/jobs")
        expect(page.locator(".job", has_text="Drawing the map").locator("progress")).to_have_count(0, timeout=JOB_MS)
        page.goto("/map")
    page.wait_for_selector("[data-map-view][data-points]")
    return page


def test_the_map_is_walked_heard_and_opened_by_keys(visit: Open) -> None:
    page = drawn_map(visit)
    view = page.locator("[data-map-view]")
    assert int(view.get_attribute("data-points") or 0) > 20
    view.focus()
    page.keyboard.press("ArrowRight")
    row = page.locator("[data-map-point] .map-sound")
    expect(row).to_be_visible()
    expect(page.locator("[data-map-mark]")).to_be_visible()
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("0")
    title = row.locator("a").inner_text()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/sounds/"))
    expect(page.locator("#page h1")).to_contain_text(title)


# Whether a point is drawn in the middle of the mark: its colour is not that of the picture's corner.
IS_MARKED = """() => {
  const canvas = document.querySelector('[data-map-view] canvas'), mark = document.querySelector('[data-map-mark]')
  if (mark.hidden) return false
  const [drawn, place] = [canvas, mark].map((each) => each.getBoundingClientRect())
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {willReadFrequently: true})
  copy.drawImage(canvas, 0, 0)
  const x = (place.x + place.width / 2 - drawn.x) * canvas.width / drawn.width
  const y = (place.y + place.height / 2 - drawn.y) * canvas.height / drawn.height
  const colour = (...at) => String(copy.getImageData(...at, 1, 1).data)
  return colour(Math.floor(x), Math.floor(y)) !== colour(0, 0)
}"""


def drawn(page: Page) -> None:
    """Wait until what was done so far is in the picture: moves are drawn with the next frame."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_points_lie_where_they_are_pointed_at_while_the_map_moves_and_after(visit: Open) -> None:
    page = drawn_map(visit)
    view, mark = page.locator("[data-map-view]"), page.locator("[data-map-mark]")
    view.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    page.keyboard.press("+")
    drawn(page)
    assert page.evaluate(IS_MARKED)
    before = mark.bounding_box()
    assert before is not None
    x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 37, y + 21, steps=5)
    drawn(page)
    assert page.evaluate(IS_MARKED)
    page.mouse.up()
    drawn(page)
    page.wait_for_function("() => document.querySelector('[data-map-view] canvas').style.transform === ''")
    assert page.evaluate(IS_MARKED)
    after = mark.bounding_box()
    assert after is not None
    assert (round(after["x"] - before["x"]), round(after["y"] - before["y"])) == (37, 21)
    page.mouse.move(x + 38, y + 22)
    expect(view).to_have_class(re.compile("is-over"))


def test_a_box_goes_into_the_queue_and_the_legend_filters_it(visit: Open) -> None:
    page = drawn_map(visit)
    chip = page.locator("[data-map-trigger]", has_text="Brushing")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-map-trigger][aria-pressed=false]")).not_to_have_count(0)
    page.get_by_role("button", name="Choose an area").click()
    box = page.locator("[data-map-view]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4, steps=4)
    page.mouse.up()
    expect(page.locator("[data-map-found-title]")).to_have_text(re.compile(r"^\d+ sounds chosen|^\d+ of \d+"))
    rows = page.locator("[data-map-list] .map-sound")
    expect(rows.first).to_be_visible()
    assert {row.get_attribute("data-trigger") for row in rows.all()} == {"Brushing"}


def test_the_map_is_there_without_scripts_and_as_a_list(visit: Open) -> None:
    drawn_map(visit)
    page = visit("/map", java_script_enabled=False)
    page.get_by_role("link", name="As a list").first.click()
    expect(page.get_by_role("heading", name="Regions")).to_be_visible()
    expect(page.get_by_role("link", name=HOSTILE_TITLE)).to_have_count(1)
    assert page.locator(".map-plain .point").count() > 20
