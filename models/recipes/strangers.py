"""Sounds that are no trigger, made from formulas: what a classifier must keep quiet about."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import scipy.signal

from models.audio import FloatArray
from models.audio.mel import MEL

SECONDS = 10.0
LEVELS_DBFS = (-50.0, -30.0, -12.0)
"""RMS."""

_Samples = npt.NDArray[np.float64]

_RATE_HZ = MEL.sample_rate_hz
_TIME_S = np.arange(round(SECONDS * _RATE_HZ)) / _RATE_HZ


def strangers(*, seed: int = 0) -> Iterator[tuple[str, FloatArray]]:
    """Make tones, chords, sirens, engines, hum, dialling, drums and steady noises, each at three levels.

    Args:
        seed: Of everything random.

    Yields:
        Name and samples at 44.1 kHz. [441000]
    """
    for name, audio in _all(np.random.default_rng(seed)):
        at_one = audio / np.sqrt(np.mean(np.square(audio)))
        for level_db in LEVELS_DBFS:
            yield f"{name} at {level_db:.0f} dB", (at_one * 10.0 ** (level_db / 20.0)).astype(np.float32)


def _all(rng: np.random.Generator) -> Iterator[tuple[str, _Samples]]:
    for hz in (110.0, 440.0, 1000.0, 3000.0, 8000.0):
        yield f"tone {hz:.0f} Hz", np.sin(2.0 * np.pi * hz * _TIME_S)
    for decay_per_s in (0.2, 1.5):
        yield f"chords, decay {decay_per_s}", _chords(rng, decay_per_s)
    for low_hz, high_hz, turns_hz in ((600.0, 1400.0, 0.3), (700.0, 900.0, 1.0), (400.0, 1800.0, 3.0)):
        sweep_hz = low_hz + (high_hz - low_hz) * (0.5 + 0.5 * np.sin(2.0 * np.pi * turns_hz * _TIME_S))
        yield f"siren {low_hz:.0f} to {high_hz:.0f} Hz", _harmonics(sweep_hz, 3, 1.0, rng)
    for firing_hz in (25.0, 45.0, 90.0, 180.0):
        wander_hz = firing_hz * (1.0 + 0.03 * np.sin(2.0 * np.pi * 0.3 * _TIME_S))
        air = scipy.signal.butter(2, [100.0, 3000.0], "bandpass", fs=_RATE_HZ, output="sos")
        noise = scipy.signal.sosfilt(air, rng.standard_normal(len(_TIME_S)))
        yield f"engine {firing_hz:.0f} Hz", _harmonics(wander_hz, 40, 0.7, rng) + 2.0 * noise
    yield "hum 50 Hz", _harmonics(np.full(len(_TIME_S), 50.0), 7, 1.0, rng)
    yield "drums", _drums(rng)
    for colour, exponent in (("white", 0.0), ("pink", 0.5), ("brown", 1.0)):
        spectrum = np.fft.rfft(rng.standard_normal(len(_TIME_S)))
        bins_hz = np.maximum(np.fft.rfftfreq(len(_TIME_S), 1.0 / _RATE_HZ), 20.0)
        yield f"{colour} noise", np.fft.irfft(spectrum / bins_hz**exponent, len(_TIME_S))


def _harmonics(pitch_hz: _Samples, n_harmonics: int, fall: float, rng: np.random.Generator) -> _Samples:
    phase = 2.0 * np.pi * np.cumsum(pitch_hz) / _RATE_HZ
    audible = [order for order in range(1, n_harmonics + 1) if order * pitch_hz.max() < 9000.0]
    summed: _Samples = np.sum(
        [np.sin(order * phase + rng.uniform(0.0, 6.0)) / order**fall for order in audible], axis=0
    )
    return summed


def _chords(rng: np.random.Generator, decay_per_s: float) -> _Samples:
    audio = np.zeros(len(_TIME_S))
    for start in range(0, len(audio), _RATE_HZ // 2):
        held_s = _TIME_S[: min(_RATE_HZ, len(audio) - start)]
        root_hz = 110.0 * 2.0 ** (rng.integers(0, 24) / 12.0)
        for semitones in (0, 4, 7):
            for order in range(1, 8):
                tone = np.sin(2.0 * np.pi * root_hz * 2.0 ** (semitones / 12.0) * order * held_s)
                audio[start : start + len(held_s)] += tone / order * np.exp(-decay_per_s * held_s)
    return audio


def _drums(rng: np.random.Generator) -> _Samples:
    audio = 1e-4 * rng.standard_normal(len(_TIME_S))
    hit_s = _TIME_S[: _RATE_HZ // 3]
    for number, start in enumerate(range(0, len(audio) - len(hit_s), _RATE_HZ // 2)):
        bass = np.sin(2.0 * np.pi * 60.0 * hit_s) * np.exp(-12.0 * hit_s)
        snare = rng.standard_normal(len(hit_s)) * np.exp(-25.0 * hit_s)
        audio[start : start + len(hit_s)] += bass if number % 2 == 0 else snare
    return audio
