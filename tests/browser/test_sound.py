"""A sound's own page: seen, entered by the picture, taken along, made again, gone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.live import HOSTILE_TITLE, SECONDS, Live
from tests.browser.test_journeys import JOB_MS, advances, make_short
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.tf]


def test_a_press_on_the_picture_goes_there_and_both_cursors_move(visit: Open, platform: Live) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    picture = page.locator(".mel-picture")
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    expect(page.locator(".reading")).to_have_text(re.compile(r"^3\.0 s · \d\.\d kHz$"))
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    advances(page)
    slider = page.get_by_role("slider", name=re.compile("Waveform"))
    eventually(lambda: float(slider.get_attribute("aria-valuenow") or 0) > SECONDS / 2)
    cursor = "picture => parseFloat(getComputedStyle(picture, '::after').left) / picture.clientWidth"
    eventually(lambda: float(picture.evaluate(cursor)) > 0.5)
    # Both axes can be read.
    expect(page.locator(".axis-khz text")).to_have_text(["0.5", "1", "2", "4", "8", "16"])
    expect(page.locator(".axis-s text").first).to_have_text("0")


def test_credit_is_copied_by_a_press(visit: Open, platform: Live) -> None:
    page = visit(f"/sounds/{platform.sound_ids[0]}", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert HOSTILE_TITLE in page.evaluate("navigator.clipboard.readText()")
    assert page.evaluate("window.broken") is None


def test_a_made_sound_is_made_again_found_in_the_family_and_mourned(visit: Open, platform: Live) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    make_short(page)
    page.get_by_role("button", name="Generate", exact=True).click()
    made = page.locator("#made .candidate[data-sound-id]:not([data-making])").first
    expect(made).to_be_visible(timeout=JOB_MS)
    # A draft that goes leaves nothing behind; what was kept leaves a page that says so.
    made.get_by_role("button", name=re.compile("^Keep:")).click()
    page.locator("#made .is-kept .card-title").click()
    expect(page.get_by_role("heading", name="Made from", exact=True)).to_be_visible()
    address = page.url
    page.get_by_role("button", name="Same again").click()
    expect(page.locator("#again .candidate[data-sound-id]:not([data-making])").first).to_be_visible(timeout=JOB_MS)
    page.on("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Delete this sound").click()
    expect(page).to_have_url(re.compile("/library"))
    page.goto(address)
    expect(page.get_by_role("heading", name="This sound was deleted")).to_be_visible()
    page.get_by_role("link", name="Back to all sounds").click()
    expect(page.locator("#results .card").first).to_be_visible()
