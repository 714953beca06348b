"""Water: bubbles that ring and rise in pitch (K. van den Doel, "Physically based models for liquid sounds", 2005)."""

import numpy as np

from models.audio import FloatArray
from models.audio.foley.stage import SAMPLE_RATE_HZ, band, in_room, place, silence, wander, white


def bubble(radius_mm: float, dice: np.random.Generator, *, rise: float = 0.1) -> FloatArray:
    """Let one bubble ring: Minnaert's pitch 3000 Hz / radius in mm, falling silent by radiation and friction.

    Args:
        radius_mm: Radius (mm), about 0.3 to 6.
        dice: Where its depth, and so its loudness, comes from.
        rise: How fast the pitch rises with the decay, 0 to 0.3: a bubble near the surface rises more.

    Returns:
        Samples, a larger bubble louder. [n_samples]
    """
    radius_m = radius_mm / 1000.0
    frequency_hz = 3.0 / radius_m
    damping_per_s = 0.13 / radius_m + 0.0072 * radius_m**-1.5
    n_samples = min(round(7.0 / damping_per_s * SAMPLE_RATE_HZ), SAMPLE_RATE_HZ // 2)
    time_s = np.arange(n_samples) / SAMPLE_RATE_HZ
    turns = frequency_hz * time_s * (1.0 + 0.5 * rise * damping_per_s * time_s)
    onset = np.minimum(1.0, time_s * frequency_hz / 2.0)  # two periods to begin: no click
    rung = radius_mm * dice.uniform(0.1, 1.0) ** 1.5 * onset * np.exp(-damping_per_s * time_s)
    return np.asarray(rung * np.sin(2.0 * np.pi * turns), dtype=np.float32)


def _bubbles(
    stage: FloatArray, dice: np.random.Generator, *, per_s: FloatArray, smallest_mm: float, largest_mm: float
) -> None:
    """Scatter bubbles over the stage; small ones are many, large ones few. per_s: [n_samples]."""
    chance = per_s / SAMPLE_RATE_HZ
    for sample in np.flatnonzero(dice.random(len(stage), dtype=np.float32) < chance):
        radius_mm = smallest_mm * (1.0 - dice.random() * (1.0 - smallest_mm / largest_mm)) ** -1.0
        rung = bubble(float(radius_mm), dice, rise=float(dice.uniform(0.02, 0.25)))
        side = float(np.clip(0.4 * dice.standard_normal(), -1.0, 1.0))
        place(stage, rung, at_s=float(sample) / SAMPLE_RATE_HZ, side=side)


def pour(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Pour water into a bowl in small swells, with single drops between them. [n_samples, 2]."""
    stage = silence(seconds)
    swell = np.clip(wander(dice, len(stage), per_s=0.45) + 0.5, 0.0, 2.0) / 2.0
    _bubbles(stage, dice, per_s=4.0 + 210.0 * swell, smallest_mm=0.8, largest_mm=6.5)
    stream = band(white(dice, len(stage), 2), 500.0, 5000.0, order=1) * (0.10 * swell)[:, None]
    return in_room(stage + stream.astype(np.float32), dice, level_db=-20.0)


def rain(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Let it rain on leaves: near drops one by one, far ones as a soft rush. [n_samples, 2]."""
    stage = silence(seconds)
    gust = 1.0 + 0.3 * wander(dice, len(stage), per_s=0.4)
    _bubbles(stage, dice, per_s=(60.0 * gust).astype(np.float32), smallest_mm=0.35, largest_mm=2.5)
    # Leaves answer to drops with a dull pat.
    for at_s in np.sort(dice.uniform(0.0, seconds - 0.1, round(22.0 * seconds))):
        n_samples = int(dice.integers(250, 700))
        falling = np.exp(-6.0 * np.arange(n_samples) / n_samples).astype(np.float32)
        centre_hz = float(dice.uniform(500.0, 2200.0))
        pat = band(white(dice, n_samples) * falling, 0.6 * centre_hz, 1.7 * centre_hz, order=1)
        strength = float(np.exp(0.7 * dice.standard_normal()))
        place(stage, 0.5 * strength * pat, at_s=float(at_s), side=float(dice.uniform(-0.9, 0.9)))
    rush = band(white(dice, len(stage), 2), 700.0, 9000.0, order=1) * gust[:, None]
    return in_room(stage + np.float32(0.10) * rush.astype(np.float32), dice, level_db=-26.0)
