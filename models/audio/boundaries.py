"""Where exactly one sound gives way to another: a coarse picture of the recording, and its greatest change nearby.

Windows of a second, half a second apart, tell what is heard but hardly when it begins. A coarse picture, 16 bands every
50 ms, takes two megabytes an hour and tells it better.
"""

import math

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.mel import MEL

STEP_FRAMES = 5
STEP_S = STEP_FRAMES * MEL.hop_samples / MEL.sample_rate_hz
N_BANDS = 16
LOUDNESS_EXPONENT = 0.25
"""Power to this is near to how loud a band is heard: decibels would see most change where a fade ends in nothing."""
SIDE_S = 0.5
"""What is compared: so much before with so much after."""
REACH_S = 0.5
"""How far from where the windows put it a boundary is looked for (s)."""
DISTANCE_PRICE = 0.6
"""How much of the greatest change nearby a second of distance costs."""

SILENCE_UNDER_LOUD_DB = 45.0
"""What is so far under a recording's loud moments (the 95th percentile) is silence there."""

Outline = npt.NDArray[np.float16]
"""Loudness of a recording's bands, in arbitrary units. [n_steps, 16]"""


class OutlineStream:
    """The coarse picture of a growing mel picture, in constant memory."""

    def __init__(self) -> None:
        """Start before the first frame."""
        self._pending: FloatArray = np.empty((0, MEL.n_mels), dtype=np.float32)

    def push(self, frames: FloatArray) -> Outline:
        """Add frames and take the steps that they complete; a last incomplete one is left out.

        Args:
            frames: The next frames, level in dB re full scale. [n_frames, 128]

        Returns:
            [n_steps, 16], n_steps may be 0.
        """
        pending = np.concatenate([self._pending, frames])
        n_steps = len(pending) // STEP_FRAMES
        whole, self._pending = pending[: n_steps * STEP_FRAMES], pending[n_steps * STEP_FRAMES :].copy()
        power = np.exp(whole * np.float32(np.log(10.0) / 10.0))
        of_band = power.reshape(n_steps, STEP_FRAMES, N_BANDS, MEL.n_mels // N_BANDS).mean(axis=(1, 3))
        steps: Outline = np.power(of_band, np.float32(LOUDNESS_EXPONENT)).astype(np.float16)
        return steps


def nearest_change(outline: Outline, at_s: float) -> float:
    """Look around a rough boundary for the point where the recording changes most.

    Args:
        outline: Of the whole recording. [n_steps, 16]
        at_s: The rough boundary (s).

    Returns:
        The boundary (s), at most REACH_S away from at_s; at_s itself where there is nothing to look at.
    """
    n_reach, n_side, centre = round(REACH_S / STEP_S), round(SIDE_S / STEP_S), round(at_s / STEP_S)
    candidates = np.arange(max(1, centre - n_reach), min(len(outline) - 1, centre + n_reach) + 1)
    if len(candidates) == 0:
        return at_s
    first = max(0, int(candidates[0]) - n_side)
    nearby = outline[first : int(candidates[-1]) + n_side].astype(np.float32)
    summed = np.concatenate([np.zeros((1, N_BANDS), dtype=np.float32), np.cumsum(nearby, axis=0)])
    here = candidates - first
    begin, end = np.maximum(here - n_side, 0), np.minimum(here + n_side, len(nearby))
    before = (summed[here] - summed[begin]) / (here - begin)[:, None]
    after = (summed[end] - summed[here]) / (end - here)[:, None]
    change = (np.abs(before - after) / (before + after + 1e-6)).sum(axis=1)
    distance_s = np.abs(candidates - at_s / STEP_S) * STEP_S
    return float(candidates[np.argmax(change - DISTANCE_PRICE * change.max() * distance_s)] * STEP_S)


def audible_s(outline: Outline) -> tuple[float, float]:
    """Tell where a recording begins and ceases to be heard.

    Args:
        outline: Of the whole recording. [n_steps, 16]

    Returns:
        The first and the last moment (s) at which it is not silent; infinity where it is heard to its end.
    """
    if len(outline) == 0:
        return 0.0, math.inf
    power = np.power(outline.astype(np.float32), 1.0 / LOUDNESS_EXPONENT).sum(axis=1)
    heard = np.flatnonzero(power >= np.percentile(power, 95.0) * 10.0 ** (-SILENCE_UNDER_LOUD_DB / 10.0))
    # The last step that is not whole was left out: what is heard to the end is heard to the recording's own.
    return float(heard[0] * STEP_S), math.inf if heard[-1] == len(outline) - 1 else float((heard[-1] + 1) * STEP_S)
