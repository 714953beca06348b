"""yt-dlp, bridled: one video, its best audio untouched, no plugins, cookies, config files, cache or other programs."""

import hashlib
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yt_dlp import YoutubeDL
from yt_dlp.globals import plugin_dirs
from yt_dlp.networking import RequestDirector
from yt_dlp.networking._urllib import UrllibRH

from worker.video import words
from worker.video.facts import VideoFacts, VideoLimits
from worker.video.refusals import Refused

Info = dict[str, Any]
"""yt-dlp's description of a video."""

_LIVE_STATES = frozenset({"is_live", "is_upcoming", "post_live"})

# Their ids are the last part of the address, so that two sites' "audio.mp3" would pass for one video.
_EXTRACTORS_WITHOUT_IDS = frozenset({"generic", "html5mediaembed", "quotedhtml"})


class _OneVideo(YoutubeDL):
    """A downloader whose every request goes through Python's sockets, where the guard stands."""

    def build_request_director(self, handlers: Any, preferences: Any = None) -> RequestDirector:
        """Leave out the handlers that bring a network stack of their own (curl) or another protocol (websockets)."""
        UrllibRH._SUPPORTED_URL_SCHEMES = ("http", "https", "data")
        return super().build_request_director([h for h in handlers if h.RH_KEY in ("Urllib", "Requests")], preferences)


def downloader(limits: VideoLimits, folder: Path, hooks: list[Callable[[Info], None]]) -> YoutubeDL:
    """Build yt-dlp for one video.

    Args:
        limits: Bounds and network settings.
        folder: Where files go; nothing is written elsewhere.
        hooks: Called with yt-dlp's progress while bytes arrive.
    """
    plugin_dirs.value = []
    has_own_certificates = any(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    return _OneVideo(
        {
            "quiet": True,
            "noprogress": True,
            "no_warnings": True,
            "color": {"stdout": "never", "stderr": "never"},
            "paths": {"home": str(folder)},
            "outtmpl": {"default": "media.%(ext)s"},
            "format": "bestaudio/best",
            "noplaylist": True,
            "extract_flat": "in_playlist",
            "playlist_items": "1:2",
            "cachedir": False,
            "updatetime": False,
            "nopart": True,
            "continuedl": False,
            "fixup": "never",
            "postprocessors": [],
            "ffmpeg_location": "/nonexistent",
            "external_downloader": {"default": "native"},
            "geo_bypass": False,
            "default_search": "error",
            "proxy": limits.proxy or "",
            "compat_opts": {"no-certifi"} if has_own_certificates else set(),
            "js_runtimes": {"deno": {}},
            "remote_components": [],
            "socket_timeout": 20,
            "retries": 4,
            "fragment_retries": 4,
            "extractor_retries": 2,
            "retry_sleep_functions": dict.fromkeys(("http", "fragment", "extractor"), _pause_s),
            "skip_unavailable_fragments": False,
            "concurrent_fragment_downloads": 3,
            "progress_hooks": hooks,
        }
    )


def find_video(ydl: YoutubeDL, url: str, limits: VideoLimits) -> Info:
    """Ask the site for the one video at an address, and refuse what is over the limits.

    Raises:
        Refused: for a playlist, a live stream, or a video over the limits.
    """
    # What stands behind this mark is a word of yt-dlp to its own extractors: other servers to ask, ids to answer with.
    info: Info = ydl.extract_info(url.partition("#__youtubedl_smuggle")[0], download=False)
    # A page that embeds one video answers as a playlist of one; more than two levels of that is no page of a video.
    for _ in range(2):
        if info.get("_type", "video") == "video":
            break
        entries = list(info.get("entries") or ())
        if not entries:
            raise Refused("video-unavailable", "No video was found at this address.")
        if len(entries) > 1:
            raise Refused("playlist-not-supported", "The address leads to several videos; give the address of one.")
        info = entries[0]
        if info.get("_type") in ("url", "url_transparent"):
            info = ydl.extract_info(info["url"], download=False, ie_key=info.get("ie_key"))
    if info.get("_type", "video") != "video":
        raise Refused("playlist-not-supported", "The address leads to several videos; give the address of one.")
    _refuse_beyond_limits(info, limits)
    return info


def facts_of(info: Info) -> VideoFacts:
    """Pick what the catalogue keeps from yt-dlp's description."""
    webpage_url = str(info.get("webpage_url") or info["original_url"])
    duration_s = float(info.get("duration") or 0.0)
    return VideoFacts(
        extractor=words.readable(str(info["extractor"]), words.MAX_KEY_CHARACTERS),
        video_key=words.key(_video_key(str(info["extractor_key"]), str(info["id"]), webpage_url)),
        title=words.readable(str(info.get("title") or "")) or words.readable(str(info["id"])),
        uploader=_first_text(info, "uploader", "channel", "creator", "artist"),
        licence=_first_text(info, "license"),
        duration_s=duration_s if math.isfinite(duration_s) and duration_s > 0.0 else None,
        thumbnail_url=words.web_address(str(info.get("thumbnail") or "")),
        webpage_url=words.web_address(webpage_url),
        is_live=_is_live(info),
        n_bytes=_announced_bytes(info),
    )


def fetch(ydl: YoutubeDL, info: Info, folder: Path) -> Path:
    """Download the audio of a video that find_video found.

    Returns:
        The file, in folder.
    """
    done: Info = ydl.process_ie_result(info, download=True)
    for download in done.get("requested_downloads") or ():
        path = Path(download.get("filepath") or "")
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            return path
    raise Refused("video-unavailable", "The site sent no file.")


def _refuse_beyond_limits(info: Info, limits: VideoLimits) -> None:
    if _is_live(info):
        raise Refused("video-is-live", "The video is a live stream, or has not been shown yet.")
    duration_s = info.get("duration")
    if duration_s and duration_s > limits.max_seconds:
        raise Refused(
            "video-too-long", f"The video lasts {duration_s:.0f} s; at most {limits.max_seconds:.0f} s are taken."
        )
    n_bytes = _announced_bytes(info)
    if n_bytes and n_bytes > limits.max_bytes:
        raise Refused("video-too-large", f"The audio has {n_bytes} bytes; at most {limits.max_bytes} are taken.")


def _is_live(info: Info) -> bool:
    return bool(info.get("is_live")) or info.get("live_status") in _LIVE_STATES


def _announced_bytes(info: Info) -> int | None:
    n_bytes = info.get("filesize") or info.get("filesize_approx")
    return int(n_bytes) if n_bytes else None


def _video_key(extractor_key: str, video_id: str, webpage_url: str) -> str:
    extractor = extractor_key.lower()
    if extractor in _EXTRACTORS_WITHOUT_IDS:
        video_id = hashlib.sha256(webpage_url.partition("#")[0].encode()).hexdigest()[:40]
    return f"{extractor}:{video_id}"


def _first_text(info: Info, *names: str) -> str | None:
    for name in names:
        value = info.get(name)
        if isinstance(value, list):
            value = ", ".join(str(item) for item in value)
        if value and (text := words.readable(str(value))):
            return text
    return None


def _pause_s(n: int) -> float:
    """Wait longer before each further try of a request, in seconds; yt-dlp counts tries from 0 and names them n."""
    return float(min(0.5 * 2.0**n, 10.0))
