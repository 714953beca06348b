"""Struck things: a sum of decaying modes, excited by a contact of a few milliseconds, no two strikes alike."""

from dataclasses import dataclass

import numpy as np

from models.audio import FloatArray
from models.audio.foley.stage import SAMPLE_RATE_HZ, RoomTone, band, in_room, place, silence, white, with_tone


@dataclass(frozen=True)
class Body:
    """A thing that rings: frequency of each mode (Hz), its time to fall by 60 dB (s), its share of the strike."""

    modes_hz: tuple[float, ...]
    decay_s: tuple[float, ...]
    gains: tuple[float, ...]


# Ratios of a free bar (1, 2.76, 5.40, 8.93); wood loses high modes within hundredths of a second.
WOOD = Body(
    (318.0, 527.0, 876.0, 1310.0, 1717.0, 2840.0), (0.16, 0.12, 0.09, 0.06, 0.045, 0.03), (0.5, 0.75, 1, 0.8, 0.9, 0.6)
)
# The lid of an empty box: deeper than wood, and soft, so that nothing rings.
CARDBOARD = Body(
    (124.0, 207.0, 343.0, 512.0, 668.0, 1105.0), (0.09, 0.075, 0.06, 0.045, 0.03, 0.02), (0.7, 1.0, 0.9, 0.6, 0.5, 0.3)
)
# The wheels ring from 1.6 kHz up, the case and the shelf below; the treble is what carries.
CLOCKWORK = Body(
    (329.0, 613.0, 1080.0, 1500.0, 2150.0, 3740.0, 5290.0, 8020.0),
    (0.13, 0.181, 0.088, 0.074, 0.089, 0.05, 0.028, 0.041),
    (0.39, 0.53, 0.69, 0.81, 0.97, 1.26, 1.5, 1.83),
)
# A thin keyboard: the desk's low thud, then the click of plastic between 2.4 and 6 kHz.
KEY = Body(
    (113.0, 251.0, 567.0, 1255.0, 2453.0, 4159.0, 6062.0),
    (0.07, 0.084, 0.056, 0.042, 0.028, 0.02, 0.014),
    (0.53, 0.32, 0.25, 0.4, 1.0, 1.0, 0.8),
)
# A bronze bowl: ratios 1, 2.71, 5.16, 8.22, 11.8, each mode a pair a fraction of a hertz apart, so that it beats.
BOWL = Body((212.0, 574.5, 1094.0, 1743.0, 2502.0), (17.0, 11.0, 6.0, 3.2, 1.8), (0.7, 1, 0.7, 0.4, 0.25))

CLOCK_BEAT_S = 0.25
"""14 400 beats an hour: an alarm clock."""
CLOCK_ROOM = RoomTone(level_db=-11.0, fall_db_per_octave=6.4, high_hz=17800.0)
DESK_ROOM = RoomTone(level_db=-34.0, fall_db_per_octave=1.5, high_hz=8200.0)
KEY_CLICK = 5.95
"""Peak of the plastic's click re the modes of a key."""


def strike(
    body: Body, dice: np.random.Generator, *, contact_s: float, force: float = 1.0, pair_hz: float = 0.0
) -> FloatArray:
    """Strike a body once; where and how it is met differs a little each time.

    Args:
        body: What rings.
        dice: Where the differences come from.
        contact_s: How long the striking thing touches (s): the longer, the duller.
        force: Loudness, 1 is ordinary; a harder blow touches for a shorter time.
        pair_hz: Distance of the two halves of each mode (Hz); 0 for bodies that are not round.

    Returns:
        Samples. [n_samples]
    """
    n_samples = round(1.15 * max(body.decay_s) * SAMPLE_RATE_HZ)
    time_s = np.arange(n_samples) / SAMPLE_RATE_HZ
    ring = np.zeros(n_samples)
    for mode_hz, decay_s, gain in zip(body.modes_hz, body.decay_s, body.gains, strict=True):
        frequency_hz = mode_hz * (1.0 + 0.003 * dice.standard_normal())
        falling = np.exp(-6.9 * time_s / (decay_s * (1.0 + 0.08 * dice.standard_normal())))
        strength = gain * np.exp(0.3 * dice.standard_normal())
        halves = (-0.5, 0.5) if pair_hz else (0.0,)
        for half in halves:
            shift_hz = half * pair_hz * (1.0 + 0.4 * dice.random()) * (mode_hz / body.modes_hz[0]) ** 0.3
            ring += strength / len(halves) * falling * np.sin(2.0 * np.pi * (frequency_hz + shift_hz) * time_s)
    n_contact = max(3, round(contact_s / force**0.3 * SAMPLE_RATE_HZ))
    push = np.hanning(n_contact + 2)[1:-1]
    struck = np.convolve(ring, push / push.sum())[:n_samples]
    return (force * struck).astype(np.float32)


def _click(dice: np.random.Generator, *, low_hz: float, high_hz: float, seconds: float) -> FloatArray:
    """The touch itself: a noise burst that dies at once."""
    n_samples = round(6.0 * seconds * SAMPLE_RATE_HZ)
    falling = np.exp(-np.arange(n_samples) / (seconds * SAMPLE_RATE_HZ)).astype(np.float32)
    return band(white(dice, n_samples) * falling, low_hz, high_hz)


