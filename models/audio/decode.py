"""Any audio file as a bounded stream of samples: local files only, flat memory, no FFmpeg error ever leaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from models.audio import FloatArray
from models.errors import (
    BadSetting,
    ClipTooLarge,
    ClipTooLong,
    EmptyAudio,
    NoAudioStream,
    NotAudio,
    NotFinite,
)

BLOCK_SAMPLES = 65536
"""Samples per channel in a block: enough to make Python's share of the work small, 0.5 MB in stereo."""

PREROLL_S = 0.5
"""Decoding starts this much early after a seek, so that codecs with memory (Opus, MP3, AAC) have settled."""

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 2_000, 768_000
"""Outside of these no recording is real, and a few samples per second would blow up when resampled."""

# Formats that name other files or addresses, read devices, or take any bytes for media.
_REFUSED_FORMATS = """
adf alias_pix alsa android_camera applehttp aqtitle ass avfoundation avisynth bin brender_pix concat concatf dash
decklink dshow dvdvideo fbdev ffmetadata gdigrab hls idf image2 image2pipe imf jack jacosub kmsgrab lavfi libcdio
libopenmpt lrc microdvd mpjpeg mpl2 mpsub openal oss pjs pulse rcwt realtext rtp rtsp sami sap scc sdp sndio srt stl
subviewer subviewer1 sup tedcaptions tty v4l2 vapoursynth video4linux2 vobsub vplayer webm_dash_manifest webvtt
x11grab xbin xcbgrab
"""


def _allowed_formats() -> str:
    names = {name for listed in av.formats_available for name in listed.split(",")}
    return ",".join(sorted(name for name in names - set(_REFUSED_FORMATS.split()) if not name.endswith("_pipe")))


_OPEN_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _allowed_formats()}


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
    with _opened(path) as (container, stream):
        return AudioFacts(
            duration_s=_duration_s(container, stream),
            sample_rate_hz=stream.codec_context.sample_rate,
            n_channels=stream.codec_context.channels,
            codec=stream.codec_context.name,
            container=container.format.name,
            bit_rate=stream.bit_rate or container.bit_rate or None,
        )


def stream(
    path: Path,
    *,
    limits: DecodeLimits,
    start_s: float = 0.0,
    end_s: float | None = None,
    sample_rate_hz: int = 44100,
) -> Iterator[FloatArray]:
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
    with _opened(path) as (container, audio_stream):
        _require_short(_duration_s(container, audio_stream), start_s, end_s, limits)
        if start_s > PREROLL_S:
            frames = _frames_from(container, audio_stream, start_s - PREROLL_S)
        else:
            frames = _frames(container, audio_stream)
        yield from _bounded(
            _resampled(frames, sample_rate_hz, _origin_s(audio_stream)),
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
    mono: FloatArray = audio.mean(axis=1, dtype=np.float32)
    return mono


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, AudioStream]]:
    """Open a regular local file and find its first sound track."""
    if not path.is_file():
        raise NotAudio(f"{path.name} is not a file.")
    try:
        # "file:" in front, so that a name such as "concat:a|b" stays a name.
        container = av.open(
            f"file:{path.resolve()}",
            mode="r",
            options=_OPEN_OPTIONS,
            metadata_errors="replace",
        )
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise NotAudio(f"{path.name} is no media that can be decoded.") from error
    with container:
        tracks = container.streams.audio
        if not tracks:
            raise NoAudioStream(f"{path.name} has no sound track.")
        track = tracks[0]
        if track.codec_context is None:
            raise NotAudio(f"{path.name} is in a codec that cannot be decoded.")
        rate_hz = track.codec_context.sample_rate
        if not rate_hz or not track.codec_context.channels:
            raise EmptyAudio(f"{path.name} has a sound track without samples.")
        if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
            raise NotAudio(
                f"{path.name} claims {rate_hz} samples per second.",
                sample_rate_hz=rate_hz,
            )
        yield container, track


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


def _duration_s(container: InputContainer, track: AudioStream) -> float | None:
    if track.duration is not None and track.time_base is not None:
        return float(track.duration * track.time_base)
    if container.duration is not None:
        return container.duration / av.time_base
    return None


def _origin_s(track: AudioStream) -> float:
    """Presentation time of the first sample: MP3 and MP4 start late by their encoder's delay, videos by any offset."""
    if track.start_time is None or track.time_base is None:
        return 0.0
    return float(track.start_time * track.time_base)


def _frames(container: InputContainer, track: AudioStream) -> Iterator[AudioFrame]:
    """Decode to the end; damaged packets are left out, and a file that breaks off ends there."""
    is_damaged, has_frames = False, False
    packets = container.demux(track)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except (av.error.FFmpegError, ValueError, OSError):
            is_damaged = True
            break
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, ValueError, OSError):
            is_damaged = True
            continue
        for frame in frames:
            if frame.samples > 0:
                has_frames = True
                yield frame
    if not has_frames and is_damaged:
        raise NotAudio("Nothing in the sound track can be decoded.")


def _frames_from(container: InputContainer, track: AudioStream, start_s: float) -> Iterator[AudioFrame]:
    """Decode from a little before start_s where the container can seek, else from the beginning."""
    if track.time_base is not None:
        try:
            container.seek(
                int((start_s + _origin_s(track)) / track.time_base),
                stream=track,
                backward=True,
            )
        except (av.error.FFmpegError, ValueError, OSError):
            container.seek(0)
    yield from _frames(container, track)


def _resampled(
    frames: Iterator[AudioFrame], sample_rate_hz: int, origin_s: float
) -> Iterator[tuple[float, FloatArray]]:
    """Resample frames; each comes with the time (s) at which the run of frames began. [n_samples, n_channels]."""
    first = next(frames, None)
    if first is None:
        return
    began_s = first.time - origin_s if first.time is not None else 0.0
    layout = "mono" if first.layout.nb_channels == 1 else "stereo"
    # A chained stream may change its rate or channels in the middle; its output keeps the first one's channels.
    for _, alike in groupby(chain([first], frames), key=_form):
        resampler = AudioResampler(format="fltp", layout=layout, rate=sample_rate_hz)
        for frame in alike:
            frame.pts = None  # gaps in the clock are not filled: samples simply follow each other
            yield from ((began_s, _samples(piece)) for piece in _pass(resampler, frame))
        yield from ((began_s, _samples(rest)) for rest in _pass(resampler, None))


def _form(frame: AudioFrame) -> tuple[int, str, int]:
    return frame.sample_rate, frame.format.name, frame.layout.nb_channels


def _pass(resampler: AudioResampler, frame: AudioFrame | None) -> list[AudioFrame]:
    try:
        return resampler.resample(frame)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise NotAudio("The sound track's channels or rate cannot be converted.") from error


def _samples(frame: AudioFrame) -> FloatArray:
    samples: FloatArray = frame.to_ndarray().T.astype(np.float32, copy=False)
    return samples


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
