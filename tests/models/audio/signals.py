"""Signals and files that the tests of the audio room make for themselves."""

from pathlib import Path

import av
import numpy as np
import soundfile

from models.audio import FloatArray
from models.audio.decode import DecodeLimits

RATE_HZ = 44100
ROOMY = DecodeLimits(max_seconds=3600.0, max_bytes=1 << 30)


def sine(frequency_hz: float, seconds: float, *, level: float = 0.5, n_channels: int = 1) -> FloatArray:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tone = level * np.sin(2.0 * np.pi * frequency_hz * time_s)
    return np.repeat(tone[:, None], n_channels, axis=1).astype(np.float32)


def noise(seconds: float, *, level: float = 0.1, n_channels: int = 1, seed: int = 0) -> FloatArray:
    dice = np.random.default_rng(seed)
    return (level * dice.standard_normal((round(seconds * RATE_HZ), n_channels))).astype(np.float32)


def taps(seconds: float, *, level: float = 0.8) -> FloatArray:
    """Three taps a second, each a decaying 1.2 kHz ring."""
    audio = np.zeros((round(seconds * RATE_HZ), 1), dtype=np.float32)
    time_s = np.arange(4000) / RATE_HZ
    ring = level * np.exp(-time_s / 0.012) * np.sin(2.0 * np.pi * 1200.0 * time_s)
    for first in range(2000, len(audio) - 4000, RATE_HZ // 3):
        audio[first : first + 4000, 0] += ring.astype(np.float32)
    return audio


def wav(path: Path, audio: FloatArray, *, rate_hz: int = RATE_HZ, subtype: str = "FLOAT") -> Path:
    soundfile.write(path, audio, rate_hz, subtype=subtype)
    return path


def encoded(path: Path, audio: FloatArray, codec: str, *, rate_hz: int = RATE_HZ, layout: str = "stereo") -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz)
        stream.codec_context.layout = layout
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate_hz)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio.T), format="fltp", layout=layout)
        frame.sample_rate = RATE_HZ
        frame.pts = 0  # or MP4 would not note the encoder's delay
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def silent_video(path: Path) -> Path:
    """A video of ten grey pictures without a sound track."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 128, dtype=np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
