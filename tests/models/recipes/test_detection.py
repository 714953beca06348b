"""Scores of found sounds: what is right, what is missed, what is too much, by hand."""

import pytest

from models.audio.segmentation import Segment
from models.recipes.detection import Judged, score_events, score_time
from models.recipes.long_mixes import Event

TRIGGERS = ("rain", "writing")
TRUE = (Event(2.0, 6.0, "rain"), Event(10.0, 15.0, "writing"))


def found(*spans: tuple[float, float, str]) -> Judged:
    return Judged(20.0, TRUE, [Segment(start_s, end_s, trigger, 0.9, 0, 1) for start_s, end_s, trigger in spans])


def test_all_found_exactly_is_all_right() -> None:
    judged = [found((2.0, 6.0, "rain"), (10.0, 15.0, "writing"))]
    events, times = score_events(judged, TRIGGERS), score_time(judged, TRIGGERS)
    assert (events.event_f1, events.error_rate) == (1.0, 0.0)
    assert (times.precision, times.recall, times.false_time) == (1.0, 1.0, 0.0)


def test_a_start_within_the_collar_counts_and_one_beyond_does_not() -> None:
    assert score_events([found((2.4, 6.0, "rain"))], TRIGGERS).event_precision == 1.0
    assert score_events([found((2.6, 6.0, "rain"))], TRIGGERS).event_precision == 0.0


def test_half_of_the_events_found_is_a_recall_of_one_half() -> None:
    events = score_events([found((2.0, 6.0, "rain"))], TRIGGERS)
    assert (events.event_precision, events.event_recall) == (1.0, 0.5)
    assert events.event_f1 == pytest.approx(2 / 3)
    assert events.error_rate == pytest.approx(5 / 9)  # five of nine true seconds are missing


def test_another_trigger_at_the_right_time_is_wrong_but_not_in_empty_time() -> None:
    times = score_time([found((2.0, 6.0, "writing"))], TRIGGERS)
    assert (times.precision, times.recall, times.false_time) == (0.0, 0.0, 0.0)


def test_time_is_shared_out_over_all_recordings() -> None:
    times = score_time([found((2.0, 8.0, "rain")), found()], TRIGGERS)
    assert times.precision == pytest.approx(4 / 6)
    assert times.recall == pytest.approx(4 / 18)
    assert times.false_time == pytest.approx(2 / 22)


def test_nothing_found_is_worth_nothing_and_is_no_error() -> None:
    events, times = score_events([found()], TRIGGERS), score_time([found()], TRIGGERS)
    assert (events.event_f1, events.event_precision, times.precision) == (0.0, 0.0, 0.0)
    assert events.error_rate == 1.0
