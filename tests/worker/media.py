"""Media files that tests make for themselves: noise in containers, with and without pictures."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import av
import numpy as np
import soundfile

from models.audio import FloatArray
from models.audio.foley import PERFORMANCES, perform

SAMPLE_RATE_HZ = 44100


def noise(seconds: float, seed: int = 0, n_channels: int = 2) -> FloatArray:
    """Quiet white noise. [n_samples, n_channels]."""
    samples = np.random.default_rng(seed).standard_normal((int(seconds * SAMPLE_RATE_HZ), n_channels))
    return (0.05 * samples).astype(np.float32)


def write_sound(path: Path, seconds: float, seed: int = 0) -> Path:
    """Write noise as the suffix says (.flac, .mp3, .ogg, .wav)."""
    soundfile.write(path, noise(seconds, seed), SAMPLE_RATE_HZ)
    return path


@cache
def foley(slug: str, seconds: float) -> FloatArray:
    """The beginning of one of our own performances, such as "wood-tapping". [n_samples, 2]."""
    performance = next(performance for performance in PERFORMANCES if performance.slug == slug)
    return perform(replace(performance, seconds=seconds))


def write_video(path: Path, seconds: float, *, has_sound: bool = True, sound: FloatArray | None = None) -> Path:
    """Write an MP4 of moving noise, with AAC sound unless told otherwise: noise, or these samples. [n_samples, 2]."""
    random = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        track = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="stereo") if has_sound else None
        for i in range(int(10 * seconds)):
            picture = av.VideoFrame.from_ndarray(random.integers(0, 255, (48, 64, 3), dtype=np.uint8), format="rgb24")
            picture.pts = i
            container.mux(pictures.encode(picture))
        container.mux(pictures.encode())
        if track is not None:
            samples = noise(seconds) if sound is None else sound
            for start in range(0, len(samples) - 1024, 1024):
                block = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(samples[start : start + 1024].T), format="fltp", layout="stereo"
                )
                block.sample_rate, block.pts = SAMPLE_RATE_HZ, start
                container.mux(track.encode(block))
            container.mux(track.encode())
    return path


def write_silence(path: Path, seconds: float) -> Path:
    """Write a small file of long silence, mono at 8 kHz: quick to make, slow to listen to."""
    minute = np.zeros(8000 * 60, dtype=np.float32)
    with soundfile.SoundFile(path, "w", 8000, 1) as file:
        for start_s in range(0, int(seconds), 60):
            file.write(minute[: 8000 * min(60, int(seconds) - start_s)])
    return path


def repeated(samples: FloatArray, seconds: float) -> FloatArray:
    """The same samples over and over. [n_samples, n_channels]."""
    n_samples = int(seconds * SAMPLE_RATE_HZ)
    return np.tile(samples, (-(-n_samples // len(samples)), 1))[:n_samples]
