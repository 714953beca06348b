"""From window probabilities to sounds: stretches of a recording whose windows agree on a trigger."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.boundaries import REACH_S, SILENCE_UNDER_LOUD_DB, STEP_S, Outline, audible_s, nearest_change
from models.audio.windows import WINDOW_HOP_S, WINDOW_S
from models.errors import BadSetting

SWITCH_PROBABILITY = 0.02
"""How likely a recording turns to another trigger from one window to the next: once in about 25 seconds."""

SILENCE_FLOOR_DB = -75.0
"""A window quieter than this (dB re full scale) is silence in any recording."""

BRIDGED_WINDOWS = 2
"""Silence of so many windows between two stretches of one trigger belongs to it: the pause between two taps."""

AGREEMENT = 1.1
"""Windows that overlap by half hear partly other sound: where they agree, they are surer than each alone."""

BACKGROUND = "background_other"
"""The label that is no sound."""

_LEAST_PROBABILITY = 1e-6
_EDGE_S = (WINDOW_S - WINDOW_HOP_S) / 2.0

SLACK_S = 0.75 + WINDOW_HOP_S + 2.0 * REACH_S
"""What the first and the last part of a long sound may have beyond their windows' shares."""


@dataclass(frozen=True)
class Caution:
    """How much must speak for a sound."""

    background_advantage: float
    """What background is believed more than its probability says (nats): most of what the world sounds like is no
    trigger, while most of what a classifier learnt from is."""
    min_confidence: float
    """Mean probability below which a stretch is not called a sound, 0 to 1."""


ALONE = Caution(background_advantage=2.0, min_confidence=0.5)
"""For `cnn1d_tuned` by itself.

This and the switch probability give, by `deepasmr evaluate segmentation` (five folds of recordings that it had not
heard, two and a half minute mixes), the greatest event F1 among the settings under which 80 % of the time in sounds is
right. Chosen on four folds and measured on the fifth, 80 % of that time was right, 44 % of all trigger time was found,
and event F1 was 0.43; without an advantage for background 75 %, 57 % and 0.48, and made sounds that are no trigger were
called one for a fifth of their time, not a sixteenth."""

WITH_SECOND_OPINION = Caution(background_advantage=1.0, min_confidence=0.5)
"""Chosen and measured in the same way where a tagger is asked too: 83 % right, 61 % found, event F1 0.56."""


@dataclass(frozen=True)
class Segment:
    """One sound found in a recording; windows first_window to last_window, both inside, made it.

    Overlapping windows share out the time between them: each owns the half second around its middle, the first and the
    last of a recording also its edge. Segments therefore never overlap.
    """

    start_s: float
    end_s: float
    trigger: str
    confidence: float
    first_window: int
    last_window: int


def smooth(probabilities: FloatArray) -> FloatArray:
    """Weigh each window's probabilities with its neighbours' (1 : 2 : 1), because windows overlap by half.

    The weighted geometric mean, a little sharpened: of windows that the classifier had not heard it tells 76.0 %
    rightly, the arithmetic mean 75.8, a single window 74.0; expected calibration errors are 2.2, 4.1 and 2.2 %.

    Args:
        probabilities: Rows add up to one. [n_windows, n_labels], at least one window

    Returns:
        Probabilities; rows still add up to one. [n_windows, n_labels]
    """
    evidence = np.log(np.maximum(probabilities.astype(np.float64), _LEAST_PROBABILITY))
    padded = np.pad(evidence, ((1, 1), (0, 0)), mode="edge")
    agreed = AGREEMENT * (0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:])
    likelihood = np.exp(agreed - agreed.max(axis=1, keepdims=True))
    smoothed: FloatArray = (likelihood / likelihood.sum(axis=1, keepdims=True)).astype(np.float32)
    return smoothed


