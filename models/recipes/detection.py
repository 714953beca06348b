"""How well the sounds of a recording were found, against a truth with known ends."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.audio.segmentation import Segment
from models.recipes.long_mixes import Event

COLLAR_S = 0.5
"""A found sound counts if both its ends lie within this of the true ones; its end also within a fifth of its length."""
OFFSET_SHARE = 0.2
RESOLUTION_S = 1.0
"""Of the segment-based error rate, as in the DCASE challenges."""
GRID_S = 0.05


@dataclass(frozen=True)
class EventScores:
    """How exactly sounds were found; over all recordings together."""

    event_f1: float
    event_precision: float
    event_recall: float
    error_rate: float
    """Substitutions, deletions and insertions per true trigger, over segments of one second; from 0 up."""


@dataclass(frozen=True)
class TimeScores:
    """How much of the time was told right, shares between 0 and 1; over all recordings together."""

    precision: float
    """Of the time in found sounds, how much lies in a true event of the same trigger."""
    recall: float
    """Of the time in true events, how much was found under the same trigger."""
    false_time: float
    """Of the time without any event, how much lies in found sounds."""


@dataclass(frozen=True)
class Judged:
    """One recording: what is in it and what was found."""

    duration_s: float
    events: Sequence[Event]
    found: Sequence[Segment]


def score_events(recordings: Sequence[Judged], triggers: Sequence[str]) -> EventScores:
    """Score how exactly sounds were found.

    Args:
        recordings: At least one.
        triggers: All labels that may occur, background left out.

    Returns:
        Scores by sed_eval (Mesaros et al., Metrics for polyphonic sound event detection, 2016).
    """
    sed_eval, dcase_util = _libraries()
    by_event = sed_eval.sound_event.EventBasedMetrics(
        event_label_list=list(triggers), t_collar=COLLAR_S, percentage_of_length=OFFSET_SHARE
    )
    by_segment = sed_eval.sound_event.SegmentBasedMetrics(event_label_list=list(triggers), time_resolution=RESOLUTION_S)
    for ordinal, judged in enumerate(recordings):
        listed = [
            dcase_util.containers.MetaDataContainer(
                [_row(f"{ordinal}", each.trigger, each.start_s, each.end_s) for each in spans]
            )
            for spans in (judged.events, judged.found)
        ]
        by_event.evaluate(*listed)
        by_segment.evaluate(*listed, evaluated_length_seconds=judged.duration_s)
    events = by_event.results_overall_metrics()["f_measure"]
    return EventScores(
        event_f1=_number(events["f_measure"]),
        event_precision=_number(events["precision"]),
        event_recall=_number(events["recall"]),
        error_rate=_number(by_segment.results_overall_metrics()["error_rate"]["error_rate"]),
    )


def score_time(recordings: Sequence[Judged], triggers: Sequence[str]) -> TimeScores:
    """Score how much of the time was told right.

    Args:
        recordings: At least one.
        triggers: All labels that may occur, background left out.

    Returns:
        Scores.
    """
    hit_s = found_s = true_s = false_s = empty_s = 0.0
    for judged in recordings:
        true, told = _on_grid(judged, triggers)
        hit_s += float(np.sum(true & told)) * GRID_S
        found_s += float(np.sum(told)) * GRID_S
        true_s += float(np.sum(true)) * GRID_S
        is_empty = ~true.any(axis=1)
        empty_s += float(is_empty.sum()) * GRID_S
        false_s += float(told[is_empty].any(axis=1).sum()) * GRID_S
    return TimeScores(hit_s / max(found_s, GRID_S), hit_s / max(true_s, GRID_S), false_s / max(empty_s, GRID_S))


def _on_grid(judged: Judged, triggers: Sequence[str]) -> tuple[Any, Any]:
    """Where which trigger is, true and told. [n_steps, n_triggers] each."""
    n_steps = max(1, round(judged.duration_s / GRID_S))
    grids = []
    for spans in (judged.events, judged.found):
        grid = np.zeros((n_steps, len(triggers)), dtype=np.bool_)
        for each in spans:
            grid[round(each.start_s / GRID_S) : round(each.end_s / GRID_S), triggers.index(each.trigger)] = True
        grids.append(grid)
    return grids[0], grids[1]


def _row(file: str, trigger: str, start_s: float, end_s: float) -> dict[str, Any]:
    return {"filename": file, "event_label": trigger, "event_onset": start_s, "event_offset": end_s}


def _number(value: float) -> float:
    """Nothing found gives NaN in the library; here it is nothing."""
    return 0.0 if np.isnan(value) else float(value)


def _libraries() -> tuple[Any, Any]:
    with warnings.catch_warnings():
        # dcase_util asks setuptools for its own version in a way that setuptools no longer likes.
        warnings.simplefilter("ignore")
        import dcase_util  # noqa: PLC0415 - half a second, and only scoring needs it
        import sed_eval  # noqa: PLC0415 - as above
    return sed_eval, dcase_util