def tap_wood(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Play rolls of four fingernails on a wooden box, wandering between the ears. [n_samples, 2]."""
    return _tap(dice, seconds, WOOD, contact_s=0.0005, nail_level=0.35)


def tap_cardboard(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Play rolls of four fingertips on the lid of a cardboard box. [n_samples, 2]."""
    return _tap(dice, seconds, CARDBOARD, contact_s=0.0011, nail_level=0.2)


def _tap(dice: np.random.Generator, seconds: float, body: Body, *, contact_s: float, nail_level: float) -> FloatArray:
    stage = silence(seconds)
    at_s = 0.3
    while at_s < seconds - 0.8:
        side = float(np.clip(0.75 * np.sin(2.0 * np.pi * at_s / 9.0) + 0.1 * dice.standard_normal(), -0.9, 0.9))
        n_taps = int(dice.choice([1, 2, 4, 4, 4, 5]))
        for finger in range(n_taps):
            force = float(np.clip(0.55 + 0.15 * finger / n_taps + 0.13 * dice.standard_normal(), 0.2, 1.0))
            tap = strike(body, dice, contact_s=contact_s * (1.0 + 0.25 * dice.random()), force=force)
            place(stage, tap, at_s=at_s, side=side + 0.06 * (finger - 1.5))
            nail = _click(dice, low_hz=2500.0, high_hz=9000.0, seconds=0.0012)
            place(stage, nail_level * force * nail, at_s=at_s, side=side)
            at_s += 0.085 * float(np.exp(0.12 * dice.standard_normal()))
        at_s += float(dice.uniform(0.18, 0.55))
    return in_room(stage, dice)


def tick(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Let a small clock go, four beats a second, tick and tock unlike each other. [n_samples, 2]."""
    stage = silence(seconds)
    for beat in range(round((seconds - 0.4) / CLOCK_BEAT_S)):
        at_s = 0.2 + CLOCK_BEAT_S * beat + 0.0015 * float(dice.standard_normal())
        is_tick = beat % 2 == 1
        # The escapement: the tooth is let go, the wheel drops, the lever meets its stop.
        for late_s, force in ((0.0, 0.43), (0.009, 0.6), (0.023, 1.0 if is_tick else 0.9)):
            hit = strike(CLOCKWORK, dice, contact_s=0.00016 if is_tick else 0.00021, force=force)
            place(stage, hit, at_s=at_s + late_s, side=0.15)
            metal = _click(dice, low_hz=930.0, high_hz=4000.0, seconds=0.00125)
            metal *= np.float32(0.6 * force * sum(CLOCKWORK.gains) / np.abs(metal).max())
            place(stage, metal, at_s=at_s + late_s, side=0.15)
    return with_tone(in_room(stage, dice, seconds=0.15, level_db=-8.0), dice, CLOCK_ROOM)


def type_keys(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Type words at an easy pace: every key goes down and comes up. [n_samples, 2]."""
    stage = silence(seconds)
    at_s = 0.3
    while at_s < seconds - 0.8:
        for _ in range(int(dice.integers(3, 10))):
            side = float(dice.uniform(-0.45, 0.45))
            force = float(np.clip(0.7 + 0.15 * dice.standard_normal(), 0.35, 1.1))
            _press(stage, dice, at_s=at_s, side=side, force=force)
            _press(stage, dice, at_s=at_s + float(dice.uniform(0.06, 0.11)), side=side, force=0.8 * force)
            at_s += 0.116 * float(np.exp(0.3 * dice.standard_normal()))
        at_s += float(dice.uniform(0.1, 0.84))
    return with_tone(in_room(stage, dice, seconds=0.15, level_db=-20.4), dice, DESK_ROOM)


def _press(stage: FloatArray, dice: np.random.Generator, *, at_s: float, side: float, force: float) -> None:
    """One way of a key: the finger's touch, the stop, the rattle of the cap."""
    place(stage, strike(KEY, dice, contact_s=0.00024, force=force), at_s=at_s, side=side)
    for late_s, level in ((-0.004, 0.5), (0.0, 1.0), (0.016, 0.4)):
        plastic = _click(dice, low_hz=800.0, high_hz=5450.0, seconds=0.00116)
        plastic *= np.float32(KEY_CLICK * force * level / np.abs(plastic).max())
        place(stage, plastic, at_s=at_s + late_s, side=side)


def strike_bowl(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Strike a singing bowl softly with a felt mallet and let it ring. [n_samples, 2]."""
    stage = silence(seconds)
    for at_s, force in ((0.3, 0.9), (8.0, 0.7), (15.0, 0.8)):
        for side in (-0.4, 0.4):  # each ear hears another mixture of the paired modes
            place(stage, strike(BOWL, dice, contact_s=0.0016, force=force, pair_hz=0.7), at_s=at_s, side=side)
    return in_room(stage, dice, seconds=0.5, level_db=-20.0)
