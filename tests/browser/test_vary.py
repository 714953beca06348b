"""Generate similar: candidates grow side by side, are heard, compared, kept, gone on from, cancelled."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Hold, Open
from tests.browser.live import Live
from tests.browser.test_journeys import BOTTOM_PX, JOB_MS, TOP_PX, advances, looks_again_until
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.tf]

STREAMS = "**/api/v1/jobs/*/events"
REFUSAL = '<div class="problem" role="alert"><p>Too much at once.</p></div>'


def generate(page: Page, *, n_candidates: int, seconds: int = 1) -> None:
    page.locator("#seconds").fill(str(seconds))
    page.get_by_role("radio", name=str(n_candidates), exact=True).check()
    page.get_by_role("button", name="Generate", exact=True).click()


def test_candidates_are_heard_kept_and_gone_on_from(visit: Open, platform: Live, hold_worker: Hold) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    page.locator(".hero").get_by_role("button", name=re.compile("^Play ")).click()
    advances(page)
    seed = page.locator("#seed").input_value()
    audition, player = page.locator("#made .audition"), page.locator(".player")
    with hold_worker():
        generate(page, n_candidates=2)
        # What was asked for comes into view, above the player that lies over the page's lower edge.
        expect(audition.locator(".candidate")).to_have_count(2)
        eventually(lambda: audition.evaluate(TOP_PX) < player.evaluate(TOP_PX))
        expect(page.locator("#seed")).not_to_have_value(seed)
        heights = [each.bounding_box() for each in audition.locator(".candidate").all()]
    ready = audition.locator(".candidate[data-sound-id]:not([data-making])")
    expect(ready).to_have_count(2, timeout=JOB_MS)
    expect(audition.get_by_role("status")).to_have_text("2 of 2 ready")
    # Nothing has moved, and what played plays on (or has come to its end).
    assert [each.bounding_box() and each.bounding_box()["height"] for each in ready.all()] == [
        height and height["height"] for height in heights
    ]
    expect(ready.first.locator(".scale")).to_contain_text(re.compile(r"Distance from its source: \d\.\d\d"))
    ready.nth(1).get_by_role("button", name=re.compile("^Play ")).click()
    expect(ready.nth(1)).to_have_class(re.compile("is-playing|is-current"))
    page.route("**/keep", lambda route: route.fulfill(status=429, body=REFUSAL, content_type="text/html"))
    ready.nth(1).get_by_role("button", name=re.compile("^Keep:")).click()
    # The sentence comes into the card, which stays to be tried again.
    expect(ready.nth(1).get_by_role("alert")).to_have_text("Too much at once.")
    page.unroute("**/keep")
    ready.nth(1).get_by_role("button", name=re.compile("^Keep:")).click()
    kept = audition.locator(".candidate.is-kept")
    expect(kept.get_by_text("In your library")).to_be_visible()
    kept_id = kept.get_attribute("data-sound-id")
    # A page that is loaded anew still has them; one of them is gone on from.
    page.reload()
    expect(page.locator("#made .candidate[data-sound-id]:not([data-making])")).to_have_count(2)
    page.locator("#made .candidate").first.get_by_role("button", name=re.compile("^More like this")).click()
    expect(page.locator("#made .audition")).to_have_count(2)
    page.get_by_role("button", name="Cancel all").click()
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page.locator(f'.card[data-sound-id="{kept_id}"]').first).to_be_visible()
    # A draft has a page of its own, for its listener alone.
    stranger = visit(f"/sounds/{kept_id}")
    expect(stranger.get_by_role("alert")).to_be_visible()


def test_one_candidate_or_all_are_cancelled_and_tried_again(visit: Open, platform: Live, hold_worker: Hold) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    candidates = page.locator("#made .candidate")
    with hold_worker():
        generate(page, n_candidates=3, seconds=60)
        candidates.nth(2).get_by_role("button", name=re.compile("^Cancel:")).click()
        expect(candidates.nth(2).get_by_role("button", name=re.compile("^Try again"))).to_be_visible()
        expect(candidates.nth(1)).to_contain_text(re.compile("Next in line|Waiting: 1 before it"))
    page.get_by_role("button", name="Cancel all").click()
    expect(page.locator("#made").get_by_role("button", name=re.compile("^Try again"))).to_have_count(3, timeout=JOB_MS)
    expect(page.get_by_role("button", name="Cancel all")).to_have_count(0)
    candidates.first.get_by_role("button", name=re.compile("^Try again")).click()
    expect(candidates.first.locator("progress")).to_be_visible()
    candidates.first.get_by_role("button", name=re.compile("^Cancel")).click()
    expect(candidates.first.get_by_role("button", name=re.compile("^Try again"))).to_be_visible(timeout=JOB_MS)


def test_candidates_arrive_though_streams_and_an_answer_are_lost(visit: Open, platform: Live) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    page.route(STREAMS, lambda route: route.abort())
    lost: list[str] = []

    def lose_the_first(route):  # type: ignore[no-untyped-def]
        if lost:
            route.fallback()
        else:
            lost.append(route.request.url)
            route.abort()

    page.route(re.compile(r"/auditions/[^/]+/[^/]+$"), lose_the_first)
    generate(page, n_candidates=1)
    expect(page.locator("#made .candidate[data-sound-id]:not([data-making])")).to_be_visible(timeout=JOB_MS)
    assert lost


def test_candidates_are_made_and_kept_without_scripts(visit: Open, platform: Live) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}", java_script_enabled=False)
    generate(page, n_candidates=2)
    expect(page).to_have_url(re.compile("/auditions/"))
    looks_again_until(page, "2 of 2 ready")
    expect(page.locator(".candidate audio")).to_have_count(2)
    page.get_by_role("button", name=re.compile("^Keep:")).first.click()
    expect(page.get_by_role("link", name="In your library")).to_be_visible()


def test_candidates_fit_every_screen(visit: Open, platform: Live) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    generate(page, n_candidates=4, seconds=60)
    expect(page.locator("#made .candidate")).to_have_count(4)
    for width in (1440, 768, 360):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    page.get_by_role("button", name="Cancel all").click()
    expect(page.locator("#made").get_by_role("button", name=re.compile("^Try again")).first).to_be_visible(
        timeout=JOB_MS
    )
    assert page.locator("#made .candidate").last.evaluate(BOTTOM_PX) > 0
