"""Rubbed things: noise whose band, level and place follow a moving hand."""

from dataclasses import dataclass

import numpy as np

from models.audio import FloatArray
from models.audio.foley.stage import SAMPLE_RATE_HZ, RoomTone, band, in_room, place, silence, wander, white, with_tone


@dataclass(frozen=True)
class Hand:
    """How a hand draws something over a surface, and what the surface is like."""

    noise_hz: tuple[float, float]
    """Band of the rubbing noise (Hz)."""
    onset: float
    """Below 1 the pressure comes early in a stroke, above 1 late."""
    softness: float
    """The larger, the more gently a stroke begins and ends."""
    roughness: float
    """How much the level trembles as fibres let go one after the other, 0 to 1."""
    tremble_hz: float
    brightness: float
    """Level of the treble where the hand is fastest."""
    stroke_s: float
    n_strokes: int
    """At least so many strokes without a pause, at most twice as many and one."""
    pause_s: float
    width: float
    """How far strokes go to either side, 0 to 1."""
    knock: float
    """How loudly the table answers to a change of direction, re the stroke."""
    knock_hz: float
    weight_db: float
    """Level of the low noise of the arm on the table (dB re the strokes)."""
    weight_hz: float
    tone: RoomTone


PENCIL = Hand(
    noise_hz=(257.0, 6150.0),
    onset=0.9,
    softness=0.8,
    roughness=0.18,
    tremble_hz=169.0,
    brightness=1.67,
    stroke_s=0.12,
    n_strokes=2,
    pause_s=0.32,
    width=0.1,
    knock=0.25,
    knock_hz=513.0,
    weight_db=-3.0,
    weight_hz=136.0,
    tone=RoomTone(-15.8, 2.5, 13500.0),
)

BRUSH = Hand(
    noise_hz=(2120.0, 7794.0),
    onset=0.9,
    softness=2.0,
    roughness=0.1,
    tremble_hz=170.0,
    brightness=1.38,
    stroke_s=0.48,
    n_strokes=3,
    pause_s=0.16,
    width=1.2,
    knock=0.42,
    knock_hz=239.0,
    weight_db=-5.6,
    weight_hz=60.0,
    tone=RoomTone(-25.3, 1.8, 2149.0),
)

NAILS = Hand(
    noise_hz=(463.0, 3042.0),
    onset=1.5,
    softness=1.4,
    roughness=0.38,
    tremble_hz=188.0,
    brightness=2.0,
    stroke_s=0.184,
    n_strokes=7,
    pause_s=0.1,
    width=0.3,
    knock=0.25,
    knock_hz=218.0,
    weight_db=-25.4,
    weight_hz=241.0,
    tone=RoomTone(-38.0, 5.2, 7195.0),
)


def write_words(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Write words with a pencil: short strokes joined together, then a pause. [n_samples, 2]."""
    return _rub(dice, seconds, PENCIL)


def brush(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Draw a soft brush back and forth, slowly. [n_samples, 2]."""
    return _rub(dice, seconds, BRUSH)


def scratch(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Scratch rough cloth with the nails, back and forth. [n_samples, 2]."""
    return _rub(dice, seconds, NAILS)


def _rub(dice: np.random.Generator, seconds: float, hand: Hand) -> FloatArray:
    stage = silence(seconds)
    at_s, side = 0.2, -0.5
    while at_s < seconds - 1.5:
        for _ in range(int(dice.integers(hand.n_strokes, 2 * hand.n_strokes + 2))):
            if at_s > seconds - 1.2:
                break
            length_s = hand.stroke_s * float(np.exp(0.3 * dice.standard_normal()))
            level = float(np.clip(0.7 + 0.2 * dice.standard_normal(), 0.2, 1.2))
            drawn = _stroke(dice, length_s, hand)
            place(stage, level * drawn, at_s=at_s, side=hand.width * side + 0.05 * float(dice.standard_normal()))
            n_knock = round(0.02 * SAMPLE_RATE_HZ)
            knock = white(dice, n_knock) * np.hanning(n_knock).astype(np.float32)
            knock = band(knock, 70.0, hand.knock_hz, order=1)
            knock *= np.float32(hand.knock * level * drawn.std() / knock.std())
            place(stage, knock, at_s=at_s + 0.05 * length_s, side=hand.width * side)
            at_s += length_s * float(dice.uniform(0.75, 1.0))
            side = -side
        at_s += hand.pause_s * float(dice.uniform(0.5, 1.5))
    arm = band(white(dice, len(stage), 2), 40.0, hand.weight_hz, order=1)
    arm *= np.float32(np.sqrt(np.square(stage).mean()) * 10.0 ** (hand.weight_db / 20.0) / arm.std())
    stage += arm * np.clip(1.0 + 0.4 * wander(dice, len(stage), per_s=2.0), 0.1, 3.0)[:, None]
    return with_tone(in_room(stage, dice, level_db=-28.0), dice, hand.tone)


def _stroke(dice: np.random.Generator, seconds: float, hand: Hand) -> FloatArray:
    """One stroke: pressed down, drawn, lifted; brighter in the middle, where the hand is fastest. [n_samples]."""
    n_samples = round(seconds * SAMPLE_RATE_HZ)
    way = np.linspace(0.0, 1.0, n_samples)
    pressure = np.sin(np.pi * way**hand.onset).clip(0.0) ** hand.softness
    low_hz, high_hz = hand.noise_hz
    noise = white(dice, n_samples + 2048)
    dull = band(noise, low_hz, 0.45 * high_hz, order=1)[2048:]
    bright = band(noise, 2.0 * low_hz, high_hz, order=1)[2048:]
    speed = np.sin(np.pi * way)
    tremble = 1.0 + hand.roughness * wander(dice, n_samples, per_s=hand.tremble_hz)
    drawn = (dull * (1.0 - 0.5 * speed) + hand.brightness * bright * speed) * pressure * np.maximum(tremble, 0.0)
    return np.asarray(drawn, dtype=np.float32)
