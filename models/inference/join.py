"""Painted windows laid over each other into one picture, part by part: memory does not grow with the length."""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.ndimage import uniform_filter1d

from models.audio import FloatArray
from models.audio.windows import WINDOW_FRAMES
from models.inference.path import Numbers, Plan

WINDOWS_PER_PART = 16
"""Four seconds: the first of them are painted in a fraction of a second."""

TREND_FRAMES = 9
EVEN_FRAMES = 201
"""Grain is measured over two seconds."""

MOST_GRAIN = 2.0
"""Grain is given back up to this factor; four windows that have nothing in common ask for 1.6."""

_CONTEXT_FRAMES = TREND_FRAMES // 2 + EVEN_FRAMES // 2


def join_in_parts(paint: Callable[[Numbers], FloatArray], plan: Plan) -> Iterator[FloatArray]:
    """Lay windows over each other, fade from one to the next, and give back the grain that averaging takes.

    Args:
        paint: Paints the windows with these numbers: [n] -> [n, 100, n_mels].
        plan: Where they lie.

    Yields:
        Consecutive parts of the picture, plan.n_frames in all; in a loop the last frame is the first again.
        [n_frames, n_mels]
    """
    # A loop is begun a little before its first frame and ended a little after its last.
    margin = _CONTEXT_FRAMES if plan.is_loop else 0
    end = plan.n_frames + margin
    held_from, emitted = -margin, 0
    held = wanted = np.empty((0, 0), dtype=np.float32)
    for faded, grain in _overlapped(paint, plan, -margin, end):
        held = np.concatenate([held, faded]) if held.size else faded
        wanted = np.concatenate([wanted, grain]) if wanted.size else grain
        held_to = held_from + len(held)
        ready = plan.n_frames if held_to == end else held_to - _CONTEXT_FRAMES
        if ready <= emitted:
            continue
        part = _regrained(held, wanted)[emitted - held_from : ready - held_from]
        emitted = ready
        passed = max(0, emitted - _CONTEXT_FRAMES - held_from)
        held, wanted, held_from = held[passed:], wanted[passed:], held_from + passed
        yield part


def _overlapped(
    paint: Callable[[Numbers], FloatArray], plan: Plan, begin: int, end: int
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Fade from window to window: the picture's frames from begin to end, and the grain that windows have there."""
    hann = (0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(WINDOW_FRAMES) + 0.5) / WINDOW_FRAMES)).astype(np.float32)
    number = 0
    if plan.is_loop:
        while plan.first_frame(number - 1) + WINDOW_FRAMES > begin:
            number -= 1
    origin = min(begin, plan.first_frame(number))
    total = np.empty((0, 1), dtype=np.float32)
    sums: list[FloatArray] = []
    done = begin
    while done < end:
        numbers = np.arange(number, number + WINDOWS_PER_PART)
        if not plan.is_loop:
            numbers = numbers[numbers < plan.n_windows]
        windows = paint(numbers).astype(np.float32, copy=False)
        grains = np.abs(windows - _trend(windows, axis=1))
        places = [plan.first_frame(each) for each in numbers.tolist()]
        n_more = max(places) + WINDOW_FRAMES - origin - len(total)
        if not sums:
            sums = [np.empty((0, windows.shape[2]), dtype=np.float32) for _ in range(2)]
        total, *sums = (np.concatenate([x, np.zeros((n_more, x.shape[1]), np.float32)]) for x in (total, *sums))
        for first_frame, window, grain in zip(places, windows, grains, strict=True):
            frames = slice(first_frame - origin, first_frame - origin + WINDOW_FRAMES)
            sums[0][frames] += window * hann[:, None]
            sums[1][frames] += grain * hann[:, None]
            total[frames] += hann[:, None]
        number += len(numbers)
        is_last = not plan.is_loop and number >= plan.n_windows
        ready = end if is_last else min(end, plan.first_frame(number))
        if ready > done:
            frames = slice(done - origin, ready - origin)
            yield sums[0][frames] / total[frames], sums[1][frames] / total[frames]
            total, *sums = (x[ready - origin :] for x in (total, *sums))
            origin = done = ready


def _regrained(joined: FloatArray, wanted: FloatArray) -> FloatArray:
    trend = _trend(joined, axis=0)
    grain = joined - trend
    has = uniform_filter1d(np.abs(grain), EVEN_FRAMES, axis=0, mode="reflect")
    should_have = uniform_filter1d(wanted, EVEN_FRAMES, axis=0, mode="reflect")
    regrained: FloatArray = trend + np.clip(should_have / (has + 1e-6), 1.0, MOST_GRAIN) * grain
    return regrained.astype(np.float32, copy=False)


def _trend(mel: FloatArray, *, axis: int) -> FloatArray:
    """What is left of each band's level when a tenth of a second is averaged."""
    trend: FloatArray = uniform_filter1d(mel, TREND_FRAMES, axis=axis, mode="nearest")
    return trend
