"""Voices, whispers and breath: a short-time spectrum of formants over pulses or noise."""

from collections.abc import Callable
from typing import Final

import numpy as np

from models.recipes.foley.matter import (
    BINS_HZ,
    FRAMES_S,
    N_SAMPLES,
    RATE_HZ,
    TIME_S,
    Samples,
    band_db,
    bumps,
    log_uniform,
    noise,
    painted,
    peaks_db,
    regular_times,
    wander,
)

_VOWELS_HZ: Final = np.array(
    [
        [730, 1090, 2440],
        [270, 2290, 3010],
        [300, 870, 2240],
        [530, 1840, 2480],
        [570, 840, 2410],
        [660, 1720, 2410],
        [490, 1350, 1690],
    ],
    float,
)
"""Formants of men's vowels: Peterson and Barney 1952."""


def _syllables(rng: np.random.Generator, whispered: bool, stretch: float) -> tuple[Samples, Samples]:
    """Draw the spectra of a voice over a second, and how voiced they are. [n_bins, n_frames], [n_frames]."""
    n_frames = len(FRAMES_S)
    levels = np.full((len(BINS_HZ), n_frames), -70.0)
    voiced = np.zeros(n_frames)
    at = rng.uniform(-0.25, 0.1)
    formants = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ))]
    speed = rng.uniform(0.7, 1.3)
    tilt = rng.uniform(-8.0, -3.0)
    octaves = np.log2(np.maximum(BINS_HZ, 50.0) / 500.0)
    while at < 1.0:
        if rng.random() < 0.12:
            at += rng.uniform(0.1, 0.4)
        fricative_s, vowel_s = rng.uniform(0.03, 0.12) / speed, rng.uniform(0.07, 0.22) / speed
        if rng.random() < 0.6:
            inside = (at <= FRAMES_S) & (at + fricative_s > FRAMES_S)
            centre = log_uniform(rng, 1800.0, 8000.0) * stretch**0.5
            hiss = band_db(centre * 0.7, centre * 1.5, 12.0, 12.0) + rng.uniform(-18.0, 0.0)
            levels[:, inside] = hiss[:, None]
        at += fricative_s
        target = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ))]
        inside = np.flatnonzero((at <= FRAMES_S) & (at + vowel_s > FRAMES_S))
        for frame in inside:
            x = (FRAMES_S[frame] - at) / vowel_s
            now = (formants + (target - formants) * min(1.0, 2.0 * x)) * stretch * rng.uniform(0.98, 1.02, 3)
            hz = np.append(now, [3500.0 * stretch, 4500.0 * stretch])
            widths = np.array([90.0, 110.0, 160.0, 250.0, 350.0]) * (1.8 if whispered else 1.0)
            gains = np.array([-6.0 if whispered else 0.0, -4.0, -8.0, -14.0, -18.0])
            shape = peaks_db(hz, widths, gains)
            levels[:, frame] = (
                shape + (0.0 if whispered else tilt * np.maximum(octaves, -1.0)) + 6.0 * np.sin(np.pi * x) - 6.0
            )
            voiced[frame] = 1.0
        formants = target
        at += vowel_s
    return levels, voiced


def whisper(stretch: float) -> Callable[[np.random.Generator], Samples]:
    """Make a maker of whispers; stretch is the formants' height re a man's."""

    def make(rng: np.random.Generator) -> Samples:
        levels, _ = _syllables(rng, True, stretch * rng.uniform(0.93, 1.07))
        breath = rng.uniform(-6.0, 6.0) * np.log2(np.maximum(BINS_HZ, 100.0) / 2000.0)
        return painted(rng.standard_normal(N_SAMPLES), levels + np.clip(breath, -20.0, 8.0)[:, None])

    return make


def voice(low_hz: float, high_hz: float, stretch: float) -> Callable[[np.random.Generator], Samples]:
    """Make a maker of speech between two pitches; stretch is the formants' height re a man's."""

    def make(rng: np.random.Generator) -> Samples:
        levels, voiced = _syllables(rng, False, stretch * rng.uniform(0.93, 1.07))
        pitch_hz = log_uniform(rng, low_hz, high_hz) * 2.0 ** (rng.uniform(0.05, 0.25) * wander(rng, 4.0))
        phase = np.cumsum(pitch_hz) / RATE_HZ
        pulses = np.zeros(N_SAMPLES)
        pulses[np.flatnonzero(np.diff(np.floor(phase)) > 0)] = 1.0
        share = np.interp(TIME_S, FRAMES_S, voiced)
        breath = rng.standard_normal(N_SAMPLES) * 0.1
        return painted(12.0 * pulses * share + breath * (1.1 - share), levels)

    return make


def breathing(rng: np.random.Generator) -> Samples:
    """Breathe in and out, through nose or mouth."""
    rate = log_uniform(rng, 0.4, 1.6)
    centres = regular_times(rng, rate, 0.15, start_s=-0.8)
    widths = rng.uniform(0.7, 1.1) / rate * rng.uniform(0.85, 1.15, len(centres))
    out = np.zeros(N_SAMPLES)
    nose = rng.random() < 0.5
    stretch = rng.uniform(0.85, 1.25)
    for turn in range(2):
        mine = np.arange(len(centres)) % 2 == turn
        if not mine.any():
            continue
        hz = np.array([500.0, 1400.0, 2300.0, 3400.0, 4800.0]) * stretch * rng.uniform(0.85, 1.18, 5)
        shape = peaks_db(
            hz, hz * rng.uniform(0.12, 0.4, 5), np.array([0.0, -3.0, -8.0, -14.0, -20.0]) + rng.uniform(-6.0, 6.0, 5)
        )
        shape += (1.5 if turn == 0 else -3.0) * np.log2(np.maximum(BINS_HZ, 100.0) / 1500.0) * (1.0 if nose else 0.5)
        envelope = bumps(centres[mine], widths[mine], np.full(mine.sum(), rng.uniform(0.4, 1.0)), rng.uniform(0.3, 0.6))
        out += noise(rng, np.clip(shape, -60.0, 6.0)) * envelope
    return out + 1e-4 * rng.standard_normal(N_SAMPLES)
