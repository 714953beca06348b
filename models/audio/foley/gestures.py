"""Who works the grains: hands that squeeze paper, feet in snow and gravel, a restless fire."""

from dataclasses import dataclass

import numpy as np

from models.audio import FloatArray
from models.audio.foley.grains import Crush, Sheet, crush
from models.audio.foley.stage import SAMPLE_RATE_HZ, RoomTone, wander


@dataclass(frozen=True)
class Gait:
    """How somebody walks: every step is a heel and, a little later, the sole that rolls over it."""

    step_s: float
    """From one foot to the other (s)."""
    sole_late_s: float
    sole_force: float
    """Re the heel, 1 for as much."""
    ground_s: float
    """How long a step presses (s)."""
    onset: float
    """Below 1 the weight comes down at once, above 1 it comes late."""


PAPER = Crush(
    Sheet(1660.0, 7900.0, 0.0009, 8, 1.3, -0.2),
    cracks_per_s=967.0,
    power=1.29,
    rub_db=-7.9,
    rub_hz=(1500.0, 3747.0),
    weight_db=-14.7,
    weight_hz=(50.0, 169.0),
    tone=RoomTone(-23.5, 0.0, 4936.0),
)
EMBERS = Crush(
    Sheet(2350.0, 10800.0, 0.0008, 8, 0.62, 8.0),
    cracks_per_s=32.6,
    power=0.8,
    rub_db=-22.3,
    rub_hz=(2020.0, 7440.0),
    weight_db=10.0,
    weight_hz=(50.0, 100.0),
    tone=RoomTone(-25.2, 4.6, 1980.0),
)
EMBER_RESTLESSNESS = 0.45
"""How far the snaps come in clusters: standard deviation of the logarithm of their density."""
SNOW = Crush(
    Sheet(166.0, 7032.0, 0.0008, 13, 0.64, -3.0),
    cracks_per_s=1270.0,
    power=2.0,
    rub_db=-3.0,
    rub_hz=(683.0, 4644.0),
    weight_db=-15.0,
    weight_hz=(50.0, 460.0),
    tone=RoomTone(-43.4, 0.3, 7366.0),
)
SNOW_GAIT = Gait(step_s=0.45, sole_late_s=0.067, sole_force=0.83, ground_s=0.31, onset=0.81)
GRAVEL = Crush(
    Sheet(240.0, 10030.0, 0.0013, 11, 0.6, -0.3),
    cracks_per_s=411.0,
    power=1.67,
    rub_db=6.0,
    rub_hz=(880.0, 3869.0),
    weight_db=-22.0,
    weight_hz=(50.0, 265.0),
    tone=RoomTone(-24.7, 0.5, 1596.0),
)
GRAVEL_GAIT = Gait(step_s=0.75, sole_late_s=0.063, sole_force=0.56, ground_s=0.227, onset=0.4)


def crumple_paper(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Fold and crumple a sheet: cracks over the soft rub of paper on paper. [n_samples, 2]."""
    work = _squeezes(dice, seconds, per_s=1.73)
    return crush(PAPER, dice, work, work)


def crackle(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Burn dry wood: snaps that come in clusters over a low breathing flame. [n_samples, 2]."""
    n_samples = round(seconds * SAMPLE_RATE_HZ)
    restless = np.exp(EMBER_RESTLESSNESS * wander(dice, n_samples, per_s=1.5)).astype(np.float32)
    breath = np.maximum(1.0 + 0.35 * wander(dice, n_samples, per_s=2.5), 0.0).astype(np.float32)
    return crush(EMBERS, dice, restless, breath)


def walk_in_snow(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Walk on dry snow, which squeaks and packs under the foot. [n_samples, 2]."""
    work = _steps(dice, seconds, SNOW_GAIT)
    return crush(SNOW, dice, work, work)


def walk_on_gravel(dice: np.random.Generator, seconds: float) -> FloatArray:
    """Walk slowly on coarse sand and gravel, which grinds. [n_samples, 2]."""
    work = _steps(dice, seconds, GRAVEL_GAIT)
    return crush(GRAVEL, dice, work, work)


def _squeezes(dice: np.random.Generator, seconds: float, *, per_s: float) -> FloatArray:
    """How strongly a hand works, 0 to about 1: slow squeezes with rests between them. [n_samples]."""
    n_samples = round(seconds * SAMPLE_RATE_HZ)
    drive = wander(dice, n_samples, per_s=per_s)
    flutter = 1.0 + 0.5 * wander(dice, n_samples, per_s=9.0)
    return np.asarray(np.clip(drive + 0.6, 0.0, 2.0) / 2.0 * np.clip(flutter, 0.1, 2.0), dtype=np.float32)


def _steps(dice: np.random.Generator, seconds: float, gait: Gait) -> FloatArray:
    """How strongly feet press on the ground, 0 to about 2, no two steps alike. [n_samples]."""
    work = np.zeros(round(seconds * SAMPLE_RATE_HZ))
    at_s = 0.25
    while at_s < seconds - 0.7:
        for late_s, share, force in ((0.0, 0.45, 1.0), (gait.sole_late_s, 0.8, 0.7 * gait.sole_force)):
            n_pressed = round(gait.ground_s * share * SAMPLE_RATE_HZ * np.exp(0.15 * dice.standard_normal()))
            pressure = np.sin(np.pi * np.linspace(0.0, 1.0, n_pressed) ** gait.onset).clip(0.0) ** 1.5
            first = round((at_s + late_s) * SAMPLE_RATE_HZ)
            pressure = pressure[: max(0, len(work) - first)]
            work[first : first + len(pressure)] += pressure * force * np.exp(0.2 * dice.standard_normal())
        at_s += gait.step_s * float(np.exp(0.05 * dice.standard_normal()))
    slips = np.clip(1.0 + 0.5 * wander(dice, len(work), per_s=12.0), 0.1, 2.0)
    return np.asarray(work * slips, dtype=np.float32)
