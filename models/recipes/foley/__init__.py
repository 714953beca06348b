"""Seconds of triggers, and of what is none, to learn from: made from the physics of how they arise, recorded by nobody.

Two things make most of them. Grains: many short events at random times, each a burst or a few damped modes (P. R. Cook,
"Physically informed sonic modeling", 1997; bubbles after Minnaert 1933 and van den Doel 2005). And noise whose spectrum
moves: a short-time spectrum painted over white noise or over glottal pulses. Every second has another size, speed,
material and hand: that is what thin labels lack. What people listen to is in models.audio.foley, tuned piece by piece.

matter    what all is made of: events, modes, bursts, grains, moving spectra
water     bubbles, streams, rain
voices    talking, whispering, breathing
strokes   brushed, scratched, written on, crumpled
crushed   sand, snow and leaves, food, slime, fire
struck    fingernails, keys, clocks, bowls
scissors  two blades
strange   what is no trigger: tones, hums, engines, beats
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from models.audio import FloatArray
from models.audio.segmentation import BACKGROUND
from models.recipes.foley import crushed, scissors, strange, strokes, struck, voices, water
from models.recipes.foley.matter import Samples

_MAKERS: Final[dict[str, Callable[[np.random.Generator], Samples]]] = {
    BACKGROUND: strange.strange,
    "breathing": voices.breathing,
    "brushing": strokes.brushing,
    "clock_ticking": struck.clock,
    "eating_mukbang": crushed.eating,
    "fire_crackling": crushed.fire,
    "footsteps_snow_leaves": crushed.snow_leaves,
    "keyboard_typing": struck.typing,
    "nail_tapping": struck.tapping,
    "paper": strokes.paper,
    "plastic_crinkling": strokes.crinkling,
    "rain": water.rain,
    "sand_crushing": crushed.sand,
    "scissors_cutting": scissors.scissors,
    "scratching": strokes.scratching,
    "singing_bowl_chimes": struck.bowl,
    "slime": crushed.slime,
    "talking_man": voices.voice(85.0, 160.0, 1.0),
    "talking_woman": voices.voice(160.0, 270.0, 1.17),
    "water": water.water,
    "whispering_man": voices.whisper(1.0),
    "whispering_woman": voices.whisper(1.17),
    "writing": strokes.writing,
}


def foley(label: str, rng: np.random.Generator) -> FloatArray:
    """Make one second of a trigger.

    Args:
        label: One of `made_labels`.
        rng: Where chance comes from.

    Returns:
        Samples at 44.1 kHz and an RMS of one. [44100]
    """
    audio = _MAKERS[label](rng)
    return (audio / (np.sqrt(np.mean(np.square(audio))) + 1e-9)).astype(np.float32)


def made_labels() -> list[str]:
    """Labels that there are formulas for, as often as each is to be drawn: what is no trigger has many faces."""
    return [*_MAKERS, *[BACKGROUND] * 3]
