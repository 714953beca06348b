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
