"""Uploads in a real browser: lines that break, pages that are loaded anew, several files, and the microphone."""

from __future__ import annotations

import re
import wave
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Open
from tests.browser.live import Live
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.tf]

PIECE_BYTES = 8 * 1024 * 1024
JOB_MS = 90_000


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of three pieces: two minutes of nearly nothing."""
    path = tmp_path_factory.mktemp("clips") / "slow rain.wav"
    with wave.open(str(path), "wb") as clip:
        clip.setparams((2, 2, 44_100, 0, "NONE", ""))
        clip.writeframes(b"\x01\x00\x00\x00" * (44_100 * 110))
    assert path.stat().st_size > 2 * PIECE_BYTES
    return path


def choose(page: Page, *files: Path) -> None:
    page.locator("input[type=file][multiple]").set_input_files(files)


def break_line_after(page: Page, n_pieces: int) -> list[str]:
    """Let some pieces through and then none; give the offsets of all that were tried."""
    offsets: list[str] = []

    def pass_on(route: Route, request: Request) -> None:
        if request.method != "PATCH":
            route.continue_()
            return
        offsets.append(request.headers["upload-offset"])
        if len(offsets) > n_pieces:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/v1/uploads/*", pass_on)
    return offsets


def line_has_broken(page: Page, offsets: list[str]) -> None:
    """Wait until a piece was tried in vain; asking the page for something lets its events come through."""
    eventually(lambda: page.evaluate("1") and len(offsets) > 1, 60)


def test_a_dropped_connection_goes_on_where_it_was(visit: Open, long_clip: Path) -> None:
    page = visit("/upload")
    offsets = break_line_after(page, 1)
    choose(page, long_clip)
    page.get_by_role("button", name="Upload", exact=True).click()
    line_has_broken(page, offsets)
    expect(page.locator(".sending [data-status]")).to_contain_text(re.compile("MB sent|connection was lost"))
    page.unroute("**/api/v1/uploads/*")
    page.wait_for_url("**/sources/*", timeout=JOB_MS)
    assert offsets[:2] == ["0", str(PIECE_BYTES)]
    expect(page.locator("#page h1")).to_have_text("slow rain.wav")


def test_a_page_loaded_anew_sends_only_the_rest(visit: Open, long_clip: Path) -> None:
    page = visit("/upload")
    offsets = break_line_after(page, 1)
    choose(page, long_clip)
    page.get_by_role("button", name="Upload", exact=True).click()
    line_has_broken(page, offsets)
    page.on("dialog", lambda question: question.accept())
    page.goto("/upload")
    expect(page.get_by_text("slow rain.wav: 43 % are here")).to_be_visible()
    # Only now: the page that is left would try once more, and a part of that piece may arrive.
    page.unroute("**/api/v1/uploads/*")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.headers.get("upload-offset", "")))
    choose(page, long_clip)
    page.get_by_role("button", name="Upload", exact=True).click()
    page.wait_for_url("**/sources/*", timeout=JOB_MS)
    assert int(next(offset for offset in sent if offset)) >= PIECE_BYTES


def test_several_files_go_together_and_stay_in_sight(visit: Open, platform: Live, tmp_path: Path) -> None:
    page = visit("/upload")
    empty = tmp_path / "empty.wav"
    empty.touch()
    other = tmp_path / "other.wav"
    other.write_bytes(platform.clip.read_bytes())
    choose(page, platform.clip, other, empty)
    expect(page.get_by_role("alert").filter(has_text="empty.wav")).to_be_visible()
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator(".sending[data-state=taken]")).to_have_count(2, timeout=JOB_MS)
    expect(page.locator(".sending .job")).to_have_count(2)
    page.locator(".sending [data-open]").first.click()
    expect(page.locator("#page h1")).to_have_text(re.compile("two things.wav|other.wav"))


def test_a_stretch_is_heard_before_it_is_a_sound(visit: Open, platform: Live) -> None:
    page = visit("/upload")
    choose(page, platform.clip)
    page.get_by_role("button", name="Upload", exact=True).click()
    page.wait_for_url("**/sources/*", timeout=JOB_MS)
    source = page.url.rpartition("/")[2]
    assert page.request.get(f"/api/v1/sources/{source}/audio", headers={"Range": "bytes=0-3"}).body() == b"RIFF"


def test_a_refused_microphone_is_explained(visit: Open) -> None:
    page = visit("/upload", permissions=[])
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="microphone")).to_be_visible()
