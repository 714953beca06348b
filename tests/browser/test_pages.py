"""Every page for everybody: no barrier that axe-core finds, in both themes, and no overflow on any screen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.browser.conftest import Open
from tests.browser.live import ROOT, Live
from tests.browser.test_journeys import JOB_MS, make_short

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.tf]

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
BARRIERS = """
async (rules) => {
  const options = { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }
  if (rules) options.runOnly = { type: 'rule', values: rules }
  const { violations } = await axe.run(document, options)
  return violations.filter((one) => ['serious', 'critical'].includes(one.impact)).flatMap((one) =>
    one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.any.map((any) => any.message)}`))
}
"""
WIDER_BY_PX = "document.documentElement.scrollWidth - innerWidth"
PLACES = {
    "browse": "/",
    "filtered": "/?trigger=brushing&q=taps&min_confidence=0.5",
    "nothing found": "/?q=zzyzx",
    "sound": "/sounds/{sound}",
    "audition": "{audition}",
    "mix": "/mix?first={sound}&second={other}",
    "empty mix": "/mix",
    "upload": "/upload",
    "source": "{source}",
    "map": "/map",
    "map as a list": "/map?view=list",
    "library": "/library",
    "favourites": "/library/favourites",
    "history": "/library/history",
    "for you": "/for-you",
    "jobs": "/jobs",
    "ingest": "/ingest",
    "offline": "/offline",
    "nowhere": "/nowhere",
}


@pytest.fixture(scope="module")
def lived_in(browser: Browser, platform: Live) -> tuple[StorageState, dict[str, str]]:
    """A listener who has made, uploaded, loved and played something, and had the map drawn; with the pages of it."""
    with browser.new_context(base_url=platform.url) as context:
        page = context.new_page()
        page.set_default_timeout(JOB_MS)
        page.goto("/upload")
        page.get_by_label("Audio or video file", exact=True).set_input_files(platform.clip)
        page.get_by_role("button", name="Upload", exact=True).click()
        page.wait_for_url("**/sources/*")
        places = {"source": page.url.removeprefix(platform.url), "sound": str(platform.sound_ids[-1])}
        places["other"] = str(platform.sound_ids[0])
        expect(page.locator("a.stretch").first).to_be_visible(timeout=JOB_MS)
        page.goto(f"/sounds/{places['sound']}")
        make_short(page)
        page.get_by_role("button", name="Generate", exact=True).click()
        expect(page.locator("#made .candidate[data-sound-id]:not([data-making])").first).to_be_visible(timeout=JOB_MS)
        places["audition"] = page.locator("#made .audition-head .card-title").get_attribute("href") or ""
        page.request.put(f"/api/v1/sounds/{places['sound']}/favourite")
        played = {"sound_id": places["sound"], "listened_s": 6.0, "how": "ended"}
        assert page.request.post("/api/v1/plays", data=played).ok
        page.request.post("/api/v1/map/layouts")
        page.goto("/jobs")
        expect(page.locator(".job", has_text="Drawing the map").locator("progress")).to_have_count(0, timeout=JOB_MS)
        return context.storage_state(), places


def come_to_rest(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    if page.locator("[data-map-view]").count():
        page.wait_for_selector("[data-map-view][data-points]")


@pytest.mark.parametrize("name", PLACES)
def test_a_page_has_no_barrier_in_either_theme_and_fits_every_screen(
    visit: Open, lived_in: tuple[StorageState, dict[str, str]], name: str
) -> None:
    state, places = lived_in
    address = PLACES[name].format(**places)
    page = visit(address, storage_state=state, color_scheme="dark", viewport={"width": 1440, "height": 900})
    come_to_rest(page)
    found: dict[str, Any] = {"dark": barriers(page)}
    page.emulate_media(color_scheme="light")
    found["light"] = barriers(page, "color-contrast")
    found["1440 px"] = page.evaluate(WIDER_BY_PX)
    for width in (768, 360):
        page.set_viewport_size({"width": width, "height": 740})
        found[f"{width} px"] = page.evaluate(WIDER_BY_PX) or barriers(page, "target-size", "color-contrast")
    page.set_extra_http_headers({"Accept-Language": "ko"})
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    come_to_rest(page)
    found["Korean"] = page.evaluate(WIDER_BY_PX)
    found = {where: what for where, what in found.items() if what}
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def test_what_opens_over_a_page_has_no_barrier_in_either_theme(visit: Open) -> None:
    page = visit("/", color_scheme="dark")
    page.locator("#page .card").first.locator("[data-enqueue]").click()
    found = {}
    for opener in ("#player-queue", "#player-sleep", "#player-help"):
        page.locator(opener).click()
        for theme in ("dark", "light"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            found[opener, theme] = barriers(page)
        page.keyboard.press("Escape")
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_the_language_is_at_the_end_of_the_head(visit: Open, width: int) -> None:
    page = visit("/", viewport={"width": width, "height": 740})
    head = page.locator(".head").bounding_box()
    button = page.get_by_role("button", name="한국어").bounding_box()
    assert head is not None
    assert button is not None
    assert head["x"] + head["width"] - button["x"] - button["width"] < 30


def barriers(page: Page, *rules: str) -> list[str]:
    """What axe-core finds to be a serious barrier; all its rules, or some."""
    assert AXE.exists(), "install the front end's packages first: make setup"
    # Evaluated, not added as a script: the policy of the pages stays as it is.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    problems: list[str] = page.evaluate(BARRIERS, list(rules) or None)
    return problems
