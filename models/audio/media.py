"""Opening a media file safely and taking samples out of it: the only place that talks to FFmpeg's demuxers.

A file that a stranger hands in must not make FFmpeg fetch addresses or read other files: only the file protocol is
allowed, and formats beside a short list are refused before they are opened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, groupby
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from models.audio import FloatArray
from models.errors import EmptyAudio, NoAudioStream, NotAudio

GATHERED_SAMPLES = 16384
"""Codecs speak in frames of some 20 ms; resampled one by one they cost nearly as much again as decoding does."""

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 2_000, 768_000
"""Outside of these no recording is real, and a few samples per second would blow up when resampled."""

# What people keep recordings in. FFmpeg knows ten times as many: playlists that name other files and addresses,
# devices, scripts that compose sound, video games of the nineties; each is code that a stranger's bytes could reach.
_FORMATS = """
aac ac3 aiff amr amrnb amrwb ape asf au avi caf dsf dts dtshd eac3 flac flv iff loas matroska mov mp3 mpc mpc8 mpeg
mpegts ogg oma qcp sox tak truehd tta voc w64 wav wsd wv xwma
"""

_OPEN_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": ",".join(_FORMATS.split())}


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, AudioStream]]:
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


def claimed_duration_s(container: InputContainer, track: AudioStream) -> float | None:
    """Length (s) that the file claims, None where it claims none."""
    if track.duration is not None and track.time_base is not None:
        return float(track.duration * track.time_base)
    if container.duration is not None:
        return container.duration / av.time_base
    return None


def origin_s(track: AudioStream) -> float:
    """Presentation time of the first sample: MP3 and MP4 start late by their encoder's delay, videos by any offset."""
    if track.start_time is None or track.time_base is None:
        return 0.0
    return float(track.start_time * track.time_base)


def decoded(container: InputContainer, track: AudioStream) -> Iterator[AudioFrame]:
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
            frames = [frame for frame in packet.decode() if frame.samples > 0]
        except (av.error.FFmpegError, ValueError, OSError):
            is_damaged = True
            continue
        has_frames = has_frames or bool(frames)
        yield from frames
    if not has_frames and is_damaged:
        raise NotAudio("Nothing in the sound track can be decoded.")


def decoded_from(container: InputContainer, track: AudioStream, start_s: float) -> Iterator[AudioFrame]:
    """Decode from a little before start_s where the container can seek, else from the beginning."""
    if track.time_base is not None:
        try:
            container.seek(
                int((start_s + origin_s(track)) / track.time_base),
                stream=track,
                backward=True,
            )
        except (av.error.FFmpegError, ValueError, OSError):
            container.seek(0)
    yield from decoded(container, track)


def resampled(
    frames: Iterator[AudioFrame], sample_rate_hz: int, began_at_s: float
) -> Iterator[tuple[float, FloatArray]]:
    """Resample frames; each comes with the time (s) at which the run of frames began. [n_samples, n_channels]."""
    first = next(frames, None)
    if first is None:
        return
    began_s = first.time - began_at_s if first.time is not None else 0.0
    layout = "mono" if first.layout.nb_channels == 1 else "stereo"
    # A chained stream may change its rate or channels in the middle; its output keeps the first one's channels.
    for _, alike in groupby(chain([first], frames), key=_form):
        resampler = AudioResampler(format="fltp", layout=layout, rate=sample_rate_hz)
        for frame in _gathered(alike):
            yield from ((began_s, _samples(piece)) for piece in _pass(resampler, frame))
        yield from ((began_s, _samples(rest)) for rest in _pass(resampler, None))


def _gathered(frames: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    """The same samples in longer frames; all frames are of one form."""
    waiting = AudioFifo()
    for frame in frames:
        frame.pts = None  # gaps in the clock are not filled: samples simply follow each other
        waiting.write(frame)
        if waiting.samples >= GATHERED_SAMPLES and (gathered := waiting.read()) is not None:
            yield gathered
    if (gathered := waiting.read(partial=True)) is not None:
        yield gathered


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
