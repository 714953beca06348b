"""A recording's timeline: what each part of it sounds like, roughly while it is heard and exactly in the end."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from backend.tables import Stretch
from models.audio import FloatArray
from models.audio.segmentation import BACKGROUND, Segment, audible, silenced, smooth
from models.audio.windows import WINDOW_HOP_S, WINDOW_S

_EDGE_S = (WINDOW_S - WINDOW_HOP_S) / 2


def rough(probabilities: FloatArray, labels: Sequence[str]) -> list[Stretch]:
    """Draw what was heard so far: neighbouring windows of one likeliest label make a stretch.

    Args:
        probabilities: Of each window, every half second. [n_windows, n_labels]
        labels: Names of the columns.

    Returns:
        Stretches without gaps from 0 s to the end of the last window.
    """
    if len(probabilities) == 0:
        return []
    smoothed = smooth(probabilities)
    likeliest = smoothed.argmax(axis=1)
    changes = np.flatnonzero(np.diff(likeliest)) + 1
    edges = [0, *changes.tolist(), len(likeliest)]
    return [
        Stretch(
            start_s=0.0 if first == 0 else _EDGE_S + first * WINDOW_HOP_S,
            end_s=_EDGE_S + last * WINDOW_HOP_S + (_EDGE_S if last == len(likeliest) else 0.0),
            trigger=labels[likeliest[first]],
            confidence=round(float(smoothed[first:last, likeliest[first]].mean()), 3),
        )
        for first, last in pairwise(edges)
    ]


def exact(
    segments: Sequence[Segment],
    probabilities: FloatArray,
    labels: Sequence[str],
    duration_s: float,
    *,
    levels_db: FloatArray | None = None,
) -> list[Stretch]:
    """Draw the sounds that were found, and background between them.

    Where nothing was found the likeliest labels stay, so that a reader learns what the recording was taken for.

    Args:
        segments: In order of time.
        probabilities: Of each window. [n_windows, n_labels]
        labels: Names of the columns.
        duration_s: Length of the recording (s).
        levels_db: RMS level of each window, dB re full scale, so that silence is taken for nothing. [n_windows]

    Returns:
        Stretches without gaps from 0 s to duration_s.
    """
    if not segments:
        heard = probabilities
        if levels_db is not None:
            heard = silenced(probabilities, audible(levels_db), labels)
        return _until(duration_s, rough(heard, labels))
    stretches: list[Stretch] = []
    for segment in segments:
        _fill(stretches, segment.start_s, probabilities, labels)
        stretches.append(
            Stretch(
                start_s=segment.start_s,
                end_s=segment.end_s,
                trigger=segment.trigger,
                confidence=round(segment.confidence, 3),
            )
        )
    _fill(stretches, duration_s, probabilities, labels)
    return stretches


def _until(duration_s: float, stretches: list[Stretch]) -> list[Stretch]:
    """Let the last stretch end with the recording, not with the last whole window."""
    if stretches:
        stretches[-1]["end_s"] = max(duration_s, stretches[-1]["start_s"])
    return stretches


def _fill(stretches: list[Stretch], until_s: float, probabilities: FloatArray, labels: Sequence[str]) -> None:
    """Add background from the end of the last stretch, if there is a gap."""
    from_s = stretches[-1]["end_s"] if stretches else 0.0
    if until_s - from_s < 1e-3:
        return
    windows = probabilities[
        int(from_s / WINDOW_HOP_S) : max(int(until_s / WINDOW_HOP_S), int(from_s / WINDOW_HOP_S) + 1)
    ]
    confidence = float(windows[:, labels.index(BACKGROUND)].mean()) if len(windows) else 0.0
    stretches.append(Stretch(start_s=from_s, end_s=until_s, trigger=BACKGROUND, confidence=round(confidence, 3)))
