"""The operator's bounds in the words of those who keep them."""

import socket
from urllib.parse import urlsplit

from backend.settings import get_settings
from backend.tables import SourceKind
from models.audio.decode import DecodeLimits
from worker.video.facts import SiteBusy, VideoLimits

_EVERYWHERE = ("0.0.0.0/0", "::/0")


def video_limits() -> VideoLimits:
    """Bounds on a video that is fetched."""
    settings = get_settings()
    return VideoLimits(
        max_seconds=settings.max_source_seconds,
        max_bytes=settings.max_source_bytes,
        open_networks=_EVERYWHERE if settings.allow_private_addresses else _addresses_of(settings.video_proxy),
        proxy=settings.video_proxy,
    )


def _addresses_of(proxy: str | None) -> tuple[str, ...]:
    """Find the addresses of the operator's proxy, which usually stands in the operator's own network."""
    host = urlsplit(proxy).hostname if proxy else None
    if host is None:
        return ()
    try:
        return tuple(sorted({str(answer[4][0]) for answer in socket.getaddrinfo(host, None)}))
    except socket.gaierror as error:
        raise SiteBusy(f"the proxy {host} is not found") from error


def decode_limits(kind: SourceKind) -> DecodeLimits:
    """Bounds on a file that is listened to."""
    settings = get_settings()
    if kind is SourceKind.VIDEO:
        return DecodeLimits(max_seconds=settings.max_source_seconds, max_bytes=settings.max_source_bytes)
    return DecodeLimits(max_seconds=settings.max_upload_seconds, max_bytes=settings.max_upload_bytes)
