"""Crumpled and burning things: thousands of tiny events drawn by chance, after PhISEM (P. R. Cook, 1997).

Single events are too many to place one by one: each of a few resonances is driven by its own train of random impulses,
whose density follows the hand.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.signal

from models.audio import FloatArray
from models.audio.foley.stage import SAMPLE_RATE_HZ, band, in_room, silence, wander, white


@dataclass(frozen=True)
class Sheet:
    """A material that cracks: range of its resonances (Hz), their decay (s), spread of sizes (larger: wilder)."""

    low_hz: float
    high_hz: float
    decay_s: float
    n_resonances: int
    wildness: float


PLASTIC = Sheet(1800.0, 11000.0, 0.0022, 14, 0.9)
PAPER = Sheet(700.0, 6500.0, 0.0035, 12, 0.85)
EMBERS = Sheet(900.0, 6000.0, 0.0025, 8, 1.05)


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
    for frequency_hz in np.geomspace(sheet.low_hz, sheet.high_hz, sheet.n_resonances):
        frequency_hz = frequency_hz * np.exp(0.08 * dice.standard_normal())
        is_event = np.flatnonzero(dice.random(len(density_per_s), dtype=np.float32) < chance)
        sizes = np.exp(sheet.wildness * dice.standard_normal(len(is_event))) * dice.choice([-1.0, 1.0], len(is_event))
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


def _gestures(dice: np.random.Generator, n_samples: int, *, per_s: float, rest: float) -> FloatArray:
    """How strongly a hand works, 0 to about 1: slow squeezes with rests between them. [n_samples]."""
    drive = wander(dice, n_samples, per_s=per_s)
    flutter = 1.0 + 0.5 * wander(dice, n_samples, per_s=9.0)
    return np.asarray(np.clip(drive + 0.6 - rest, 0.0, 2.0) / 2.0 * np.clip(flutter, 0.1, 2.0), dtype=np.float32)


def crinkle_plastic(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Crinkle a thin wrapper, close by. [n_samples, 2]."""
    work = _gestures(dice, len(silence(seconds)), per_s=0.8, rest=0.2)
    return in_room(crack(PLASTIC, dice, (900.0 * np.square(work) + 6.0 * (work > 0.0)).astype(np.float32)), dice)


def crumple_paper(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Fold and crumple a sheet: cracks over the soft rub of paper on paper. [n_samples, 2]."""
    n_samples = len(silence(seconds))
    work = _gestures(dice, n_samples, per_s=0.6, rest=0.25)
    rub = band(white(dice, n_samples, 2), 900.0, 7000.0, order=1) * (0.22 * np.sqrt(work))[:, None]
    cracks = crack(PAPER, dice, (420.0 * np.power(work, 1.5)).astype(np.float32))
    return in_room((cracks + rub).astype(np.float32), dice)


def crackle(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Burn dry wood: snaps that come in clusters over a low breathing flame. [n_samples, 2]."""
    n_samples = len(silence(seconds))
    restless = np.exp(1.1 * wander(dice, n_samples, per_s=1.5)).astype(np.float32)
    snaps = crack(EMBERS, dice, 7.0 * restless)
    sizzle = crack(PLASTIC, dice, 25.0 * restless) * np.float32(0.12)
    breath = (1.0 + 0.35 * wander(dice, n_samples, per_s=2.5)) * (1.0 + 0.15 * wander(dice, n_samples, per_s=11.0))
    flame = band(white(dice, n_samples, 2), 45.0, 320.0, order=1) * np.maximum(breath, 0.1)[:, None]
    return in_room(snaps + sizzle + np.float32(0.16) * flame, dice)
