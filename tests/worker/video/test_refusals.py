import io
import socket

import pytest
from yt_dlp.networking import Response
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.utils import DownloadError, ExtractorError, GeoRestrictedError, UnsupportedError, UserNotLive

from worker.video.guard import AddressRefused
from worker.video.refusals import BUSY, meaning_of, plain_sentence


@pytest.mark.parametrize(
    ("prose", "slug"),
    [
        ("Sign in to confirm you’re not a bot. Use --cookies-from-browser or --cookies", "video-needs-login"),
        ("Private video. Sign in if you've been granted access to this video", "video-needs-login"),
        ("Join this channel to get access to members-only content", "video-needs-login"),
        ("Sign in to confirm your age", "video-needs-login"),
        ("This video has been removed by the uploader", "video-removed"),
        ("Video unavailable. This video is no longer available: the account is terminated", "video-removed"),
        ("The uploader has not made this video available in your country", "video-geo-blocked"),
        ("This live event will begin in 3 hours.", "video-is-live"),
        ("Premieres in 2 days", "video-is-live"),
        ("Video unavailable", "video-unavailable"),
        ("The current session has been rate-limited by YouTube for up to an hour", BUSY),
        ("Requested format is not available. Use --list-formats", "no-audio-in-video"),
    ],
)
def test_what_a_site_says_in_prose_gets_a_name(prose: str, slug: str) -> None:
    error = DownloadError(
        f"ERROR: [youtube] abc: {prose}", (ExtractorError, ExtractorError(prose, expected=True), None)
    )
    assert meaning_of(error)[0] == slug


@pytest.mark.parametrize(
    ("cause", "slug"),
    [
        (GeoRestrictedError("Not here"), "video-geo-blocked"),
        (UnsupportedError("http://x.example"), "unsupported-site"),
        (UserNotLive(), "video-is-live"),
        (AddressRefused("'10.0.0.1' is not on the public internet"), "private-address"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "video-unavailable"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), BUSY),
        (ConnectionResetError("reset"), BUSY),
        (TimeoutError("timed out"), BUSY),
    ],
)
def test_a_cause_is_found_however_deep_it_lies(cause: Exception, slug: str) -> None:
    extraction_error = ExtractorError("Unable to download webpage")
    extraction_error.__cause__ = cause
    error = DownloadError("ERROR: Unable to download webpage", (ExtractorError, extraction_error, None))
    assert meaning_of(error)[0] == slug


@pytest.mark.parametrize(
    ("status", "slug"),
    [
        (401, "video-needs-login"),
        (403, "video-unavailable"),
        (404, "video-removed"),
        (410, "video-removed"),
        (429, BUSY),
        (451, "video-geo-blocked"),
        (500, BUSY),
        (503, BUSY),
    ],
)
def test_a_status_of_the_site_gets_a_name(status: int, slug: str) -> None:
    answer = Response(io.BytesIO(), "http://site.example", {}, status=status)
    assert meaning_of(ExtractorError("Unable to download webpage", cause=HTTPError(answer)))[0] == slug


def test_a_sentence_for_listeners_has_no_colours_prefixes_or_advice_to_yt_dlp_users() -> None:
    said = "\x1b[0;31mERROR:\x1b[0m [youtube] abc: It broke; please report this issue on  https://x.example"
    assert plain_sentence(said) == "It broke"
