"""Finding something to hear: by trigger, by words, by filter, further and further down, and back again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.live import HOSTILE_TITLE, N_MUTE
from tests.browser.test_journeys import advances
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.tf]


def narrow(page: Page) -> None:
    """Open the filters if they are folded away."""
    if page.locator("details.filters").first.get_attribute("open") is None:
        page.locator("details.filters > summary").first.click()


def test_filters_stand_in_the_address_and_the_way_back_restores_them(visit: Open) -> None:
    page = visit("/")
    page.locator(".chip.trigger-brushing").click()
    expect(page).to_have_url(re.compile(r"/\?trigger=brushing$"))
    expect(page.locator(".chip[aria-current]")).to_contain_text("Brushing")
    narrow(page)
    page.get_by_label("Order").select_option("longest")
    expect(page).to_have_url(re.compile(r"/\?trigger=brushing&sort=longest$"))
    page.locator(".card .card-title").first.click()
    expect(page).to_have_url(re.compile("/sounds/"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/\?trigger=brushing&sort=longest$"))
    expect(page.get_by_label("Order")).to_have_value("longest")
    expect(page.locator("#results .trigger-brushing")).to_have_count(N_MUTE)
    # Somebody who gets the address sees the same.
    shared = visit(page.url)
    expect(shared.get_by_label("Order")).to_have_value("longest")


def test_a_search_without_result_is_loosened_by_a_press(visit: Open) -> None:
    page = visit("/?trigger=brushing")
    page.get_by_role("searchbox").fill("zzyzx")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No sound matches")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/\?trigger=brushing&q=zzyzx$"))
    page.locator(".held").get_by_role("link", name=re.compile("zzyzx")).click()
    expect(page.locator("#results .card").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"/\?trigger=brushing$"))


def test_more_cards_come_by_themselves_and_play(visit: Open) -> None:
    page = visit("/", viewport={"width": 360, "height": 500})
    expect(page.locator("#results .card")).to_have_count(N_MUTE)
    page.locator(".foot").scroll_into_view_if_needed()
    expect(page.locator("#results .card")).to_have_count(N_MUTE + 3)
    expect(page.locator("#pager a")).to_have_count(0)
    ids = page.locator("#results .card").evaluate_all("cards => cards.map(card => card.dataset.soundId)")
    assert len(set(ids)) == len(ids)


def test_the_way_back_leads_to_the_place_in_a_list_that_was_left(visit: Open) -> None:
    page = visit("/", viewport={"width": 360, "height": 500})
    page.locator(".foot").scroll_into_view_if_needed()
    last = page.locator("#results .card").nth(N_MUTE + 2)
    expect(last).to_be_visible()
    last.locator(".card-title").click()
    expect(page).to_have_url(re.compile("/sounds/"))
    page.go_back()
    expect(last).to_be_in_viewport()


def test_without_scripts_a_link_leads_further_and_one_back(visit: Open) -> None:
    page = visit("/", java_script_enabled=False)
    page.get_by_role("link", name="More sounds").click()
    expect(page.locator("#results .card")).to_have_count(3)
    page.get_by_role("link", name="Back to the first").click()
    expect(page.locator("#results .card")).to_have_count(N_MUTE)
    page.get_by_role("searchbox").fill("brushing")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#results .card")).to_have_count(N_MUTE)


def test_a_card_plays_from_where_its_waveform_is_pressed(visit: Open) -> None:
    page = visit("/")
    card = page.locator(".card").first
    box = card.locator(".wave").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    advances(page)
    expect(card).to_have_class(re.compile("is-playing"))
    eventually(lambda: float(card.evaluate("card => parseFloat(card.style.getPropertyValue('--played'))")) > 45)


def test_a_hostile_title_stays_a_title(visit: Open) -> None:
    page = visit("/?q=onerror")
    expect(page.locator("#results .card-title")).to_have_text(HOSTILE_TITLE)
    expect(page.locator(".held")).to_contain_text("onerror")
    assert page.evaluate("window.broken") is None
