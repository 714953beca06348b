"""Any audio file as a bounded stream of samples: local files only, flat memory, no FFmpeg error ever leaks."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.audio import FloatArray
from models.audio.media import claimed_duration_s, decoded, decoded_from, opened, origin_s, resampled
from models.errors import BadSetting, ClipTooLarge, ClipTooLong, EmptyAudio, NotFinite

BLOCK_SAMPLES = 65536
"""Samples per channel in a block: enough to make Python's share of the work small, 0.5 MB in stereo."""

PREROLL_S = 0.5
"""Decoding starts this much early after a seek, so that codecs with memory (Opus, MP3, AAC) have settled."""


@dataclass(frozen=True)
class DecodeLimits:
    """How much a file may hold; both are checked before decoding and again while decoding.

    max_seconds counts what comes out of the decoder, because 25 MB of Opus may hold nine hours of silence.
    max_bytes counts the file as it lies on disk.
    """

    max_seconds: float
    max_bytes: int


@dataclass(frozen=True)
class AudioFacts:
    """What a file says about itself, before decoding; duration_s is None where the container does not know."""

    duration_s: float | None
    sample_rate_hz: int
    n_channels: int
    codec: str
    container: str
    bit_rate: int | None


def probe(path: Path) -> AudioFacts:
    """Read a file's own account of its first sound track.

    Args:
        path: A local file.

    Returns:
        Duration (s), rate (Hz), channels, codec and container names, bit rate (bit/s).

    Raises:
        NotAudio: if nothing in it can be decoded.
        NoAudioStream: if it is media without sound.
    """
    with opened(path) as (container, track):
        return AudioFacts(
            duration_s=claimed_duration_s(container, track),
            sample_rate_hz=track.codec_context.sample_rate,
            n_channels=track.codec_context.channels,
            codec=track.codec_context.name,
            container=container.format.name,
            bit_rate=track.bit_rate or container.bit_rate or None,
        )


def stream(
    path: Path,
    *,
    limits: DecodeLimits,
    start_s: float = 0.0,
    end_s: float | None = None,
    sample_rate_hz: int = 44100,
) -> Generator[FloatArray]:
    """Decode a file block by block; mono stays mono, stereo stays stereo, more channels are mixed down to stereo.

    A damaged or truncated file gives what can be decoded. Nothing is opened before the first block is asked for.

    Args:
        path: A local file.
        limits: Seconds and bytes beyond which the file is refused.
        start_s: First second to return, from the file's own beginning.
        end_s: Second to stop before; the end of the file by default.
        sample_rate_hz: Rate to resample to.

    Yields:
        Samples, float32 in about [-1, 1]. [n_samples, 1 or 2], n_samples <= 65536.

    Raises:
        NotAudio: if nothing in it can be decoded.
        NoAudioStream: if it is media without sound.
        EmptyAudio: if it has a sound track of zero samples, or none between start_s and end_s.
        ClipTooLong: if more than limits.max_seconds would be returned.
        ClipTooLarge: if the file has more than limits.max_bytes.
        NotFinite: if a decoded sample is NaN or infinite.
        BadSetting: if end_s is not after start_s, or start_s is negative.
    """
    if start_s < 0.0 or (end_s is not None and end_s <= start_s):
        raise BadSetting(f"Cannot read from {start_s} s to {end_s} s.", start_s=start_s, end_s=end_s)
    _require_small(path, limits)
    with opened(path) as (container, track):
        _require_short(claimed_duration_s(container, track), start_s, end_s, limits)
        is_later = start_s > PREROLL_S
        frames = decoded_from(container, track, start_s - PREROLL_S) if is_later else decoded(container, track)
        yield from _bounded(
            resampled(frames, sample_rate_hz, origin_s(track)),
            limits=limits,
            start_s=start_s,
            end_s=end_s,
            sample_rate_hz=sample_rate_hz,
        )


