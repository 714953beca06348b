"""Answers that an evaluation keeps: they count for the data, folds and recipe that they are of, and for no other."""

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from models.recipes.corpus import Corpus, open_corpus
from models.recipes.folds import Places, Result, contender, finished, results
from models.recipes.frozen_tagger import tagger_results
from models.recipes.heard import HEARD, load_heard
from models.recipes.protocols import Protocol, Split, splits
from models.recipes.recordings import read_recordings

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("small_recipes")]


def _silent(line: str) -> None:
    """Say nothing."""


@pytest.fixture
def dealt(data, cache, tmp_path) -> tuple[Path, Corpus]:
    """The same recordings with other folds: what was in fold 0 is in fold 1, and the other way round."""
    folder, swapped = tmp_path / "dealt", {0: 1, 1: 0}
    folder.mkdir()
    with (folder / "recordings.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "source_id", "seconds", "fold"])
        for each in read_recordings(data):
            if each.fold is not None:
                fold = swapped.get(each.fold, each.fold)
                rows.writerow([each.path.absolute(), each.label, each.source_id, each.seconds, fold])
    return folder, open_corpus(folder, cache, tell=_silent)


def _fold_0(corpus: Corpus, places: Places, told: list[str]) -> Result:
    partings = splits(corpus, Protocol.SOURCE_DISJOINT, [0])[:1]
    return results(contender("cnn1d", Protocol.SOURCE_DISJOINT), corpus, partings, places, tell=told.append)[0]


def test_answers_about_other_folds_do_not_count_and_are_learnt_anew(corpus, places, dealt) -> None:
    folder, other = dealt
    who, split = contender("cnn1d", Protocol.SOURCE_DISJOINT), Split.by_fold(other, 0, 0)
    elsewhere = dataclasses.replace(places, data=folder)
    first = _fold_0(corpus, places, [])
    assert finished(who, corpus, Split.by_fold(corpus, 0, 0), places)
    assert not finished(who, other, split, elsewhere)
    told: list[str] = []
    second = _fold_0(other, elsewhere, told)
    assert "is trained anew" in told[0]
    assert second.heard.rows.tolist() == split.scored.tolist() != first.heard.rows.tolist()
    assert finished(who, other, split, elsewhere)
    card = json.loads((places.folds / split.run_name("cnn1d") / "card.json").read_text())
    assert (card["data_fingerprint"], len(card["history"])) == (other.fingerprint, 1)


def test_a_checkpoint_of_other_folds_is_not_gone_on_from(corpus, places, dealt) -> None:
    who = contender("cnn1d", Protocol.SOURCE_DISJOINT)
    who = dataclasses.replace(who, recipe=dataclasses.replace(who.recipe, n_epochs=2))

    def told_until_the_second_epoch(corpus: Corpus) -> list[str]:
        told: list[str] = []

        def tell(line: str) -> None:
            told.append(line)
            if line.startswith("epoch 2"):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            results(who, corpus, [Split.by_fold(corpus, 0, 0)], places, tell=tell)
        return told

    told_until_the_second_epoch(corpus)
    assert "Going on after epoch 1" in told_until_the_second_epoch(corpus)
    told = told_until_the_second_epoch(dealt[1])
    assert "is trained anew" in told[0]
    assert any(line.startswith("epoch 1 ") for line in told)


def test_a_run_by_another_recipe_does_not_count_and_one_that_does_not_say_what_is_off_does(corpus, places) -> None:
    _fold_0(corpus, places, [])
    who, split = contender("cnn1d", Protocol.SOURCE_DISJOINT), Split.by_fold(corpus, 0, 0)
    path = places.folds / split.run_name("cnn1d") / "card.json"
    card = json.loads(path.read_text())

    def counts_with(recipe: dict[str, object]) -> bool:
        path.write_text(json.dumps({**card, "recipe": recipe}))
        return finished(who, corpus, split, places)

    recipe = card["recipe"]
    assert counts_with({name: value for name, value in recipe.items() if name != "averaging"})
    assert not counts_with({**recipe, "batch_size": 9})
    assert not counts_with({**recipe, "colour_db": 3.0})
    assert not counts_with({name: value for name, value in recipe.items() if name != "n_epochs"})


def test_the_frozen_tagger_s_answers_count_for_the_data_that_they_are_about(corpus, dealt, tmp_path) -> None:
    _, other = dealt

    def told_of(corpus: Corpus) -> list[str]:
        told: list[str] = []
        overheard = np.eye(2, dtype=np.float16)[np.maximum(0, corpus.windows.label)]
        (found,) = tagger_results(corpus, overheard, [Split.by_fold(corpus, 0, 0)], tmp_path, tell=told.append)
        assert found.heard.rows.tolist() == found.split.scored.tolist()
        return told

    relabelled = dataclasses.replace(corpus, fingerprint="0123456789abcdef")
    assert [len(told_of(each)) for each in (corpus, corpus, other, other, corpus, relabelled)] == [1, 0, 1, 0, 1, 1]


def test_the_frozen_tagger_s_answers_of_before_the_fingerprint_was_kept_are_known_by_their_windows(
    corpus, dealt, tmp_path
) -> None:
    split = Split.by_fold(corpus, 0, 0)
    told = np.eye(2, dtype=np.float32)[corpus.windows.label[split.scored]]
    np.savez(tmp_path / HEARD, rows=split.scored, probabilities=told, embeddings=told[:, :0])
    assert load_heard(tmp_path, corpus, split.scored) is not None
    assert load_heard(tmp_path, dealt[1], Split.by_fold(dealt[1], 0, 0).scored) is None
