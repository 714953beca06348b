import itertools

import numpy as np
import pytest

from backend.tables import Stretch
from models.audio import FloatArray
from models.audio.segmentation import Segment
from worker import timeline

LABELS = ("background_other", "rain", "water")


def heard(*ordinals: int) -> FloatArray:
    return np.eye(len(LABELS), dtype=np.float32)[list(ordinals)]


def has_no_gaps(stretches: list[Stretch]) -> bool:
    return all(before["end_s"] == after["start_s"] for before, after in itertools.pairwise(stretches))


def test_a_rough_timeline_has_a_stretch_for_each_run_of_one_label() -> None:
    stretches = timeline.rough(heard(1, 1, 1, 1, 2, 2, 2, 2), LABELS)
    assert [stretch["trigger"] for stretch in stretches] == ["rain", "water"]
    assert stretches[0]["start_s"] == 0.0
    assert stretches[-1]["end_s"] == 0.5 * 7 + 1.0
    assert has_no_gaps(stretches)


def test_nothing_heard_is_an_empty_timeline() -> None:
    assert timeline.rough(heard(), LABELS) == []


def test_an_exact_timeline_fills_what_is_between_sounds_with_background() -> None:
    segments = [Segment(1.0, 3.0, "rain", 0.8, 2, 4), Segment(5.0, 6.0, "water", 0.7, 10, 11)]
    stretches = timeline.exact(segments, heard(0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 0), LABELS, 7.0)
    assert [stretch["trigger"] for stretch in stretches] == [
        "background_other",
        "rain",
        "background_other",
        "water",
        "background_other",
    ]
    assert has_no_gaps(stretches)
    assert stretches[-1]["end_s"] == 7.0
    assert stretches[2]["confidence"] == pytest.approx(1.0)


def test_a_recording_without_sounds_is_background_from_end_to_end() -> None:
    (stretch,) = timeline.exact([], heard(0, 0, 0), LABELS, 2.0)
    assert (stretch["start_s"], stretch["end_s"], stretch["trigger"]) == (0.0, 2.0, "background_other")


def test_a_recording_in_which_nothing_was_clear_keeps_what_it_was_taken_for() -> None:
    unsure = np.array([[0.2, 0.5, 0.3]] * 4 + [[0.2, 0.3, 0.5]] * 4, dtype=np.float32)
    stretches = timeline.exact([], unsure, LABELS, 5.2)
    assert [(stretch["trigger"], stretch["confidence"]) for stretch in stretches] == [
        ("rain", pytest.approx(0.487, abs=0.02)),
        ("water", pytest.approx(0.487, abs=0.02)),
    ]
    assert stretches[-1]["end_s"] == 5.2
    assert has_no_gaps(stretches)


def test_silence_is_taken_for_nothing() -> None:
    levels_db = np.full(6, -100.0, dtype=np.float32)
    (stretch,) = timeline.exact([], heard(1, 1, 1, 2, 2, 2), LABELS, 3.5, levels_db=levels_db)
    assert stretch["trigger"] == "background_other"
