"""Readable axes for the mel picture: kHz upwards, seconds to the right."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Slaney's scale, as in models/audio/mel.py: linear to 1 kHz (15 mel), then 27 mel for each factor of 6.4.
KINK_HZ = 1000.0
KINK_MEL = 15.0
MEL_PER_LOG = 27.0 / math.log(6.4)
TOP_HZ = 22050.0
KHZ_TICKS = (0.5, 1, 2, 4, 8, 16)
STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
MAX_TICKS = 8


@dataclass(frozen=True)
class Tick:
    """A mark on an axis; `percent` from the left or from the top."""

    label: str
    percent: float


@dataclass(frozen=True)
class MelAxes:
    """Both axes of a mel picture."""

    khz: tuple[Tick, ...]
    seconds: tuple[Tick, ...]


def mel_axes(duration_s: float) -> MelAxes:
    """Lay out the axes for a sound.

    Args:
        duration_s: How long it is, in seconds.
    """
    khz = tuple(Tick(f"{f:g}", round(100 * (1 - mel(f * 1000) / mel(TOP_HZ)), 2)) for f in KHZ_TICKS)
    return MelAxes(
        khz, tuple(Tick(f"{moment:g}", round(100 * moment / duration_s, 2)) for moment in moments(duration_s))
    )


def moments(duration_s: float) -> list[float]:
    """Choose round moments (s) from 0 on, at most MAX_TICKS + 1 of them."""
    step = next(
        (step for step in STEPS_S if duration_s / step <= MAX_TICKS), math.ceil(duration_s / MAX_TICKS / 600) * 600
    )
    return [round(place * step, 3) for place in range(int(duration_s / step) + 1)]


def mel(frequency_hz: float) -> float:
    """Return a frequency's place on Slaney's mel scale."""
    if frequency_hz < KINK_HZ:
        return KINK_MEL * frequency_hz / KINK_HZ
    return KINK_MEL + MEL_PER_LOG * math.log(frequency_hz / KINK_HZ)
