"""Counting hits."""

import numpy as np
import pytest

from models.recipes.scores import THESIS_LABELS, confusion, label_scores, of_labels, reliability, scores_of

PROBABILITIES = np.array([[0.9, 0.1, 0], [0.8, 0.2, 0], [0.6, 0.4, 0], [0.1, 0.9, 0]], dtype=np.float32)
LABEL = np.array([0, 0, 1, 1])


def test_scores_of_a_hand_made_case() -> None:
    scores = scores_of(PROBABILITIES, LABEL, np.array([5, 5, 7, 7]))
    assert scores.window_accuracy == pytest.approx(0.75)
    assert scores.balanced_accuracy == pytest.approx(0.75)
    assert scores.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert scores.recording_accuracy == pytest.approx(1.0)


def test_a_label_is_scored_by_itself_and_one_without_windows_not_at_all() -> None:
    counts = confusion(PROBABILITIES, LABEL)
    assert counts.tolist() == [[2, 0, 0], [1, 1, 0], [0, 0, 0]]
    scores = label_scores(counts, ("rain", "slime", "water"))
    assert list(scores) == ["rain", "slime"]
    assert scores["rain"].precision == pytest.approx(2 / 3, abs=1e-4)
    assert scores["rain"].recall == 1.0
    assert scores["slime"].f1 == pytest.approx(2 / 3, abs=1e-4)
    assert scores["slime"].n_windows == 2


def test_a_label_never_told_has_no_precision() -> None:
    scores = label_scores(np.array([[0, 3], [0, 2]]), ("rain", "slime"))
    assert scores["rain"].precision == 0.0
    assert scores["slime"].precision == 0.4


def test_windows_of_the_thesis_are_found_among_other_labels() -> None:
    labels = ("brushing", "rain", "slime")
    assert of_labels(np.array([0, 1, 2, 1]), labels, THESIS_LABELS).tolist() == [True, False, True, False]
    assert not of_labels(np.array([0, 0]), ("rain",), THESIS_LABELS).any()


def test_a_classifier_as_sure_as_it_is_right_has_no_calibration_error() -> None:
    sure = np.tile(np.array([[0.75, 0.25]], dtype=np.float32), (4, 1))
    assert reliability(sure, np.array([0, 0, 0, 1])).expected_error == pytest.approx(0.0, abs=1e-6)
    assert reliability(sure, np.array([1, 1, 1, 1])).expected_error == pytest.approx(0.75, abs=1e-6)


def test_one_who_is_certain_falls_into_the_last_bin() -> None:
    curve = reliability(np.array([[1.0, 0.0]], dtype=np.float32), np.array([0]), n_bins=5)
    assert curve.n_windows == [0, 0, 0, 0, 1]
    assert curve.accuracy[-1] == 1.0
