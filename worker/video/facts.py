"""What is known of a video, and the bounds within which one is fetched."""

from dataclasses import dataclass


class SiteBusy(Exception):
    """The site or the way to it failed for now: timeouts, throttling, server errors. Worth another try later."""


@dataclass(frozen=True)
class VideoLimits:
    """Bounds of one look-up or download."""

    max_seconds: float
    """Longest video accepted, in seconds."""
    max_bytes: int
    """Largest file accepted, in bytes."""
    open_networks: tuple[str, ...] = ()
    """Networks (CIDR) that may be connected to although they are not public."""
    proxy: str | None = None
    """Proxy that the operator set for videos; proxies of the environment are ignored, they would blind the guard."""
    max_memory_bytes: int = 2 * 1024**3
    """Memory that the process may fill, because a site may send pages without end or that swell when unpacked."""
    look_up_timeout_s: float = 120.0
    download_timeout_s: float = 2 * 3600.0
    stall_timeout_s: float = 90.0
    """A download that brings no byte for so long is given up for now."""


@dataclass(frozen=True)
class VideoFacts:
    """What a site tells of one video."""

    extractor: str
    video_key: str
    """"extractor:id", the same for every address of the same video."""
    title: str
    uploader: str | None
    licence: str | None
    duration_s: float | None
    thumbnail_url: str | None
    webpage_url: str | None
    is_live: bool
    n_bytes: int | None
    """Size of the audio that would be fetched, as announced."""
