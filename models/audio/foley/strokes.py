"""Rubbed things: noise whose band, level and place follow a moving hand."""

import numpy as np

from models.audio import FloatArray
from models.audio.foley.stage import SAMPLE_RATE_HZ, band, in_room, place, silence, wander, white


def _stroke(
    dice: np.random.Generator, seconds: float, *, low_hz: float, high_hz: float, roughness: float, bite: float
) -> FloatArray:
    """One stroke: pressed down, drawn, lifted; brighter in the middle, where the hand is fastest. [n_samples]."""
    n_samples = round(seconds * SAMPLE_RATE_HZ)
    way = np.linspace(0.0, 1.0, n_samples)
    pressure = np.sin(np.pi * way**bite) ** 1.5
    noise = white(dice, n_samples + 2048)
    dull = band(noise, low_hz, 0.45 * high_hz)[2048:]
    bright = band(noise, 2.0 * low_hz, high_hz)[2048:]
    speed = np.sin(np.pi * way)
    # Bristles and fibres let go one after the other: the level trembles a few hundred times a second.
    tremble = 1.0 + roughness * wander(dice, n_samples, per_s=170.0)
    drawn = (dull * (1.0 - 0.5 * speed) + bright * speed) * pressure * np.maximum(tremble, 0.0)
    return np.asarray(drawn, dtype=np.float32)


def brush(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Draw a soft brush across from ear to ear and back, slowly. [n_samples, 2]."""
    stage = silence(seconds)
    at_s, side = 0.2, -0.7
    while at_s < seconds - 2.0:
        length_s = float(dice.uniform(0.7, 1.3))
        level = float(np.clip(0.8 + 0.15 * dice.standard_normal(), 0.4, 1.2))
        # Two half strokes, one fading at one ear while the other rises: the brush travels.
        for where, bite in ((side, 1.5), (-side, 0.7)):
            drawn = _stroke(dice, length_s, low_hz=350.0, high_hz=5500.0, roughness=0.25, bite=bite)
            place(stage, level * drawn, at_s=at_s, side=where)
        at_s += length_s * 0.92 + float(dice.uniform(0.05, 0.35))
        side = -side if dice.random() < 0.8 else side
    return in_room(stage, dice, level_db=-28.0)


def write_words(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Write words with a pencil: short strokes joined together, a pause, a dot. [n_samples, 2]."""
    stage = silence(seconds)
    at_s = 0.3
    while at_s < seconds - 1.5:
        for _ in range(int(dice.integers(4, 13))):
            length_s = float(dice.uniform(0.06, 0.17))
            level = float(np.clip(0.6 + 0.25 * dice.standard_normal(), 0.15, 1.2))
            drawn = _stroke(dice, length_s, low_hz=900.0, high_hz=7500.0, roughness=0.55, bite=0.85)
            place(stage, level * drawn, at_s=at_s, side=0.15 + 0.1 * float(dice.standard_normal()))
            # The table under the paper answers a little to every change of direction.
            knock = band(white(dice, 900) * np.hanning(900).astype(np.float32), 180.0, 650.0)
            place(stage, 0.5 * level * knock, at_s=at_s + 0.8 * length_s, side=0.1)
            at_s += length_s * float(dice.uniform(0.75, 1.0))
        at_s += float(dice.uniform(0.2, 0.6))
    return in_room(stage, dice, level_db=-26.0)
