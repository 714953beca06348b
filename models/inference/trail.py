"""The waveform of a source, laid along the way that the painting walked over it: where each painted frame came from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.audio import FloatArray
from models.audio.decode import to_mono
from models.audio.mel import MEL
from models.audio.render import SourceAudio
from models.audio.windows import WINDOW_FRAMES
from models.errors import TooQuiet
from models.inference.path import Numbers, Plan, walk

CROSSING_SAMPLES = 1024
"""Where the walk restarts, one place of the source fades into another."""

Trail = Callable[[int, int], FloatArray]
"""(first sample of the result, how many) -> the source's samples there; before and after the result in a loop, too."""


@dataclass(frozen=True)
class _Leg:
    """A stretch of the walk that goes through the source in order."""

    begin: int
    """First sample of the result."""
    shift: int
    """What a sample's place in the result is ahead of its place in the source."""


def trail_of(source: FloatArray, plan: Plan) -> Trail:
    """Lay a source's samples along the walk.

    Args:
        source: At 44.1 kHz. [n_samples, n_channels]
        plan: Where the windows of the result lie.

    Returns:
        What there is of the source at any place of the result. [n_samples, n_channels]
    """
    n_source_frames = max(WINDOW_FRAMES, 1 + len(source) // MEL.hop_samples)
    long_enough = (WINDOW_FRAMES - 1) * MEL.hop_samples
    if 1 + len(source) // MEL.hop_samples < WINDOW_FRAMES:
        there_and_back = np.concatenate([source, source[::-1]])
        source = np.tile(there_and_back, (-(-long_enough // len(there_and_back)), 1))[:long_enough]
    legs = _legs(plan, walk(n_source_frames, plan))

    def take(first: int, n_samples: int) -> FloatArray:
        taken = np.zeros((n_samples, source.shape[1]), dtype=np.float32)
        places = np.arange(first, first + n_samples)
        for leg, following in zip(legs, [*legs[1:], None], strict=True):
            end = following.begin if following is not None else first + n_samples + CROSSING_SAMPLES
            if end + CROSSING_SAMPLES < first or leg.begin - CROSSING_SAMPLES > first + n_samples:
                continue
            share = np.clip((places - leg.begin) / CROSSING_SAMPLES + 0.5, 0.0, 1.0) if leg is not legs[0] else 1.0
            left = np.clip((end - places) / CROSSING_SAMPLES + 0.5, 0.0, 1.0) if following is not None else 1.0
            strength = np.broadcast_to(np.sin(0.5 * np.pi * share) * np.sin(0.5 * np.pi * left), len(places))
            wanted = places - leg.shift
            is_there = (wanted >= 0) & (wanted < len(source)) & (strength > 0.0)
            taken[is_there] += source[wanted[is_there]] * strength[is_there, None].astype(np.float32)
        return taken

    return take


def blended(trails: Sequence[Trail], sources: Sequence[FloatArray], shares: Sequence[float]) -> SourceAudio:
    """One mono sound to borrow from: the sources one upon the other, equally loud before they are weighted.

    Args:
        trails: Of the one or two sources.
        sources: [n_samples, n_channels] each
        shares: Of each, adding up to 1.

    Returns:
        (first sample, how many) -> [n_samples]

    Raises:
        TooQuiet: if there is nothing to borrow.
    """
    levels = [float(np.sqrt(np.mean(np.square(to_mono(source))))) for source in sources]
    if min(levels) == 0.0:
        raise TooQuiet("The source is silent; there is nothing to borrow from it.")
    gains = [np.sqrt(share) * levels[0] / level for share, level in zip(shares, levels, strict=True)]

    def take(first: int, n_samples: int) -> FloatArray:
        borrowed = np.zeros(n_samples, dtype=np.float32)
        for trail, gain in zip(trails, gains, strict=True):
            if gain > 0.0:
                borrowed += np.float32(gain) * to_mono(trail(first, n_samples))
        return borrowed

    return take


def _legs(plan: Plan, starts: Numbers) -> list[_Leg]:
    """Cut the walk where it leaves the source's order, half way between the windows on either side."""
    laps = range(-1, 3) if plan.is_loop else range(1)
    legs: list[_Leg] = []
    before = None
    for lap in laps:
        for ordinal in range(plan.n_windows):
            first_frame = plan.first_frame(lap * plan.n_windows + ordinal)
            shift = first_frame - int(starts[ordinal])
            if before is None:
                legs.append(_Leg(first_frame * MEL.hop_samples, shift * MEL.hop_samples))
            elif shift != before[1]:
                middle = (first_frame + before[0] + WINDOW_FRAMES) * MEL.hop_samples // 2
                legs.append(_Leg(middle, shift * MEL.hop_samples))
            before = (first_frame, shift)
    return legs