def segment(
    probabilities: FloatArray,
    labels: Sequence[str],
    *,
    levels_db: FloatArray | None = None,
    caution: Caution = ALONE,
    min_s: float = 1.0,
    max_s: float = 60.0,
    background: str = BACKGROUND,
    switch_probability: float = SWITCH_PROBABILITY,
    duration_s: float | None = None,
    outline: Outline | None = None,
) -> list[Segment]:
    """Find the sounds of a recording.

    The most likely sequence of labels (Viterbi, with a price on every change) is cut where it changes, where it is
    background and where the recording falls silent; what is left is one sound each, split evenly if it is long. Its
    ends are moved to the greatest change nearby, and past the silence that the recording begins or ends with.

    Args:
        probabilities: Of each window, every half second. [n_windows, n_labels]
        labels: Names of the columns.
        levels_db: RMS level of each window, dB re full scale; without it nothing counts as silence. [n_windows]
        caution: How much must speak for a sound.
        min_s: Sounds shorter than this are left out (s), but for that of a recording that is itself no longer.
        max_s: Longer stretches are split into equal parts no longer than this (s).
        background: The label that is no sound.
        switch_probability: How likely a recording turns to another label from one window to the next, between 0 and 1.
        duration_s: Length of the recording (s), so that the last sound ends with it.
        outline: Of the recording; without it sounds begin and end on quarters of a second. [n_steps, 16]

    Returns:
        Sounds in order of time.

    Raises:
        BadSetting: if the shapes do not fit, or max_s is under one second.
    """
    n_windows = len(probabilities)
    if probabilities.ndim != 2 or probabilities.shape[1] != len(labels):
        raise BadSetting(f"Probabilities of shape {probabilities.shape} do not fit {len(labels)} labels.")
    if max_s < WINDOW_S:
        raise BadSetting(f"Sounds of at most {max_s} s are shorter than a window of {WINDOW_S} s.", max_s=max_s)
    if n_windows == 0:
        return []
    is_audible = np.ones(n_windows, dtype=bool) if levels_db is None else audible(levels_db)
    advantage = np.array([caution.background_advantage if label == background else 0.0 for label in labels])
    path = _likeliest_path(probabilities, is_audible, advantage, switch_probability)
    runs = _runs(path, is_audible)
    spans_s = [_owned_s(first, last, n_windows, duration_s) for _, first, last in runs]
    if outline is not None:
        spans_s = _within(audible_s(outline), _sharpened(spans_s, outline), min_s)
    if duration_s is not None:
        min_s = min(min_s, duration_s)
    found: list[Segment] = []
    for (label, first, last), span_s in zip(runs, spans_s, strict=True):
        if labels[label] == background or span_s[1] - span_s[0] < min_s:
            continue
        for part_first, part_last, (start_s, end_s) in _parts(first, last, span_s, max_s):
            heard = is_audible[part_first : part_last + 1]
            if not heard.any():
                continue
            confidence = float(probabilities[part_first : part_last + 1, label][heard].mean())
            if confidence >= caution.min_confidence:
                span = round(start_s, 3), round(end_s, 3)
                found.append(Segment(*span, labels[label], round(confidence, 4), part_first, part_last))
    return found


def audible(levels_db: FloatArray) -> npt.NDArray[np.bool_]:
    """Tell which windows hold more than the recording's own silence.

    Args:
        levels_db: RMS level of each window, dB re full scale. [n_windows]

    Returns:
        True where there is something to hear. [n_windows]
    """
    if len(levels_db) == 0:
        return np.zeros(0, dtype=bool)
    loud_db = float(np.percentile(levels_db, 95.0))
    is_audible: npt.NDArray[np.bool_] = levels_db > max(SILENCE_FLOOR_DB, loud_db - SILENCE_UNDER_LOUD_DB)
    return is_audible


def silenced(probabilities: FloatArray, is_audible: npt.NDArray[np.bool_], labels: Sequence[str]) -> FloatArray:
    """Take silent windows for background, whatever a classifier makes of them.

    Args:
        probabilities: Of each window. [n_windows, n_labels]
        is_audible: As `audible` tells. [n_windows]
        labels: Names of the columns.

    Returns:
        Probabilities; nothing is changed where background is no label. [n_windows, n_labels]
    """
    if BACKGROUND not in labels:
        return probabilities
    nothing = np.array([label == BACKGROUND for label in labels], dtype=np.float32)
    return np.where(is_audible[:, None], probabilities, nothing)


