"""Water: bubbles that ring and rise in pitch (K. van den Doel, "Physically based models for liquid sounds", 2005)."""

from dataclasses import dataclass

import numpy as np

from models.audio import FloatArray
from models.audio.foley.stage import SAMPLE_RATE_HZ, RoomTone, band, hush, in_room, place, silence, wander, white


@dataclass(frozen=True)
class Flow:
    """Water that moves: near bubbles and pats one by one, and the rush of all that is too far to be told apart."""

    swell: float
    """How much it comes and goes, 0 to 1."""
    swell_hz: float
    bubbles_per_s: float
    radii_mm: tuple[float, float]
    pats_per_s: float
    """Drops that fall on something dull: a leaf, the wall of a bowl."""
    pat_hz: tuple[float, float]
    pat_db: float
    """RMS re the bubbles (dB)."""
    rush_hz: tuple[float, float]
    rush_db: float
    """RMS re the bubbles and pats (dB)."""
    spray: RoomTone
    """The finest drops, near white; their level re the rush."""
    rumble_db: float
    """Under 180 Hz, re the rush (dB)."""


RAIN = Flow(
    swell=0.08,
    swell_hz=0.78,
    bubbles_per_s=80.0,
    radii_mm=(0.38, 0.95),
    pats_per_s=102.0,
    pat_hz=(174.0, 3150.0),
    pat_db=2.2,
    rush_hz=(740.0, 2840.0),
    rush_db=6.8,
    spray=RoomTone(-7.7, -0.9, 11200.0),
    rumble_db=-25.9,
)
STREAM = Flow(
    swell=0.38,
    swell_hz=2.31,
    bubbles_per_s=316.0,
    radii_mm=(1.76, 3.02),
    pats_per_s=52.0,
    pat_hz=(745.0, 6540.0),
    pat_db=-15.7,
    rush_hz=(390.0, 1370.0),
    rush_db=-21.9,
    spray=RoomTone(-14.4, 3.0, 7900.0),
    rumble_db=-6.0,
)


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
    """Pour water into a bowl in small swells: many bubbles, little rush. [n_samples, 2]."""
    return _flow(dice, seconds, STREAM)


def rain(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Let it rain on leaves: near drops one by one, far ones as a soft rush. [n_samples, 2]."""
    return _flow(dice, seconds, RAIN)


def _flow(dice: np.random.Generator, seconds: float, flow: Flow) -> FloatArray:
    stage = silence(seconds)
    swell = 1.0 + flow.swell * wander(dice, len(stage), per_s=flow.swell_hz)
    swell = np.clip(swell, 0.1, 3.0).astype(np.float32)
    smallest_mm, largest_mm = flow.radii_mm
    _bubbles(stage, dice, per_s=flow.bubbles_per_s * swell, smallest_mm=smallest_mm, largest_mm=largest_mm)
    level = np.sqrt(np.square(stage).mean())
    pats = _pats(dice, seconds, flow)
    stage += pats * np.float32(level * 10.0 ** (flow.pat_db / 20.0) / pats.std())
    spray = hush(dice, len(stage), flow.spray) * swell[:, None]
    rush = band(white(dice, len(stage), 2), *flow.rush_hz, order=1) * swell[:, None]
    rumble = band(white(dice, len(stage), 2), 40.0, 180.0, order=1)
    for noise, under_rush_db in ((rush, 0.0), (spray, flow.spray.level_db), (rumble, flow.rumble_db)):
        stage += np.float32(level * 10.0 ** ((flow.rush_db + under_rush_db) / 20.0) / noise.std()) * noise
    return in_room(stage, dice, level_db=-24.0)


def _pats(dice: np.random.Generator, seconds: float, flow: Flow) -> FloatArray:
    """Dull drops all over the stage, each a short burst of noise round a pitch of its own. [n_samples, 2]."""
    stage = silence(seconds)
    lowest, highest = np.log(flow.pat_hz)
    for at_s in np.sort(dice.uniform(0.0, seconds - 0.1, round(flow.pats_per_s * seconds))):
        n_samples = int(dice.integers(150, 600))
        falling = np.exp(-6.0 * np.arange(n_samples) / n_samples).astype(np.float32)
        centre_hz = float(np.exp(dice.uniform(lowest, highest)))
        pat = band(white(dice, n_samples) * falling, 0.6 * centre_hz, 1.7 * centre_hz, order=1)
        force = np.float32(np.exp(0.7 * dice.standard_normal()))
        place(stage, force * pat, at_s=float(at_s), side=float(dice.uniform(-0.9, 0.9)))
    return stage
