"""Crumpled, trodden and burning things: thousands of tiny events drawn by chance, after PhISEM (P. R. Cook, 1997).

Single events are too many to place one by one: each of a few resonances is driven by its own train of random impulses,
whose density follows the hand, the foot or the fire. Here is the material; who works it is in `gestures`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.signal

from models.audio import FloatArray
from models.audio.foley.stage import SAMPLE_RATE_HZ, RoomTone, band, in_room, white, with_tone


@dataclass(frozen=True)
class Sheet:
    """A material that cracks."""

    low_hz: float
    """Lowest resonance (Hz)."""
    high_hz: float
    """Highest resonance (Hz)."""
    decay_s: float
    """Time constant of a resonance at 2 kHz (s); higher ones die sooner."""
    n_resonances: int
    wildness: float
    """Spread of the sizes of cracks (standard deviation of the logarithm)."""
    tilt_db_per_octave: float = 0.0
    """How much higher resonances crack louder (dB per octave of frequency)."""


@dataclass(frozen=True)
class Crush:
    """A material being worked, and what else is heard of it beside its cracks. Levels: RMS re the cracks (dB)."""

    sheet: Sheet
    cracks_per_s: float
    """Where the work is one."""
    power: float
    """How steeply the cracks grow with the work."""
    rub_db: float
    rub_hz: tuple[float, float]
    """Band of the soft noise of surfaces that slide on each other (Hz)."""
    weight_db: float
    weight_hz: tuple[float, float]
    """Band of the low noise: a hand on the table, a foot on the ground, a flame's breath (Hz)."""
    tone: RoomTone


def crush(crushed: Crush, dice: np.random.Generator, work: FloatArray, weight: FloatArray) -> FloatArray:
    """Work a material.

    Args:
        crushed: The material and its noises.
        dice: Where chance comes from.
        work: How hard the material is worked, 0 to about 1. [n_samples]
        weight: Level of the low noise, 0 to about 1. [n_samples]

    Returns:
        Samples in a room. [n_samples, 2]
    """
    cracks = crack(crushed.sheet, dice, (crushed.cracks_per_s * work**crushed.power).astype(np.float32))
    level = np.sqrt(np.square(cracks).mean())
    rub = band(white(dice, len(work), 2), *crushed.rub_hz, order=1) * np.sqrt(work)[:, None]
    low = band(white(dice, len(work), 2), *crushed.weight_hz, order=1) * weight[:, None]
    for noise, level_db in ((rub, crushed.rub_db), (low, crushed.weight_db)):
        cracks += np.float32(level * 10.0 ** (level_db / 20.0) / noise.std()) * noise
    return with_tone(in_room(cracks, dice), dice, crushed.tone)


def crack(sheet: Sheet, dice: np.random.Generator, density_per_s: FloatArray) -> FloatArray:
    """Let a material crack as often as the density says.

    Args:
        sheet: What cracks.
        dice: Where chance comes from.
        density_per_s: Expected events per second, over all resonances. [n_samples]

    Returns:
        Samples. [n_samples, 2]
    """
    heard = np.zeros((len(density_per_s), 2))
    chance = density_per_s / (SAMPLE_RATE_HZ * sheet.n_resonances)
    for resonance_hz in np.geomspace(sheet.low_hz, sheet.high_hz, sheet.n_resonances):
        loudness = (resonance_hz / 2000.0) ** (sheet.tilt_db_per_octave / 6.02)
        frequency_hz = resonance_hz * np.exp(0.08 * dice.standard_normal())
        is_event = np.flatnonzero(dice.random(len(density_per_s), dtype=np.float32) < chance)
        sizes = loudness * np.exp(sheet.wildness * dice.standard_normal(len(is_event)))
        sizes *= dice.choice([-1.0, 1.0], len(is_event))
        angle = (np.clip(0.45 * dice.standard_normal(len(is_event)), -1.0, 1.0) + 1.0) * np.pi / 4.0
        impulses = np.zeros_like(heard)
        impulses[is_event, 0] = sizes * np.cos(angle)
        impulses[is_event, 1] = sizes * np.sin(angle)
        heard += _ringing(impulses, frequency_hz, sheet.decay_s * (2000.0 / frequency_hz) ** 0.4)
    return heard.astype(np.float32)


def _ringing(impulses: npt.NDArray[np.float64], frequency_hz: float, decay_s: float) -> npt.NDArray[np.float64]:
    """Two-pole resonator with a zero at either end of the spectrum. [n_samples, 2]."""
    radius = np.exp(-1.0 / (decay_s * SAMPLE_RATE_HZ))
    poles = (1.0, -2.0 * radius * np.cos(2.0 * np.pi * frequency_hz / SAMPLE_RATE_HZ), radius * radius)
    rung: npt.NDArray[np.float64] = scipy.signal.lfilter((1.0, 0.0, -1.0), poles, impulses, axis=0)
    return rung
