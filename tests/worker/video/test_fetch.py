"""The real yt-dlp in its real process against a site on loopback."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import av
import psutil
import pytest

from backend.catalogue import errors
from tests.worker.media import write_sound, write_video
from tests.worker.site import Site, serving
from worker.video.facts import SiteBusy, VideoLimits
from worker.video.fetch import download, look_up

LIMITS = VideoLimits(max_seconds=60, max_bytes=2_000_000, open_networks=("127.0.0.1/32",))

LIVE_PLAYLIST = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:100
#EXTINF:4.0,
noise.mp3
"""

HOSTILE_PAGE = f"""<html><script>jwplayer("x").setup({{
  "file": "noise.mp3", "mediaid": "m", "duration": "-12", "image": "javascript:alert(1)",
  "title": "a\\u0000b \\ud800 \\u202ec {"x" * 3_000_000}"
}});</script></html>"""


def not_interested(_: float | None) -> None:
    """Follow no progress."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    write_sound(folder / "noise.flac", 3)
    write_sound(folder / "noise.mp3", 3)
    write_sound(folder / "long.mp3", 70)
    write_video(folder / "clip.mp4", 2)
    write_video(folder / "silent.mp4", 1, has_sound=False)
    (folder / "text.bin").write_bytes(bytes(range(256)) * 100)
    (folder / "page.html").write_text("<html><title>Nothing</title>no media</html>")
    (folder / "one.html").write_text("<html><title>One</title><video src='clip.mp4'></video></html>")
    (folder / "two.html").write_text(
        "<html><title>Two</title><video src='clip.mp4'></video><audio src='noise.mp3'></audio>"
    )
    (folder / "hostile.html").write_text(HOSTILE_PAGE)
    (folder / "live.m3u8").write_text(LIVE_PLAYLIST)
    with serving(folder) as running:
        yield running


def test_a_sound_file_is_kept_byte_by_byte(site: Site, tmp_path: Path) -> None:
    told: list[float | None] = []
    path = download(site.address("noise.flac"), tmp_path, LIMITS, told.append)
    assert path.read_bytes() == (site.folder / "noise.flac").read_bytes()
    assert told


def test_a_video_loses_its_pictures_and_keeps_its_sound_packets(site: Site, tmp_path: Path) -> None:
    path = download(site.address("clip.mp4"), tmp_path, LIMITS, not_interested)
    with av.open(str(path)) as kept, av.open(str(site.folder / "clip.mp4")) as sent:
        assert not kept.streams.video
        packets = [bytes(packet) for packet in kept.demux(audio=0) if packet.size]
        assert packets == [bytes(packet) for packet in sent.demux(audio=0) if packet.size]
    assert list(tmp_path.iterdir()) == [path]


def test_facts_name_the_video_the_same_way_every_time(site: Site) -> None:
    first, again = (look_up(site.address("one.html"), LIMITS, not_interested) for _ in range(2))
    assert first == again
    assert first.title.startswith("One")
    assert not first.is_live


def test_what_a_hostile_page_says_of_itself_is_made_fit_to_be_kept_and_shown(site: Site) -> None:
    facts = look_up(site.address("hostile.html"), LIMITS, not_interested)
    assert facts.title.startswith("a b ? c xxx")
    assert len(facts.title) == 500
    assert facts.thumbnail_url is None
    assert facts.duration_s is None
    assert facts.webpage_url == site.address("hostile.html")


def test_an_address_cannot_carry_orders_to_yt_dlp(site: Site) -> None:
    plain = look_up(site.address("noise.mp3?a=1"), LIMITS, not_interested)
    order = quote(json.dumps({"force_videoid": "somebody-elses", "to_generic": True}))
    smuggled = look_up(site.address(f"noise.mp3?a=1#__youtubedl_smuggle={order}"), LIMITS, not_interested)
    assert smuggled == plain


def test_equal_file_names_on_two_addresses_are_two_videos(site: Site) -> None:
    first = look_up(site.address("noise.mp3?a=1"), LIMITS, not_interested)
    second = look_up(site.address("noise.mp3?a=2"), LIMITS, not_interested)
    assert first.video_key != second.video_key


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("page.html", errors.UnsupportedSite),
        ("two.html", errors.PlaylistNotSupported),
        ("live.m3u8", errors.VideoIsLive),
        ("_status/404", errors.VideoRemoved),
        ("_status/503", SiteBusy),
        ("_to?url=http://127.0.0.2/noise.mp3", errors.PrivateAddress),
        ("_to?url=file:///etc/passwd", errors.VideoRefused),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(site: Site, path: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        look_up(site.address(path), LIMITS, not_interested)


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("silent.mp4", errors.NoAudioInVideo),
        ("text.bin", errors.UnsupportedSite),
        ("long.mp3", errors.VideoTooLong),
        ("_endless.mp3", errors.VideoTooLarge),
    ],
)
def test_what_shows_only_while_downloading_is_refused_by_name(
    site: Site, tmp_path: Path, path: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        download(site.address(path), tmp_path, LIMITS, not_interested)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/x", "ytsearch:rain", "noise.mp3", ""])
def test_only_http_addresses_are_taken(address: str) -> None:
    with pytest.raises(errors.NotAVideoAddress):
        look_up(address, LIMITS, not_interested)


def test_a_page_without_end_fills_no_memory(site: Site) -> None:
    narrow = replace(LIMITS, max_memory_bytes=300 * 1024**2)
    with pytest.raises(errors.UnsupportedSite):
        look_up(site.address("_endless.html"), narrow, not_interested)


def test_the_operators_proxy_is_used_and_nothing_beside_it(site: Site) -> None:
    through = replace(LIMITS, proxy=site.address(""))
    facts = look_up("http://somewhere.example/noise.mp3", through, not_interested)
    assert facts.title == "noise"
    assert "http://somewhere.example/noise.mp3" in site.requested


def test_loopback_is_private_unless_opened(site: Site) -> None:
    with pytest.raises(errors.PrivateAddress):
        look_up(site.address("noise.mp3", "localhost"), VideoLimits(max_seconds=60, max_bytes=1000), not_interested)
    assert not any("localhost" in requested for requested in site.requested)


def test_proxies_of_the_environment_are_ignored(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.3:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.3:9")
    assert look_up(site.address("noise.mp3"), LIMITS, not_interested).title == "noise"


def test_giving_up_kills_the_process_and_its_connection(site: Site, tmp_path: Path) -> None:
    class EnoughError(Exception):
        pass

    def give_up_once_it_flows(fraction: float | None) -> None:
        if fraction:
            raise EnoughError

    site.cut.clear()
    with pytest.raises(EnoughError):
        download(site.address("_drip/noise.flac?rate=40000"), tmp_path, LIMITS, give_up_once_it_flows)
    assert site.cut.wait(5)
    children = psutil.Process().children(recursive=True)
    assert [child for child in children if "worker.video.child" in child.cmdline()] == []


def test_a_site_that_stalls_is_busy(site: Site, tmp_path: Path) -> None:
    impatient = replace(LIMITS, stall_timeout_s=1.5)
    started_at = time.monotonic()
    with pytest.raises(SiteBusy):
        download(site.address("_drip/noise.flac?rate=1"), tmp_path, impatient, not_interested)
    assert time.monotonic() - started_at < 30
