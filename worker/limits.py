"""The operator's bounds in the words of those who keep them."""

from backend.settings import get_settings
from backend.tables import SourceKind
from models.audio.decode import DecodeLimits
from worker.video.facts import VideoLimits

_EVERYWHERE = ("0.0.0.0/0", "::/0")


def video_limits() -> VideoLimits:
    """Bounds on a video that is fetched."""
    settings = get_settings()
    return VideoLimits(
        max_seconds=settings.max_source_seconds,
        max_bytes=settings.max_source_bytes,
        open_networks=_EVERYWHERE if settings.allow_private_addresses else (),
    )


def decode_limits(kind: SourceKind) -> DecodeLimits:
    """Bounds on a file that is listened to."""
    settings = get_settings()
    if kind is SourceKind.VIDEO:
        return DecodeLimits(max_seconds=settings.max_source_seconds, max_bytes=settings.max_source_bytes)
    return DecodeLimits(max_seconds=settings.max_upload_seconds, max_bytes=settings.max_upload_bytes)
