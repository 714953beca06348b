"""What yt-dlp's errors mean to a listener: each becomes the slug of a catalogue error, or a site that is busy.

yt-dlp tells most causes by prose only, so prose is read here, and nowhere else.
"""

import errno
import re
import socket
import ssl
from collections.abc import Iterator

from yt_dlp.networking.exceptions import CertificateVerifyError, HTTPError, TransportError
from yt_dlp.utils import GeoRestrictedError, UnsupportedError, UserNotLive, YoutubeDLError

from worker.video import words
from worker.video.guard import AddressRefused


class Refused(Exception):
    """The video cannot be had, and will not be tomorrow: carries the slug of the catalogue error to raise."""

    def __init__(self, slug: str, detail: str) -> None:
        """Keep the slug and one plain sentence."""
        super().__init__(detail)
        self.slug = slug
        self.detail = detail


BUSY = "busy"
"""Stands in the table below where another try later may succeed."""

_BY_STATUS = {
    401: "video-needs-login",
    402: "video-needs-login",
    404: "video-removed",
    408: BUSY,
    410: "video-removed",
    425: BUSY,
    429: BUSY,
    451: "video-geo-blocked",
}

# First match wins, so the narrow causes stand before the wide ones.
_BY_PROSE = tuple(
    (re.compile(pattern, re.IGNORECASE), slug)
    for pattern, slug in (
        (r"too many requests|rate.?limit|try again later|temporarily (unavailable|blocked)|\bthrottl", BUSY),
        (r"live event|premieres? (in|will)|is (currently )?live\b|not currently live|is upcoming", "video-is-live"),
        (r"not a bot|sign in|log.?in\b|logged.in|private video|is private|members?.only|subscri", "video-needs-login"),
        (r"password|\bage\b|age.?restrict|purchase|\bpaid\b|premium|cookies|authenticat", "video-needs-login"),
        (r"\bcountr|\bregion|your location|territor|geo.?(block|restrict)", "video-geo-blocked"),
        (r"removed|deleted|terminated|no longer (available|exists)|does(n.t| not) exist", "video-removed"),
        (r"file too large", "video-too-large"),
        (r"requested format is not available", "no-audio-in-video"),
    )
)


def meaning_of(error: BaseException) -> tuple[str, str]:
    """Read an error of yt-dlp.

    Returns:
        Slug of the catalogue error, or BUSY, and one plain sentence.
    """
    causes = list(_causes(error))
    if any(isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT) for cause in causes):
        return "storage-full", "The disk that keeps the audio is full; nothing was stored."
    if any(isinstance(cause, MemoryError) for cause in causes):
        return "unsupported-site", "The page at this address is too large to be read."
    sentence = plain_sentence(str(error))
    for cause in causes:
        if isinstance(cause, Refused):
            return cause.slug, cause.detail
        if isinstance(cause, AddressRefused):
            return "private-address", f"The address leads to a place that is not on the public internet: {cause}."
        if isinstance(cause, UnsupportedError):
            return "unsupported-site", "No video or audio was found at this address."
        if isinstance(cause, GeoRestrictedError):
            return "video-geo-blocked", sentence
        if isinstance(cause, UserNotLive):
            return "video-is-live", sentence
    for cause in causes:
        if isinstance(cause, HTTPError):
            return _BY_STATUS.get(cause.status, BUSY if cause.status >= 500 else _by_prose(sentence)), sentence
    if any(isinstance(cause, CertificateVerifyError | ssl.SSLCertVerificationError) for cause in causes):
        return "video-unavailable", "The site's certificate could not be verified."
    if any(isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME for cause in causes):
        return "video-unavailable", "No site has this name."
    if any(isinstance(cause, TransportError | TimeoutError | ConnectionError | socket.gaierror) for cause in causes):
        return BUSY, sentence
    if not is_expected(error):
        return "video-unavailable", "The site answered in a way that was not understood."
    return _by_prose(sentence), sentence


def is_expected(error: BaseException) -> bool:
    """Tell whether yt-dlp or we meant to raise this, and not a fault in the code that reads the site."""
    return isinstance(error, Refused | YoutubeDLError | OSError)


def plain_sentence(message: str, max_chars: int = 300) -> str:
    """Take colour codes, prefixes and advice to yt-dlp's users out of a message."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", message)
    text = re.sub(r"^(ERROR|WARNING):\s*", "", text)
    text = re.sub(r"^\[[\w:.+-]+\]\s*(\S+:\s)?", "", text)
    text = re.split(
        r"[;.]?\s*please report this issue|\s*Use --|\s*See\s+https?://|\s*\(caused by", text, flags=re.IGNORECASE
    )[0]
    return words.readable(text, max_chars) or "The site gave no video."


def _by_prose(sentence: str) -> str:
    return next((slug for pattern, slug in _BY_PROSE if pattern.search(sentence)), "video-unavailable")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk all that an error came from, nearest first; yt-dlp and urllib3 keep causes in attributes of their own."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [getattr(cause, "cause", None), getattr(cause, "reason", None), cause.__cause__, cause.__context__]
        waiting += (getattr(cause, "exc_info", None) or ())[1:2]
        waiting += [argument for argument in cause.args if isinstance(argument, BaseException)]
