"""Synthetic sounds for tests: no recording is needed."""

import numpy as np
import scipy.signal


def taps(seconds: float = 4.0, seed: int = 0) -> np.ndarray:
    """Short damped knocks over faint noise. [n_samples]"""
    rng = np.random.default_rng(seed)
    audio = 1e-4 * rng.standard_normal(round(seconds * 44100))
    knock = np.exp(-np.arange(4410) / 300.0) * np.sin(2 * np.pi * 1800.0 * np.arange(4410) / 44100)
    for start in range(3000, len(audio) - 4410, 11000):
        audio[start : start + 4410] += 0.2 * knock * rng.uniform(0.6, 1.0)
    return audio.astype(np.float32)


def strokes(seconds: float = 4.0, seed: int = 0) -> np.ndarray:
    """Noise that swells slowly, as a brush does. [n_samples]"""
    rng = np.random.default_rng(seed)
    n_samples = round(seconds * 44100)
    band = scipy.signal.butter(2, [500.0, 9000.0], "bandpass", fs=44100, output="sos")
    noise = scipy.signal.sosfilt(band, rng.standard_normal(n_samples))
    swell = 0.5 - 0.45 * np.cos(2 * np.pi * 0.9 * np.arange(n_samples) / 44100)
    return (0.05 * noise * swell).astype(np.float32)


def hiss(seconds: float = 10.0, seed: int = 0) -> np.ndarray:
    """Steady noise, as rain from afar is. [n_samples]"""
    return (0.02 * np.random.default_rng(seed).standard_normal(round(seconds * 44100))).astype(np.float32)
