"""Mix two: trays fed from anywhere, by press, key, finger and mouse; a row from one to the other."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.live import Live
from tests.browser.test_journeys import BOTTOM_PX, JOB_MS, TOP_PX, advances, goes_round, looks_again_until
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.tf]


def tray(page: Page, letter: str) -> Locator:
    """The title in a tray of the strip."""
    return page.locator(f'[data-strip-tray="{letter}"] [data-strip-title]')


def use_as(page: Page, place: int, letter: str) -> str:
    card = page.locator("#page .card").nth(place)
    card.get_by_role("button", name=f"Use as {letter}").click()
    return card.get_attribute("data-title") or ""


def test_a_row_is_mixed_of_sounds_from_two_pages(visit: Open, platform: Live) -> None:
    page = visit("/")
    expect(page.locator("#strip")).to_be_hidden()
    first = use_as(page, 0, "A")
    expect(page.locator("#strip")).to_be_visible()
    expect(tray(page, "a")).to_have_text(first)
    expect(page.locator("#page .card").first.get_by_role("button", name="Use as A")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.goto(f"/sounds/{platform.sound_ids[0]}")
    expect(page.locator("#strip")).to_be_visible()
    second = use_as(page, 0, "B")
    page.locator("#strip").get_by_role("link", name="Mix", exact=True).click()
    expect(page.locator('section[data-tray-place="a"] .card')).to_have_attribute("data-title", first)
    expect(page.locator('section[data-tray-place="b"] .card')).to_have_attribute("data-title", second)
    expect(page.locator("#strip")).to_be_hidden()
    page.get_by_role("link", name="Swap").click()
    expect(page.locator('section[data-tray-place="a"] .card')).to_have_attribute("data-title", second)
    page.locator("#blend").fill("0.25")
    expect(page.locator("#shares")).to_have_text("A 75 % · B 25 %")
    page.locator("#seconds").fill("1")
    page.get_by_role("radio", name="3", exact=True).check()
    page.get_by_role("button", name="Hear the way from A to B").click()
    made = page.locator("#made .candidate[data-sound-id]:not([data-making])")
    expect(made).to_have_count(3, timeout=JOB_MS)
    expect(made.locator("h4")).to_have_text(["0 % B", "50 % B", "100 % B"])
    # A's picture above, B's below.
    above, below = page.locator("#made .parent .mel-picture").all()
    middle = made.nth(1)
    eventually(lambda: above.evaluate(BOTTOM_PX) <= middle.evaluate(TOP_PX))
    eventually(lambda: middle.evaluate(BOTTOM_PX) <= below.evaluate(TOP_PX))
    middle.get_by_role("button", name=re.compile("^Play ")).click()
    expect(middle).to_have_class(re.compile("is-current"))
    middle.get_by_role("button", name=re.compile("^Keep:")).click()
    expect(page.locator("#made .is-kept")).to_have_count(1)
    page.locator("#made .is-kept").get_by_role("link", name="50 % B").click()
    expect(page.locator(".family .card")).not_to_have_count(0)


def test_cards_are_dragged_into_trays_and_taken_out_again(visit: Open) -> None:
    page = visit("/", viewport={"width": 1200, "height": 800})
    use_as(page, 0, "A")
    card = page.locator("#page .card").nth(1)
    title = card.get_attribute("data-title") or ""
    card.locator(".card-facts").drag_to(page.locator('[data-strip-tray="b"]'))
    expect(tray(page, "b")).to_have_text(title)
    page.get_by_role("button", name="Take out of tray B").click()
    expect(tray(page, "b")).to_have_text("")
    page.get_by_role("button", name="Take out of tray A").click()
    expect(page.locator("#strip")).to_be_hidden()


def test_trays_are_filled_by_key_and_by_finger(visit: Open) -> None:
    page = visit("/")
    page.locator("#page .card").first.get_by_role("button", name="Use as A").focus()
    page.keyboard.press("Space")
    expect(tray(page, "a")).not_to_have_text("")
    phone = visit("/", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    phone.locator("#page .card").first.get_by_role("button", name="Use as B").tap()
    expect(tray(phone, "b")).not_to_have_text("")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    strip, player = phone.locator("#strip"), phone.locator("#player")
    eventually(lambda: strip.evaluate(BOTTOM_PX) <= player.evaluate(TOP_PX) + 1)


def test_taking_out_on_the_mix_page_empties_the_tray_for_good(visit: Open) -> None:
    page = visit("/")
    use_as(page, 0, "A")
    page.get_by_role("link", name="Mix", exact=True).first.click()
    expect(page.locator('section[data-tray-place="a"] .card')).to_have_count(1)
    page.get_by_role("link", name="Take out").click()
    expect(page.locator('section[data-tray-place="a"] .card')).to_have_count(0)
    page.get_by_role("link", name="Browse", exact=True).click()
    expect(page.locator("#strip")).to_be_hidden()


def test_two_sounds_are_mixed_without_scripts(visit: Open, platform: Live) -> None:
    page = visit(f"/mix?first={platform.sound_ids[-1]}", java_script_enabled=False)
    page.locator("#results .card").nth(1).get_by_role("link", name="Use as B").click()
    page.locator("#seconds").fill("1")
    page.get_by_role("button", name="Mix at this blend").click()
    expect(page).to_have_url(re.compile("/auditions/"))
    looks_again_until(page, "1 of 1 ready")


def test_what_plays_goes_on_while_a_mix_is_made(visit: Open, platform: Live) -> None:
    page = visit(f"/mix?first={platform.sound_ids[-1]}&second={platform.sound_ids[-2]}")
    page.locator("section[data-tray-place=a]").get_by_role("button", name=re.compile("^Play ")).click()
    goes_round(page)
    advances(page)
    page.locator("#seconds").fill("1")
    page.get_by_role("button", name="Mix at this blend").click()
    expect(page.locator("#made .candidate")).to_have_count(1)
    advances(page)
    expect(page.locator("#made .candidate[data-sound-id]:not([data-making])")).to_be_visible(timeout=JOB_MS)