def read(
    path: Path,
    *,
    limits: DecodeLimits,
    start_s: float = 0.0,
    end_s: float | None = None,
) -> FloatArray:
    """Decode a file, or a part of it, into memory at 44.1 kHz.

    Args:
        path: A local file.
        limits: Seconds and bytes beyond which the file is refused.
        start_s: First second to return.
        end_s: Second to stop before; the end of the file by default.

    Returns:
        Samples, float32 in about [-1, 1]. [n_samples, 1 or 2]

    Raises:
        SoundError: as `stream` does.
    """
    return np.concatenate(list(stream(path, limits=limits, start_s=start_s, end_s=end_s)))


def to_mono(audio: FloatArray) -> FloatArray:
    """Average the channels.

    Args:
        audio: Samples. [n_samples, n_channels]

    Returns:
        Samples. [n_samples]
    """
    if audio.shape[1] == 1:
        return audio[:, 0]
    # Column by column: the same bits as a mean over rows, thirty times as fast.
    mono: FloatArray = sum(audio.T[1:], start=audio[:, 0]) * np.float32(1.0 / audio.shape[1])
    return mono


def _require_small(path: Path, limits: DecodeLimits) -> None:
    n_bytes = path.stat().st_size if path.is_file() else 0
    if n_bytes > limits.max_bytes:
        raise ClipTooLarge(
            f"The file has {n_bytes} bytes; {limits.max_bytes} are allowed.",
            n_bytes=n_bytes,
            max_bytes=limits.max_bytes,
        )


def _require_short(duration_s: float | None, start_s: float, end_s: float | None, limits: DecodeLimits) -> None:
    """Refuse early what the container itself says is too long."""
    if duration_s is None and end_s is None:
        return
    until_s = min(x for x in (duration_s, end_s) if x is not None)
    if until_s - start_s > limits.max_seconds + 1.0:
        raise _too_long(until_s - start_s, limits)


def _too_long(duration_s: float, limits: DecodeLimits) -> ClipTooLong:
    return ClipTooLong(
        f"The recording lasts {duration_s:.0f} s or more; {limits.max_seconds:.0f} s are allowed.",
        duration_s=round(duration_s, 3),
        max_seconds=limits.max_seconds,
    )


def _bounded(
    pieces: Iterator[tuple[float, FloatArray]],
    *,
    limits: DecodeLimits,
    start_s: float,
    end_s: float | None,
    sample_rate_hz: int,
) -> Iterator[FloatArray]:
    """Keep what lies between start_s and end_s, gather it into blocks, and stop at the limits."""
    n_wanted = None if end_s is None else round(end_s * sample_rate_hz) - round(start_s * sample_rate_hz)
    n_allowed = round(limits.max_seconds * sample_rate_hz)
    n_to_skip: int | None = None
    gathered: list[FloatArray] = []
    n_gathered, n_kept = 0, 0
    for began_s, piece in pieces:
        if n_to_skip is None:
            n_to_skip = max(0, round((start_s - began_s) * sample_rate_hz)) if start_s > 0.0 else 0
        n_skipped = min(n_to_skip, len(piece))
        n_to_skip -= n_skipped
        piece = piece[n_skipped:]
        if n_wanted is not None:
            piece = piece[: n_wanted - n_kept]
        n_kept += len(piece)
        if n_kept > n_allowed:
            raise _too_long(start_s + n_kept / sample_rate_hz, limits)
        gathered.append(piece)
        n_gathered += len(piece)
        while n_gathered >= BLOCK_SAMPLES:
            joined = np.concatenate(gathered)
            yield _finite(joined[:BLOCK_SAMPLES])
            gathered = [joined[BLOCK_SAMPLES:]]
            n_gathered -= BLOCK_SAMPLES
        if n_wanted is not None and n_kept >= n_wanted:
            break
    if n_kept == 0:
        raise EmptyAudio("There is not a single sample to read.")
    if n_gathered:
        yield _finite(np.concatenate(gathered))


def _finite(block: FloatArray) -> FloatArray:
    if not np.isfinite(block).all():
        raise NotFinite("The recording holds samples that are not finite numbers.")
    return block
