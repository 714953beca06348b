"""The second opinion's training: no leak, weights where knowledge is, and a run that can be promoted and asked."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from models.audio.mel import MEL
from models.errors import BadSetting, NoRecordings
from models.inference.second_opinion import load_second_opinion
from models.inference.tagger import TAGGER_VARIABLE
from models.networks.catalogue import build
from models.networks.fusion import build_fusion
from models.pretrained import WEIGHTS_DIR_VARIABLE
from models.recipes import second_opinions
from models.recipes.fold_opinions import with_second_opinions
from models.recipes.fold_runs import classifiers_by_fold
from models.recipes.folds import Result, given_results
from models.recipes.fusion import (
    chosen_weights,
    classifier_opinion,
    fused_probabilities,
    set_weights_of_opinions,
    tagger_opinions,
)
from models.recipes.heard import Heard
from models.recipes.opinions import ROW, Told, cross_fitted
from models.recipes.promotion import promote
from models.recipes.protocols import Split
from models.recipes.recipe import FusionRecipe, read_recipe
from models.recipes.runs import record_run
from models.recipes.second_opinions import fusion_results, train_second_opinion
from models.recipes.variety import VarietySettings
from tests.models.tagger import write_tagger

pytestmark = pytest.mark.tf
N_LABELS = 3


def _logs(rng, label, knowledge: float) -> np.ndarray:
    """Logarithms of probabilities that lean to the truth by so many nats. [n, N_LABELS]."""
    logits = rng.normal(0.0, 1.0, (len(label), N_LABELS)) + knowledge * np.eye(N_LABELS)[label]
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


def _told(fold: int, seed: int = 0, n: int = 400) -> Told:
    rng = np.random.default_rng([fold, seed])
    label = rng.integers(0, N_LABELS, n).astype(np.int32)
    opinions = np.stack([_logs(rng, label, knowledge) for knowledge in (2.0, 2.0, 0.0)], axis=1)
    rows = np.arange(n)
    split = Split.__new__(Split)
    for name, value in {"seed": seed, "fold": fold, "scored": rows}.items():
        object.__setattr__(split, name, value)
    heard = Heard(rows, np.exp(opinions[:, 0]), np.zeros((n, 2), dtype=np.float32))
    return Told(Result(split, heard), opinions, label)


def test_weight_goes_where_knowledge_is_and_two_opinions_beat_one() -> None:
    told = [_told(fold) for fold in range(3)]
    weights = chosen_weights(
        np.concatenate([each.opinions for each in told]), np.concatenate([each.label for each in told])
    )
    assert weights[2] < 0.15 < 0.5 < min(weights[:2])

    def hits(chosen) -> float:
        results = cross_fitted(told, chosen)
        return float(
            np.mean([np.mean(r.heard.probabilities.argmax(1) == t.label) for r, t in zip(results, told, strict=True)])
        )

    assert hits((0, 1)) > hits((0,)) + 0.02


def test_a_fold_is_fused_with_weights_that_never_saw_its_labels() -> None:
    told = [_told(fold) for fold in range(3)]
    lying = dataclasses.replace(told[0], label=(told[0].label + 1) % N_LABELS)
    honest, misled = cross_fitted(told)[0], cross_fitted([lying, *told[1:]])[0]
    np.testing.assert_array_equal(honest.heard.probabilities, misled.heard.probabilities)
    other = cross_fitted([lying, *told[1:]])[1]
    assert np.abs(other.heard.probabilities - cross_fitted(told)[1].heard.probabilities).max() > 0.01


def test_weights_are_chosen_within_a_seed_and_a_single_fold_is_refused() -> None:
    with pytest.raises(NoRecordings, match="two folds"):
        cross_fitted([_told(0, seed=0), _told(1, seed=1)])


def test_the_graph_weighs_as_the_recipe_does() -> None:
    fusion = build_fusion(n_labels=N_LABELS)
    weights = np.array([0.6, 0.4, 0.3])
    set_weights_of_opinions(fusion, weights)
    rng = np.random.default_rng(0)
    probabilities = np.exp(_logs(rng, rng.integers(0, N_LABELS, 5), 1.0))
    embeddings = rng.random((5, 1024)).astype(np.float16)
    opinions = np.concatenate([classifier_opinion(probabilities), tagger_opinions(fusion, embeddings)], axis=1)
    logits = np.asarray(fusion({"logits": np.log(probabilities), "tagger": embeddings.astype(np.float32)}))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, fused_probabilities(opinions, weights), atol=1e-5)


@pytest.mark.slow
def test_a_run_is_measured_kept_promoted_and_asked(tmp_path, monkeypatch, data, corpus) -> None:
    shutil.copytree(data, tmp_path / "data")
    tagger = write_tagger(tmp_path / "data" / "teacher" / "yamnet.tflite")
    for fold in (0, 1):
        record_run(
            tmp_path / "runs" / f"fold{fold}",
            build("cnn1d_tuned", n_labels=len(corpus.labels)),
            recipe=read_recipe("cnn1d_tuned"),
            corpus=corpus,
            seed=0,
            held_out_fold=fold,
            has_teacher=False,
            scores={},
        )

    def small(name: str):
        recipe = read_recipe(name)
        if isinstance(recipe, FusionRecipe):
            return dataclasses.replace(recipe, n_epochs=1, batch_size=32)
        return dataclasses.replace(recipe, variety=VarietySettings(n_windows=40, seed=3))

    monkeypatch.setattr(second_opinions, "read_recipe", small)
    out, lines = tmp_path / "fusion", []
    card = train_second_opinion(tmp_path / "data", tmp_path / "runs", out, tell=lines.append)
    rows = json.loads((out / "fusion.json").read_text())
    assert rows[ROW]["n_runs"] == 2
    assert 0.0 <= card.scores["window_accuracy"] <= 1.0
    assert ROW in (out / "fusion.md").read_text()
    assert sum("held out" in line for line in lines) == 2

    lines.clear()
    results = given_results(tmp_path / "runs", corpus)["cnn1d_tuned"]
    fused = fusion_results(corpus, tmp_path / "data", tmp_path / "cache", results, tell=lines.append)
    assert [len(each.heard.rows) for each in fused] == [len(each.heard.rows) for each in results]
    assert not any("held out" in line for line in lines), "what heads told of a fold is kept"

    runs = tmp_path / "runs"
    asking = with_second_opinions(
        classifiers_by_fold(runs, corpus), corpus, tmp_path / "data", runs, tmp_path / "cache", tell=lines.append
    )
    for each in fused:
        windows = corpus.windows.where(each.heard.rows)
        starts = zip(windows.recording, windows.start_frame * MEL.hop_samples, strict=True)
        seconds = np.stack([corpus.audio_of(recording, start, MEL.sample_rate_hz) for recording, start in starts])
        told = asking[each.split.fold].predict(corpus.mel_of(windows), seconds)
        np.testing.assert_allclose(told.probabilities, each.heard.probabilities, atol=5e-3)

    (tmp_path / "weights").mkdir()
    monkeypatch.setenv(WEIGHTS_DIR_VARIABLE, str(tmp_path / "weights"))
    monkeypatch.setenv(TAGGER_VARIABLE, str(tagger))
    promote(out, version="yamnet-fusion-1", scores=card.scores)
    opinion = load_second_opinion()
    assert opinion is not None
    heard = opinion.hear(np.zeros((2, 44100), dtype=np.float32))
    assert opinion.logits(np.zeros((2, 2), dtype=np.float32), heard).shape == (2, 2)


def test_data_without_a_tagger_and_a_command_without_runs_are_refused(data, corpus, cache) -> None:
    with pytest.raises(NoRecordings, match="teacher"):
        second_opinions.open_lessons(corpus, data, cache)
    from deepasmr.commands.train import train

    with pytest.raises(BadSetting, match="--runs"):
        train("fusion", data, runs=None)
