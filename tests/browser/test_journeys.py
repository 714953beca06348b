"""What a listener does here, in a real browser on the real platform."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Hold, Open
from tests.browser.live import HOSTILE_TITLE, N_MUTE, SECONDS, Live
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.tf]

# A worker on a busy machine with two cores loads its networks with the first job.
JOB_MS = 90_000
BOTTOM_PX = "element => element.getBoundingClientRect().bottom"
TOP_PX = "element => element.getBoundingClientRect().top"


def now_s(page: Page) -> float:
    """Where the player is."""
    return float(page.locator("#player-position").input_value())


def advances(page: Page) -> None:
    """Wait until the sound is heard to go on."""
    before_s = now_s(page)
    eventually(lambda: now_s(page) > before_s + 0.2)


def goes_round(page: Page) -> None:
    """Let what plays not come to its end, however slow the machine."""
    page.get_by_role("button", name="Repeat this sound").click()


def looks_again_until(page: Page, words: str) -> None:
    """Without scripts: press the link that looks again, until a page says so."""

    def says_so() -> bool:
        if page.get_by_text(words).count():
            return True
        # Half a page says nothing yet, and may have no link any more.
        with page.expect_navigation():
            page.get_by_role("link", name="See how it stands").first.click()
        return False

    eventually(says_so, JOB_MS / 1000, every_s=0.5)


def make_short(page: Page) -> None:
    """Ask for one candidate of two seconds."""
    page.locator("#seconds").fill("2")
    page.get_by_role("radio", name="1", exact=True).check()


def test_a_sound_plays_and_goes_on_while_the_listener_moves_about(visit: Open) -> None:
    page = visit("/")
    card = page.locator(".card").first
    card.get_by_role("button", name=re.compile("^Play ")).click()
    goes_round(page)
    advances(page)
    expect(card).to_have_class(re.compile("is-playing"))
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page).to_have_title(re.compile("Library"))
    expect(page.locator("#menu [aria-current]")).to_have_text("Library")
    advances(page)
    page.go_back()
    expect(page.locator(".card").first).to_have_class(re.compile("is-playing"))
    expect(page.locator("#menu [aria-current]")).to_have_text("Browse")
    advances(page)


def test_keys_play_pause_and_seek(visit: Open) -> None:
    page = visit("/")
    page.keyboard.press("Space")
    advances(page)
    page.keyboard.press("Space")
    expect(page.locator("#player-play")).to_have_attribute("aria-label", "Play")
    # From its beginning, so that there is something left to seek to.
    page.keyboard.press("ArrowLeft")
    stopped_s = now_s(page)
    page.keyboard.press("ArrowRight")
    assert now_s(page) > stopped_s + 1


def test_the_waveform_is_a_slider_for_the_keyboard(visit: Open, platform: Live) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    goes_round(page)
    slider = page.get_by_role("slider", name=re.compile("Waveform"))
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("0:0[56] of 0:06"))
    slider.press("Home")
    slider.press("ArrowRight")
    eventually(lambda: 0.9 <= float(slider.get_attribute("aria-valuenow") or 0) <= SECONDS)


def test_the_slider_works_before_its_waveform_is_drawn(visit: Open, platform: Live) -> None:
    page = visit("/upload")
    page.route("**/waveform-*.js", lambda _: None)
    page.goto(f"/sounds/{platform.sound_ids[-1]}")
    goes_round(page)
    slider = page.get_by_role("slider", name=re.compile("Waveform"))
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("0:0[56] of 0:06"))


def test_the_end_of_the_waveform_is_heard_before_the_next_sound_begins(visit: Open, platform: Live) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    page.evaluate("window.said = new Set()")
    page.locator(".waveform").evaluate(
        """slider => new MutationObserver(() => window.said.add(slider.getAttribute('aria-valuetext')))
                     .observe(slider, {attributes: true})"""
    )
    page.locator(".waveform").press("End")
    # Similar sounds are what is played next.
    expect(page.locator("#player-title")).not_to_have_text("A small clock on the shelf")
    assert "0:05 of 0:06" in page.evaluate("[...window.said]")


def test_a_sound_page_tells_where_it_comes_from_and_gives_it_out(visit: Open, platform: Live) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    expect(page.get_by_role("heading", name="Similar sounds")).to_be_visible()
    picture = page.locator(".mel-picture img")
    eventually(lambda: picture.evaluate("image => image.complete && image.naturalWidth > 0"))
    with page.expect_download() as saved:
        page.get_by_role("link", name="OPUS").click()
    assert saved.value.path().read_bytes()[:4] == b"OggS"


def test_an_upload_is_watched_until_it_has_become_sounds(visit: Open, platform: Live, hold_worker: Hold) -> None:
    page = visit("/upload")
    page.get_by_label("Audio or video file", exact=True).set_input_files(platform.clip)
    expect(page.get_by_text("two things.wav · ")).to_be_visible()
    with hold_worker():
        page.get_by_role("button", name="Upload").click()
        page.wait_for_url("**/sources/*")
        expect(page.locator("#page h1")).to_have_text("two things.wav")
        expect(page.locator(".job progress")).to_be_visible()
    stretches = page.locator("a.stretch")
    expect(stretches.first).to_be_visible(timeout=JOB_MS)
    expect(page.locator(".job")).to_have_count(0)
    stretches.first.click()
    advances(page)
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page.locator(".rows").get_by_role("link", name="two things.wav")).to_be_visible()


def test_hostile_titles_are_shown_and_never_run(visit: Open, platform: Live) -> None:
    page = visit("/")
    expect(page.get_by_role("link", name=HOSTILE_TITLE)).to_be_visible()
    for path in (f"/sounds/{platform.sound_ids[0]}", "/ingest", "/map", f"/mix?first={platform.sound_ids[0]}"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
    assert page.evaluate("window.broken") is None


def test_the_menu_leads_everywhere_without_loading_a_page_anew(visit: Open) -> None:
    page = visit("/")
    page.evaluate("window.isTheSamePage = true")
    for link in page.locator("#menu a").all():
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        expect(page.locator("#page h1")).to_be_focused()
    assert page.evaluate("window.isTheSamePage")


def test_korean_is_a_press_away_and_stays(visit: Open) -> None:
    page = visit("/upload")
    page.get_by_role("button", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page).to_have_url(re.compile("/upload$"))
    page.goto("/")
    expect(page.locator(".chip").first).to_contain_text("전체")


def test_browsing_works_without_scripts(visit: Open) -> None:
    page = visit("/", java_script_enabled=False)
    expect(page.locator(".card")).to_have_count(N_MUTE)
    page.get_by_role("link", name="More sounds").click()
    expect(page.locator(".card")).to_have_count(3)
    page.get_by_role("link", name=re.compile("^Brushing")).click()
    expect(page.locator(".chip[aria-current]")).to_contain_text("Brushing")
    expect(page.locator("noscript audio, audio").first).to_be_attached()


def test_an_unknown_sound_says_so_and_offers_a_way_on(visit: Open) -> None:
    page = visit("/sounds/01900000-0000-7000-8000-000000000000")
    expect(page.get_by_role("alert")).to_contain_text("There is nothing here")
    page.get_by_role("link", name="Back to all sounds").click()
    expect(page.locator(".card").first).to_be_visible()


def test_a_refused_video_address_is_told_beside_the_form(visit: Open) -> None:
    page = visit("/ingest")
    page.get_by_label("Address of the video").fill("http://127.0.0.1/video")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#queued").get_by_role("alert")).to_contain_text("private network")
