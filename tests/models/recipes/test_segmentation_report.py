"""Settings are chosen by what they find, under a precision; the whole report runs on two folds."""

import json

import numpy as np
import pytest

from models.inference.classify import Classifier
from models.networks.classifiers import build_classifier
from models.recipes import segmentation_report
from models.recipes.corpus import Corpus
from models.recipes.fold_listening import listen_in_fold
from models.recipes.segmentation_report import CHOICES, LEAST_PRECISION, Worth, choose, evaluate_segmentation


def worths(**given: Worth) -> list[Worth]:
    """All settings worthless but those given by `at{ordinal}`."""
    return [given.get(f"at{ordinal}", Worth(0.0, 1.0)) for ordinal in range(len(CHOICES))]


def test_the_greatest_event_f1_wins_where_enough_is_right() -> None:
    folds = [
        worths(at3=Worth(0.9, LEAST_PRECISION - 0.1), at5=Worth(0.5, LEAST_PRECISION), at6=Worth(0.4, 0.99)),
        worths(at3=Worth(0.9, LEAST_PRECISION), at5=Worth(0.5, LEAST_PRECISION), at6=Worth(0.5, 0.99)),
    ]
    assert choose(folds) == CHOICES[5]


def test_where_no_setting_is_right_often_enough_the_rightest_wins() -> None:
    assert choose([[Worth(1.0, 0.1 + 0.001 * ordinal) for ordinal in range(len(CHOICES))]]) == CHOICES[-1]


@pytest.fixture(scope="module")
def deaf(corpus: Corpus) -> Classifier:
    return Classifier(build_classifier("cnn1d", n_labels=len(corpus.labels)), corpus.labels, "test-1")


@pytest.mark.tf
def test_a_fold_is_heard_whole_and_its_audible_windows_are_told_apart(corpus: Corpus, deaf: Classifier) -> None:
    heard = listen_in_fold(deaf, corpus, 1, n_mixes=1, seed=0)
    windows = corpus.windows.where(corpus.windows.fold == 1)
    np.testing.assert_allclose(heard.told.probabilities, deaf.predict(corpus.mel_of(windows)).probabilities, atol=1e-5)
    np.testing.assert_array_equal(heard.told.label, windows.label)
    assert [each.events[0].trigger for each in heard.recordings] == ["brushing", "nail_tapping"]
    for each in (*heard.mixes, *heard.recordings, *heard.strangers):
        assert len(each.probabilities) == len(each.levels_db)


@pytest.mark.tf
def test_the_report_tells_before_and_after_and_draws_reliability(
    corpus: Corpus, deaf: Classifier, data, cache, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(segmentation_report, "classifiers_by_fold", lambda runs, corpus: {0: deaf, 1: deaf})
    monkeypatch.setattr(segmentation_report, "CHOICES", CHOICES[:2])
    text = evaluate_segmentation(tmp_path, data, tmp_path, cache=cache, n_mixes=1, seed=0, tell=[].append)
    told = json.loads((tmp_path / "segmentation.json").read_text())
    assert [row["name"] for row in told["rows"]] == ["before", "sharp ends, temperature", "chosen on the other folds"]
    assert set(told["chosen"]) == {"0", "1"}
    assert len(told["strangers"]) == 19
    assert "| before |" in text
    assert (tmp_path / "reliability_cross_fitted.png").stat().st_size > 10_000
