"""Demonstration sounds made from physics instead of recordings, so that a first visitor has something to hear.

stage      the stereo stage that events are placed on
modal      struck things: wood, cardboard, clockwork, keys, a singing bowl
grains     crumpled, trodden and burning things: thousands of tiny events
gestures   who works the grains: hands, feet, a fire
strokes    rubbed things: noise shaped by a moving hand
water      bubbles and rain
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.audio import FloatArray
from models.audio.foley import gestures, modal, strokes, water
from models.audio.foley.stage import SAMPLE_RATE_HZ, band, white, without_rumble
from models.audio.loudness import fade, measure

LEVEL_LUFS = -27.0
HIGHEST_PEAK_DBTP = -3.1
AIR_DBFS = -72.0


@dataclass(frozen=True)
class Performance:
    """One demonstration: what it is called, which trigger it shows, and who plays it."""

    slug: str
    title: str
    trigger: str
    seconds: float
    seed: int
    make: Callable[[np.random.Generator, float], FloatArray]


PERFORMANCES: tuple[Performance, ...] = (
    Performance("wood-tapping", "Fingernails on a wooden box", "nail_tapping", 20.0, 101, modal.tap_wood),
    Performance("cardboard-tapping", "Fingertips on a cardboard box", "nail_tapping", 20.0, 102, modal.tap_cardboard),
    Performance("clock", "A small clock on the shelf", "clock_ticking", 16.0, 103, modal.tick),
    Performance("typing", "Slow typing on a soft keyboard", "keyboard_typing", 20.0, 104, modal.type_keys),
    Performance("singing-bowl", "A singing bowl, struck softly", "singing_bowl_chimes", 24.0, 105, modal.strike_bowl),
    Performance("paper", "Folding and crumpling paper", "paper", 18.0, 107, gestures.crumple_paper),
    Performance("fire", "A fire of dry wood", "fire_crackling", 20.0, 108, gestures.crackle),
    Performance("brushing", "A soft brush from ear to ear", "brushing", 20.0, 109, strokes.brush),
    Performance("writing", "A pencil on paper", "writing", 18.0, 110, strokes.write_words),
    Performance("water", "Water poured into a bowl", "water", 20.0, 111, water.pour),
    Performance("rain", "Rain on leaves", "rain", 20.0, 112, water.rain),
    Performance("snow", "Steps in dry snow", "footsteps_snow_leaves", 18.0, 113, gestures.walk_in_snow),
    Performance("gravel", "Slow steps on sand and gravel", "sand_crushing", 18.0, 114, gestures.walk_on_gravel),
    Performance("scratching", "Fingernails on rough cloth", "scratching", 18.0, 115, strokes.scratch),
)


def perform(performance: Performance) -> FloatArray:
    """Play a demonstration; the same one sounds the same every time.

    Args:
        performance: One of PERFORMANCES.

    Returns:
        Samples at 44.1 kHz, about -27 LUFS, true peak under -3 dBTP. [n_samples, 2]
    """
    dice = np.random.default_rng(performance.seed)
    played = without_rumble(performance.make(dice, performance.seconds))
    heard = measure(played, SAMPLE_RATE_HZ)
    wanted_db = 0.0 if heard.integrated_lufs is None else LEVEL_LUFS - heard.integrated_lufs
    gain_db = min(wanted_db, HIGHEST_PEAK_DBTP - heard.true_peak_dbtp)
    levelled = played * np.float32(10.0 ** (gain_db / 20.0)) + _air(dice, len(played))
    return fade(levelled, sample_rate_hz=SAMPLE_RATE_HZ, in_s=0.05, out_s=0.8)


def _air(dice: np.random.Generator, n_samples: int) -> FloatArray:
    """The quiet of a room: between two sounds no recording is without it. [n_samples, 2]."""
    air = band(white(dice, n_samples, 2), 60.0, 3500.0, order=1)
    return air * np.float32(10.0 ** (AIR_DBFS / 20.0) / air.std())
