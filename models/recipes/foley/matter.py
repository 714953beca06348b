"""What sounds by formulas are made of: events in time, damped modes, bursts of noise, grains, moving spectra."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.signal

from models.audio.mel import MEL

Samples = npt.NDArray[np.float64]

RATE_HZ: Final = MEL.sample_rate_hz
N_SAMPLES: Final = RATE_HZ
"""A second."""
TIME_S: Final = np.arange(N_SAMPLES) / RATE_HZ
_STFT: Final = scipy.signal.ShortTimeFFT(scipy.signal.windows.hann(1024, sym=False), hop=256, fs=RATE_HZ)
BINS_HZ: Final = _STFT.f
"""Of moving spectra. [n_bins]"""
FRAMES_S: Final = np.arange(_STFT.p_min, _STFT.p_max(N_SAMPLES)) * _STFT.delta_t
"""Of moving spectra. [n_frames]"""


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw between two numbers, as often below as above their geometric mean."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def random_times(rng: np.random.Generator, rate_hz: float) -> npt.NDArray[np.int64]:
    """Draw independent events of a mean rate. Samples, in order. [n_events]."""
    return np.sort(rng.integers(0, N_SAMPLES, rng.poisson(rate_hz)))


def regular_times(rng: np.random.Generator, rate_hz: float, unevenness: float, start_s: float = -0.2) -> Samples:
    """Draw the times of a hand that repeats itself.

    Args:
        rng: Where chance comes from.
        rate_hz: How often.
        unevenness: Standard deviation of an interval, as a share of it.
        start_s: The first time is this or up to an interval later.

    Returns:
        Seconds, to beyond the end. [n_times]
    """
    gaps = np.maximum(rng.normal(1.0, unevenness, int(rate_hz * 1.6) + 3), 0.25) / rate_hz
    return start_s + rng.uniform(0.0, 1.0 / rate_hz) + np.cumsum(gaps) - gaps[0]


def put(out: Samples, grain: Samples, at: int, loudness: float = 1.0) -> None:
    """Add an event to a sound where it begins, as far as it fits."""
    first, last = max(0, at), min(len(out), at + len(grain))
    if first < last:
        out[first:last] += loudness * grain[first - at : last - at]


def modes(hz: Samples, t60_s: Samples, gains: Samples, rng: np.random.Generator) -> Samples:
    """Strike a body: damped sinusoids of random phase.

    Args:
        hz: Frequencies; those beyond hearing are left out. [n_modes]
        t60_s: Time in which each falls by 60 dB. [n_modes]
        gains: Loudness of each. [n_modes]
        rng: Where chance comes from.

    Returns:
        Samples, for at most 1.2 s. [n_samples]
    """
    n_samples = int(min(1.3 * float(np.max(t60_s)), 1.2) * RATE_HZ) + 1
    time = np.arange(n_samples) / RATE_HZ
    phase = rng.uniform(0.0, 2.0 * np.pi, len(hz))
    out = np.zeros(n_samples)
    for mode in np.flatnonzero(hz < 0.45 * RATE_HZ):
        out += gains[mode] * np.exp(-6.91 * time / t60_s[mode]) * np.sin(2.0 * np.pi * hz[mode] * time + phase[mode])
    return out


def burst(rng: np.random.Generator, low_hz: float, high_hz: float, seconds: float) -> Samples:
    """Draw noise in a band that dies away within some seconds. [n_samples]."""
    n_samples = max(64, int(seconds * RATE_HZ))
    high_hz = min(max(high_hz, 1.5 * low_hz), 0.45 * RATE_HZ)
    sos = scipy.signal.butter(1, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos")
    hiss = rng.standard_normal(n_samples) * np.exp(-6.0 * np.arange(n_samples) / n_samples)
    return np.asarray(scipy.signal.sosfilt(sos, hiss))


def scattered(
    rng: np.random.Generator,
    rate_hz: float,
    grain: Callable[[], Samples],
    envelope: Samples | None = None,
    tail: float = 1.0,
    kinds: int = 6,
) -> Samples:
    """Scatter many events of a few kinds over a second.

    Args:
        rng: Where chance comes from.
        rate_hz: Events a second, over all kinds.
        grain: Makes a kind of event.
        envelope: How loud events are where; all alike by default. [44100]
        tail: Standard deviation of the logarithm of their loudness.
        kinds: How many kinds there are.

    Returns:
        Samples. [44100]
    """
    out = np.zeros(N_SAMPLES)
    for _ in range(kinds):
        pulses = np.zeros(N_SAMPLES)
        at = random_times(rng, rate_hz / kinds)
        np.add.at(pulses, at, np.exp(rng.normal(0.0, tail, len(at))) * rng.choice([-1.0, 1.0], len(at)))
        if envelope is not None:
            pulses *= envelope
        out += scipy.signal.fftconvolve(pulses, grain())[:N_SAMPLES]
    return out


def bumps(centres_s: Samples, widths_s: Samples, gains: Samples, attack: float = 0.4) -> Samples:
    """Draw the envelope of strokes, steps and breaths: smooth rises and falls.

    Args:
        centres_s: Where each is loudest. [n_bumps]
        widths_s: How long each takes. [n_bumps]
        gains: How loud each is. [n_bumps]
        attack: Share of the width that is rise.

    Returns:
        The loudest of them at each sample. [44100]
    """
    out = np.zeros(N_SAMPLES)
    for centre, width, gain in zip(centres_s, widths_s, gains, strict=True):
        x = (TIME_S - centre) / width + attack
        rise = np.clip(x / attack, 0.0, 1.0)
        fall = np.clip((1.0 - x) / (1.0 - attack), 0.0, 1.0)
        out = np.maximum(out, gain * np.sin(0.5 * np.pi * np.minimum(rise, fall)) ** 1.5)
    return out


def wander(rng: np.random.Generator, rate_hz: float, n: int = N_SAMPLES) -> Samples:
    """Draw a smooth random curve of a deviation of about one. [n]."""
    points = rng.standard_normal(max(4, int(rate_hz) + 3))
    return np.interp(np.linspace(0.0, len(points) - 1.0, n), np.arange(len(points)), points)


def painted(excitation: Samples, levels_db: Samples) -> Samples:
    """Give a sound a moving spectrum, in dB re its own. levels_db: [n_bins, n_frames] -> [44100]."""
    spectrum = _STFT.stft(excitation) * 10.0 ** (levels_db / 20.0)
    return np.asarray(_STFT.istft(spectrum, k1=N_SAMPLES))


def band_db(low_hz: float, high_hz: float, low_slope: float = 12.0, high_slope: float = 12.0) -> Samples:
    """Levels of a band with slopes in dB per octave. [n_bins]."""
    octaves = np.log2(np.maximum(BINS_HZ, 20.0))
    return np.asarray(
        -low_slope * np.maximum(np.log2(low_hz) - octaves, 0.0)
        - high_slope * np.maximum(octaves - np.log2(high_hz), 0.0)
    )


def peaks_db(hz: Samples, widths_hz: Samples, gains_db: Samples) -> Samples:
    """Levels of resonances over a floor of -50 dB. [n_bins]."""
    power = np.full(len(BINS_HZ), 1e-5)
    for centre, width, gain in zip(hz, widths_hz, gains_db, strict=True):
        power += 10.0 ** (gain / 10.0) / (1.0 + np.square((BINS_HZ - centre) / (0.5 * width)))
    return np.asarray(10.0 * np.log10(power))


def noise(rng: np.random.Generator, colour_db: Samples) -> Samples:
    """Draw steady noise of a colour. colour_db: [n_bins] -> [44100]."""
    return painted(rng.standard_normal(N_SAMPLES), np.repeat(colour_db[:, None], len(FRAMES_S), axis=1))


def unit(audio: Samples) -> Samples:
    """Bring a sound to an RMS of one."""
    return audio / (np.sqrt(np.mean(np.square(audio))) + 1e-9)


def gain(level_db: float) -> float:
    """What to multiply with for a level in dB."""
    return float(10.0 ** (level_db / 20.0))
