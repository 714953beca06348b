"""Classifiers measured by both protocols: partings, runs that are taken up again, tables and figures."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from models.errors import BadSetting, NoRecordings, UnknownNetwork
from models.pretrained import WEIGHTS_DIR_VARIABLE
from models.recipes.classifier_report import classifier_markdown, row_of
from models.recipes.figures import draw_embeddings, flattened
from models.recipes.folds import Result, contender, given_results, results
from models.recipes.frozen_tagger import tagger_results
from models.recipes.heard import Heard
from models.recipes.protocols import Protocol, Split, protocol_named, splits
from models.recipes.searched import SEARCHED, Search
from models.recipes.table1 import Choice, evaluate_classifiers

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("small_recipes")]


def _silent(line: str) -> None:
    """Say nothing."""


def test_folds_share_no_source_and_cover_every_window_once(corpus) -> None:
    found = splits(corpus, Protocol.SOURCE_DISJOINT, [0])
    for split in found:
        learnt = {corpus.recordings[r].source_id for r in corpus.windows.recording[split.learnt]}
        scored = {corpus.recordings[r].source_id for r in corpus.windows.recording[split.scored]}
        assert not learnt & scored
    scored_rows = np.concatenate([split.scored for split in found])
    assert sorted(scored_rows) == np.flatnonzero(corpus.windows.label >= 0).tolist()


def test_the_protocol_of_the_thesis_leaks_recordings_but_no_samples(corpus) -> None:
    (split,) = splits(corpus, Protocol.THESIS, [3])
    assert split.protocol.is_leaking
    windows = corpus.windows
    learnt, scored = windows.where(split.learnt), windows.where(split.scored)
    assert set(scored.recording) & set(learnt.recording)
    spans = set(zip(learnt.recording.tolist(), learnt.start_frame.tolist(), strict=True))
    for recording, start in zip(scored.recording.tolist(), scored.start_frame.tolist(), strict=True):
        assert not any((recording, start + apart) in spans for apart in range(-99, 100))


def test_one_seed_deals_windows_out_in_one_way(corpus) -> None:
    first, again, other = (Split.by_windows(corpus, seed) for seed in (1, 1, 2))
    assert first.scored.tolist() == again.scored.tolist()
    assert first.scored.tolist() != other.scored.tolist()


def test_a_label_heard_from_one_source_is_refused_by_its_name(corpus) -> None:
    one = tuple(
        dataclasses.replace(recording, source_id="only") if recording.label == "brushing" else recording
        for recording in corpus.recordings
    )
    with pytest.raises(NoRecordings, match="brushing has audible recordings of 1 sources"):
        splits(dataclasses.replace(corpus, recordings=one), Protocol.THESIS, [0])


def test_a_label_without_audible_recordings_is_refused(corpus) -> None:
    lonely = dataclasses.replace(corpus, labels=(*corpus.labels, "wood_tapping"))
    with pytest.raises(NoRecordings, match="wood_tapping has audible recordings of 0 sources"):
        splits(lonely, Protocol.SOURCE_DISJOINT, [0])


def test_a_label_that_is_heard_in_one_fold_alone_is_refused(corpus) -> None:
    windows = corpus.windows
    alone = dataclasses.replace(windows, fold=np.where(windows.label == 0, 2, windows.fold).astype(np.int32))
    with pytest.raises(NoRecordings, match="learn brushing from outside of fold 2"):
        splits(dataclasses.replace(corpus, windows=alone), Protocol.SOURCE_DISJOINT, [0])


def test_an_unknown_protocol_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadSetting, match="source_disjoint, thesis"):
        protocol_named("random")


def test_the_tuned_network_is_trained_plainly_under_the_protocol_of_the_thesis() -> None:
    assert contender("cnn1d_tuned", Protocol.THESIS).recipe.optimizer == "rmsprop"
    assert hasattr(contender("cnn1d_tuned", Protocol.SOURCE_DISJOINT).recipe, "teacher_weight")


def test_an_unknown_optimizer_is_refused(corpus, places) -> None:
    who = contender("cnn1d", Protocol.THESIS)
    who = dataclasses.replace(who, recipe=dataclasses.replace(who.recipe, optimizer="lion"))
    with pytest.raises(BadSetting, match="lion"):
        results(who, corpus, splits(corpus, Protocol.THESIS, [0]), places, tell=_silent)


def test_an_interrupted_evaluation_goes_on_and_leaves_finished_runs_as_they_are(corpus, places) -> None:
    partings = splits(corpus, Protocol.SOURCE_DISJOINT, [0])[:2]
    told: list[str] = []

    def stop_at_the_second(line: str) -> None:
        told.append(line)
        if line.startswith("epoch") and len(told) > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        results(contender("cnn1d", Protocol.SOURCE_DISJOINT), corpus, partings, places, tell=stop_at_the_second)
    first = places.folds / "source_disjoint-cnn1d-seed0-fold0"
    written = (first / "heard.npz").stat().st_mtime_ns
    assert not (first / "checkpoint.npz").exists()
    found = results(contender("cnn1d", Protocol.SOURCE_DISJOINT), corpus, partings, places, tell=_silent)
    assert (first / "heard.npz").stat().st_mtime_ns == written
    assert [result.heard.rows.tolist() for result in found] == [split.scored.tolist() for split in partings]
    np.testing.assert_allclose(found[1].heard.probabilities.sum(axis=1), 1.0, atol=1e-5)


def test_finished_runs_are_scored_on_the_fold_that_their_card_names(corpus, places) -> None:
    partings = splits(corpus, Protocol.SOURCE_DISJOINT, [4])[1:3]
    trained = results(contender("cnn1d", Protocol.SOURCE_DISJOINT), corpus, partings, places, tell=_silent)
    told: list[str] = []
    given = given_results(places.folds, corpus, tell=told.append)["cnn1d"]
    assert [(result.split.seed, result.split.fold) for result in given] == [(4, 1), (4, 2)]
    np.testing.assert_allclose(given[0].heard.probabilities, trained[0].heard.probabilities, atol=2e-3)
    card = places.folds / partings[0].run_name("cnn1d") / "card.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "data_fingerprint": "another"}))
    assert len(given_results(places.folds, corpus, tell=told.append)["cnn1d"]) == 1
    assert "other data" in told[-1]


def test_a_folder_without_a_run_is_refused(corpus, tmp_path) -> None:
    with pytest.raises(NoRecordings, match="no finished run"):
        given_results(tmp_path, corpus)


def test_the_frozen_tagger_is_scored_on_every_window_of_a_fold(corpus, tmp_path) -> None:
    overheard = np.eye(2, dtype=np.float16)[np.maximum(0, corpus.windows.label)]
    partings = splits(corpus, Protocol.SOURCE_DISJOINT, [0])[:1]
    (found,) = tagger_results(corpus, overheard, partings, tmp_path, tell=_silent)
    label = corpus.windows.label[found.heard.rows]
    assert found.heard.probabilities.argmax(axis=1).tolist() == label.tolist()


def test_searched_settings_are_measured_on_the_folds_that_they_were_chosen_on_alone(
    data, corpus, cache, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv(WEIGHTS_DIR_VARIABLE, str(tmp_path))
    params = {
        "activation": "relu",
        "embedding_activation": "tanh",
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "dropout": 0.0,
        "n_filters": 8,
        "filter_growth": 1.0,
        "kernel_frames": 3,
        "has_batch_normalisation": False,
        "has_max_pooling_head": False,
        "batch_size": 32,
    }
    monkeypatch.setattr("models.recipes.searched.FULL_EPOCHS", 1)
    monkeypatch.setattr("models.recipes.searched.FULL_DRAWS_PER_EPOCH", 32)
    choice = Choice(networks=(SEARCHED,), protocols=(Protocol.SOURCE_DISJOINT,), seeds=(0,))

    def report(fingerprint: str) -> str:
        found = Search(SEARCHED, 0, 0, 1, 64, 2, fingerprint, "", {}, params, 0.5, {}, [])
        (tmp_path / "search.json").write_text(json.dumps(dataclasses.asdict(found)))
        return evaluate_classifiers(choice, data, tmp_path / "report", cache=cache, tell=_silent)

    here, elsewhere = report(corpus.fingerprint), report("0123456789abcdef")
    assert f"| {SEARCHED} | 1 |" in here
    assert f"| {SEARCHED} |" not in elsewhere
    assert f"The row of {SEARCHED} is missing" in elsewhere


def test_the_report_has_a_row_for_each_network_and_protocol_and_its_pictures(data, cache, tmp_path) -> None:
    out = tmp_path / "report"
    text = evaluate_classifiers(Choice(networks=("cnn1d",), seeds=(0,)), data, out, cache=cache, tell=_silent)
    assert "frozen tagger is missing" in text
    assert "random windows (leaks)" in text
    assert text == (out / "classifiers.md").read_text()
    rows = {row["protocol"]: row for row in json.loads((out / "classifiers.json").read_text())["rows"]}
    assert rows["source_disjoint"]["n_runs"] == 5
    assert rows["thesis"]["n_runs"] == 1
    assert rows["thesis"]["is_leaking"] is True
    assert set(rows["thesis"]["labels"]) == {"brushing", "nail_tapping"}
    n_windows = sum(scores["n_windows"] for scores in rows["source_disjoint"]["labels"].values())
    assert np.sum(rows["source_disjoint"]["confusion"]) == n_windows
    drawn = {path.name for path in out.glob("*.png")}
    assert {"confusion-thesis-cnn1d.png", "labels-source_disjoint.png", "reliability.png"} <= drawn
    told: list[str] = []
    only = Choice(networks=("cnn1d", "cnn2d"), seeds=(0, 1), is_training=False)
    evaluate_classifiers(only, data, out, cache=cache, tell=told.append)
    assert not any("learns" in line for line in told)


def test_a_spread_is_written_where_there_is_one(corpus) -> None:
    partings = splits(corpus, Protocol.SOURCE_DISJOINT, [0])
    found = []
    for split in partings:
        told = np.eye(2, dtype=np.float32)[corpus.windows.label[split.scored]]
        told[: split.fold] = told[: split.fold, ::-1]
        found.append(Result(split, Heard(split.scored, told, told)))
    one, five = row_of("cnn1d", found[:1], corpus), row_of("cnn1d", found, corpus)
    assert "| cnn1d | 1 | 100.0 |" in classifier_markdown([one], corpus)
    assert f"| cnn1d | 5 | {100 * five.all_labels['window_accuracy'].mean:.1f} ± " in classifier_markdown(
        [five], corpus
    )
    assert five.all_labels["window_accuracy"].mean < 1.0
    assert five.n_seeds == 1


def test_the_plane_of_figure_10_keeps_apart_what_embeddings_keep_apart(corpus, tmp_path) -> None:
    split = Split.by_fold(corpus, 0, 0)
    label = corpus.windows.label[split.scored]
    rng = np.random.default_rng(0)
    apart = (10.0 * np.eye(4)[label] + rng.normal(0.0, 0.1, (len(label), 4))).astype(np.float32)
    plane = flattened(apart, seed=0)
    distance = np.linalg.norm(plane[:, None] - plane[None], axis=-1)
    same = label[:, None] == label[None]
    assert distance[same].max() < distance[~same].min()
    told = np.eye(2, dtype=np.float32)[label]
    found = {name: Result(split, Heard(split.scored, told, apart)) for name in ("dense_audio", "cnn1d_tuned")}
    draw_embeddings(tmp_path / "figure10.png", found, corpus)
    with Image.open(tmp_path / "figure10.png") as picture:
        assert picture.size[0] > 1.5 * picture.size[1]


def test_a_network_that_is_no_classifier_is_refused_before_anything_is_trained(data, cache, tmp_path) -> None:
    with pytest.raises(UnknownNetwork, match="no classifier"):
        evaluate_classifiers(Choice(networks=("vae",)), data, tmp_path, cache=cache, tell=_silent)