def _likeliest_path(
    probabilities: FloatArray,
    is_audible: npt.NDArray[np.bool_],
    advantage: npt.NDArray[np.float64],
    switch_probability: float,
) -> list[int]:
    """Viterbi over the labels; silent windows carry no evidence. One label's number for each window."""
    n_windows, n_labels = probabilities.shape
    evidence = np.log(np.maximum(probabilities.astype(np.float64), _LEAST_PROBABILITY)) + advantage
    evidence[~is_audible] = 0.0
    change_price = math.log(switch_probability / max(1, n_labels - 1)) - math.log(1.0 - switch_probability)
    came_from = np.empty((n_windows, n_labels), dtype=np.int32)
    score = evidence[0]
    here = np.arange(n_labels)
    for window in range(1, n_windows):
        best = int(np.argmax(score))
        is_changing = score[best] + change_price > score
        came_from[window] = np.where(is_changing, best, here)
        score = np.where(is_changing, score[best] + change_price, score) + evidence[window]
    path = [int(np.argmax(score))]
    for window in range(n_windows - 1, 0, -1):
        path.append(int(came_from[window, path[-1]]))
    return path[::-1]


def _runs(path: list[int], is_audible: npt.NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Stretches (label, first window, last window) of audible windows, short silences bridged."""
    runs: list[tuple[int, int, int]] = []
    for window, label in enumerate(path):
        if not is_audible[window]:
            continue
        if runs and runs[-1][0] == label and window - runs[-1][2] - 1 <= BRIDGED_WINDOWS:
            runs[-1] = (label, runs[-1][1], window)
        else:
            runs.append((label, window, window))
    return runs


def _sharpened(spans_s: list[tuple[float, float]], outline: Outline) -> list[tuple[float, float]]:
    """Move the ends of consecutive spans to the greatest change nearby; spans that meet go on meeting."""
    ends_s = [edge_s for span_s in spans_s for edge_s in span_s]
    for number in range(len(ends_s)):
        is_meeting = number % 2 == 0 and number > 0 and spans_s[number // 2][0] == spans_s[number // 2 - 1][1]
        is_recordings_own = ends_s[number] == 0.0 or ends_s[number] >= (len(outline) - 1) * STEP_S
        if not is_recordings_own:
            ends_s[number] = ends_s[number - 1] if is_meeting else nearest_change(outline, ends_s[number])
    # Two boundaries half a second apart may have found one change, or passed each other.
    ordered = np.maximum.accumulate(ends_s).tolist() if ends_s else []
    return list(zip(ordered[::2], ordered[1::2], strict=True))


def _within(
    audible: tuple[float, float], spans_s: list[tuple[float, float]], min_s: float
) -> list[tuple[float, float]]:
    """Leave out of the spans what lies before and behind all that can be heard (s), but for min_s of each."""
    first_s, last_s = audible
    cut = []
    for start_s, end_s in spans_s:
        later_s = max(start_s, min(first_s, end_s - min_s))
        cut.append((later_s, min(end_s, max(last_s, later_s + min_s))))
    return cut


def _parts(
    first: int, last: int, span_s: tuple[float, float], max_s: float
) -> list[tuple[int, int, tuple[float, float]]]:
    """Equal shares of the windows first to last, none longer than max_s: first and last window and span (s) of each."""
    start_s, end_s = span_s
    if end_s - start_s <= max_s:
        return [(first, last, span_s)]
    # A little under max_s, because shares are whole windows and the recording's edges belong to the outer two.
    n_parts = math.ceil((last - first + 1) * WINDOW_HOP_S / max(max_s - SLACK_S, WINDOW_HOP_S))
    n_parts = min(n_parts, last - first + 1)
    firsts = [first + (last - first + 1) * part // n_parts for part in range(n_parts)]
    inner_s = [number * WINDOW_HOP_S + _EDGE_S for number in firsts[1:]]
    lasts = [*(number - 1 for number in firsts[1:]), last]
    return list(zip(firsts, lasts, pairwise([start_s, *inner_s, end_s]), strict=True))


def _owned_s(first: int, last: int, n_windows: int, duration_s: float | None) -> tuple[float, float]:
    """Time (s) that belongs to the windows first to last."""
    start_s = 0.0 if first == 0 else first * WINDOW_HOP_S + _EDGE_S
    if last < n_windows - 1:
        return start_s, last * WINDOW_HOP_S + WINDOW_S - _EDGE_S
    end_s = last * WINDOW_HOP_S + WINDOW_S
    return start_s, end_s if duration_s is None else max(start_s, min(duration_s, end_s + WINDOW_HOP_S))
