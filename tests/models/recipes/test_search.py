"""The search for settings: inner folds only, resumable, the same for one seed."""

import json

import numpy as np
import pytest

from models.errors import NoRecordings, WrongWeights
from models.pretrained import WEIGHTS_DIR_VARIABLE
from models.recipes import search as searching
from models.recipes.search import SPACE, search
from models.recipes.searched import has_search, read_search, searched_contender, shape_of

pytestmark = pytest.mark.tf


def _silent(line: str) -> None:
    """Say nothing."""


@pytest.fixture
def quick_scores(monkeypatch) -> None:
    """Trials that are scored by what they chose, without a training."""

    def score(trial, corpus, **settings) -> float:
        params = searching._suggested(trial)
        return params["dropout"] - abs(np.log10(params["learning_rate"]) + 3.0)

    monkeypatch.setattr(searching, "_score", score)


def _search(corpus, out, n_trials):
    return search(corpus, out, n_trials=n_trials, n_draws=64, tell=_silent)


def test_an_interrupted_search_ends_where_an_uninterrupted_one_does(corpus, tmp_path, quick_scores) -> None:
    whole = _search(corpus, tmp_path / "whole", 14)
    _search(corpus, tmp_path / "parts", 4)
    parts = _search(corpus, tmp_path / "parts", 14)
    assert [trial["params"] for trial in parts.trials] == [trial["params"] for trial in whole.trials]
    assert parts.n_trials == 14
    assert (tmp_path / "parts" / "search.md").read_text().startswith("# Search")


def test_what_decides_the_score_is_found_important(corpus, tmp_path, quick_scores) -> None:
    found = _search(corpus, tmp_path, 24)
    assert next(iter(found.importance)) in ("learning_rate", "dropout")
    assert found.best_score == max(trial["score"] for trial in found.trials)


def test_the_test_fold_is_neither_learnt_from_nor_scored(corpus, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(SPACE, "n_filters", [8, 16])
    opened: set[int] = set()
    train, hear = searching.train_recorded, searching.hear

    def watched_train(recipe, corpus, windows, **settings):
        opened.update(windows.fold.tolist())
        return train(recipe, corpus, windows, **settings)

    def watched_hear(network, corpus, rows):
        opened.update(corpus.windows.fold[rows].tolist())
        return hear(network, corpus, rows)

    monkeypatch.setattr(searching, "train_recorded", watched_train)
    monkeypatch.setattr(searching, "hear", watched_hear)
    search(corpus, tmp_path, n_trials=1, test_fold=3, n_draws=64, tell=_silent)
    assert opened == {0, 1, 2, 4}


def test_the_search_beside_the_weights_names_the_network_to_train(corpus, tmp_path, monkeypatch, quick_scores) -> None:
    monkeypatch.setenv(WEIGHTS_DIR_VARIABLE, str(tmp_path))
    assert not has_search()
    with pytest.raises(NoRecordings, match="deepasmr search"):
        read_search()
    found = _search(corpus, tmp_path, 2)
    assert read_search() == found
    who = searched_contender()
    assert who.recipe.optimizer == found.best_params["optimizer"]
    assert who.shape == shape_of(found.best_params)
    assert len(who.shape.filters) == 4
    (tmp_path / "search.json").write_text(json.dumps({"colour": 1}))
    with pytest.raises(WrongWeights, match="colour"):
        read_search()
