"""Runs: seeded, resumed where they stopped, and recorded; scores and promotion."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.audio.encode import write
from models.errors import BadSetting, NoRecordings, UnknownNetwork, WrongWeights
from models.networks.catalogue import NETWORKS
from models.pretrained import WEIGHTS_DIR_VARIABLE, load
from models.recipes.classifiers import augment
from models.recipes.judge import load_judge
from models.recipes.promotion import promote
from models.recipes.recipe import ClassifierRecipe, from_mapping, read_recipe
from models.recipes.train import Task, train_network
from models.recipes.variety import VarietySettings

pytestmark = pytest.mark.tf
SMALL = {"n_epochs": 2, "batch_size": 8}


def _recipe(name: str, **changes):
    recipe = read_recipe(name)
    if isinstance(recipe, ClassifierRecipe):
        small = {
            "variety": VarietySettings(n_windows=60, seed=3),
            "foley": VarietySettings(n_windows=10, foley_share=1.0),
        }
    else:
        small = {"n_draws_per_epoch": 16}
    return dataclasses.replace(recipe, **{**SMALL, **small, **changes})


def _silent(line: str) -> None:
    """Say nothing."""


def _train(recipe, data, cache, out, *, fold=0, resume=False):
    task = Task(data, cache, out, seed=0, held_out_fold=fold, resume=resume)
    return train_network(recipe, task, tell=_silent)


def _weights(run) -> dict[str, np.ndarray]:
    with np.load(run / "weights.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def test_every_network_has_a_recipe_that_can_be_read() -> None:
    assert [read_recipe(name).network for name in NETWORKS] == list(NETWORKS)


def test_a_network_without_a_recipe_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownNetwork, match="cnn1d_tuned"):
        read_recipe("wavenet")


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ({"network": "x", "n_epochs": 1, "batch_size": 1, "learning_rate": 0.1, "colour": 1}, "colour"),
        ({"network": "x", "n_epochs": "many", "batch_size": 1, "learning_rate": 0.1}, "n_epochs"),
        ({"network": "x", "n_epochs": 1, "batch_size": 1}, "not complete"),
        ({"network": "x", "n_epochs": 1, "batch_size": 1, "learning_rate": 1, "variety": {"echo": 1}}, "echo"),
    ],
)
def test_a_recipe_with_an_unknown_a_missing_or_a_wrong_value_is_refused(mapping, reason) -> None:
    with pytest.raises(BadSetting, match=reason):
        from_mapping(ClassifierRecipe, mapping)


@pytest.mark.parametrize("name", ["dense_audio", "cnn1d", "autoencoder", "cgan"])
def test_a_run_leaves_weights_and_a_card_that_says_how_they_came_about(name, data, cache, tmp_path) -> None:
    _train(_recipe(name, n_epochs=1), data, cache, tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["network"] == name
    assert card["seed"] == 0
    assert card["held_out_fold"] == 0
    assert len(card["data_fingerprint"]) == 16
    assert card["git_commit"]
    assert card["recipe"]["batch_size"] == 8
    assert len(card["history"]) == 1
    assert (0.0 <= card["scores"]["window_accuracy"] <= 1.0) if name in ("dense_audio", "cnn1d") else not card["scores"]


def test_a_stopped_run_resumed_ends_where_an_unstopped_one_does(data, cache, tmp_path) -> None:
    # Constant in the number of epochs but for the schedule, so the stop is simulated by an error in the second epoch.
    recipe = _recipe("cnn1d_tuned")
    _train(recipe, data, cache, tmp_path / "whole")
    stopped = tmp_path / "stopped"

    def tell_and_stop(line: str) -> None:
        if line.startswith("epoch 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_network(recipe, Task(data, cache, stopped, seed=0, held_out_fold=0), tell=tell_and_stop)
    assert len(json.loads((stopped / "history.json").read_text())) == 1
    card = _train(recipe, data, cache, stopped, resume=True)
    assert len(card.history) == 2
    whole, resumed = _weights(tmp_path / "whole"), _weights(stopped)
    for name, values in whole.items():
        np.testing.assert_allclose(resumed[name], values, atol=2e-3, err_msg=name)


def test_a_checkpoint_of_another_network_is_refused(data, cache, tmp_path) -> None:
    _train(_recipe("cnn1d", n_epochs=1), data, cache, tmp_path)
    with pytest.raises(WrongWeights, match="another network"):
        _train(_recipe("cnn1d_4"), data, cache, tmp_path, resume=True)


def test_a_promoted_run_opens_through_the_door_and_replaces_the_one_before(data, cache, tmp_path, monkeypatch) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    monkeypatch.setenv(WEIGHTS_DIR_VARIABLE, str(weights))
    _train(_recipe("vae", n_epochs=1), data, cache, tmp_path / "run", fold=None)
    promote(tmp_path / "run", version="vae-1", scores={"reconstruction_error_db": 3.2})
    trained = load("vae")
    assert trained.entry.labels == ("brushing", "nail_tapping")
    assert trained.entry.scores == {"reconstruction_error_db": 3.2}
    assert set(trained.extras) == {"known_codes", "known_labels"}
    promote(tmp_path / "run", version="vae-2", scores={})
    assert sorted(path.name for path in weights.iterdir()) == ["manifest.toml", "vae-2.npz"]
    assert load("vae").entry.version == "vae-2"


def test_a_finished_run_can_judge_and_an_unfinished_one_is_refused(data, cache, tmp_path) -> None:
    _train(_recipe("cnn1d", n_epochs=1), data, cache, tmp_path / "run")
    judge = load_judge(tmp_path / "run")
    assert judge.labels == ("brushing", "nail_tapping")
    told = judge.predict(np.full((3, 100, 128), -50.0, dtype=np.float32)).probabilities
    np.testing.assert_allclose(told.sum(axis=1), 1.0, atol=1e-5)
    with pytest.raises(NoRecordings, match=r"card\.json"):
        load_judge(tmp_path)


def _data_with(data: Path, folder: Path, *, silent: str, folds: dict[str, str] | None = None) -> Path:
    """The same recordings, those that match a pattern silent, and some folds called otherwise."""
    shutil.copytree(data, folder)
    for path in folder.glob(silent):
        write(path, np.zeros((3 * 44100, 1)))
    rows = [line.rsplit(",", 1) for line in (data / "recordings.csv").read_text().splitlines()]
    listed = [f"{row},{(folds or {}).get(fold, fold)}\n" for row, fold in rows]
    (folder / "recordings.csv").write_text("".join(listed))
    return folder


@pytest.mark.parametrize("name", ["cnn1d", "cnn1d_tuned", "cgan", "vae", "latent_flow"])
def test_a_label_without_audible_recordings_is_refused_by_its_name(name, data, tmp_path) -> None:
    quiet = _data_with(data, tmp_path / "data", silent="brushing*.flac")
    with pytest.raises(NoRecordings, match=r"nothing audible to learn brushing from\.$"):
        _train(_recipe(name), quiet, tmp_path / "cache", tmp_path / "run", fold=None)
    assert not (tmp_path / "run").exists()


def test_labels_that_are_audible_in_the_held_out_fold_alone_are_refused(data, tmp_path) -> None:
    quiet = _data_with(data, tmp_path / "data", silent="*[0-24].flac")
    with pytest.raises(NoRecordings, match="learn brushing, nail_tapping from outside of fold 3"):
        _train(_recipe("cnn1d"), quiet, tmp_path / "cache", tmp_path / "run", fold=3)


@pytest.mark.parametrize(("silent", "folds"), [("nothing", {"0": "1"}), ("*0.flac", {})])
def test_a_held_out_fold_on_which_nothing_can_be_scored_is_refused(silent, folds, data, tmp_path) -> None:
    four = _data_with(data, tmp_path / "data", silent=silent, folds=folds)
    with pytest.raises(NoRecordings, match="Fold 0 has no audible window"):
        _train(_recipe("cnn1d"), four, tmp_path / "cache", tmp_path / "run", fold=0)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["cnn1d", "autoencoder", "vocoder"])
def test_data_without_anything_audible_is_refused(name, data, tmp_path) -> None:
    quiet = _data_with(data, tmp_path / "data", silent="*.flac")
    with pytest.raises(NoRecordings, match="nothing audible to learn from outside of fold 0"):
        _train(_recipe(name), quiet, tmp_path / "cache", tmp_path / "run")


def test_what_learns_without_labels_needs_none_of_them_audible_and_no_fold_to_score(data, tmp_path) -> None:
    quiet = _data_with(data, tmp_path / "data", silent="brushing*.flac", folds={"0": "1"})
    card = _train(_recipe("autoencoder", n_epochs=1), quiet, tmp_path / "cache", tmp_path / "run")
    assert len(card.history) == 1


def test_masks_and_mixing_leave_shapes_and_target_sums_alone() -> None:
    rng = np.random.default_rng(0)
    windows = rng.uniform(-80, -20, (32, 100, 128)).astype(np.float32)
    wanted = {"label": np.eye(4, dtype=np.float32)[rng.integers(0, 4, 32)]}
    recipe = dataclasses.replace(read_recipe("cnn1d_tuned"), mixup_share=0.5, mask_share=0.5)
    before = windows.copy()
    changed, targets = augment(windows, wanted, recipe, rng)
    np.testing.assert_array_equal(windows, before)
    assert changed.shape == windows.shape
    assert (changed == -100.0).any()
    np.testing.assert_allclose(targets["label"].sum(axis=1), 1.0, atol=1e-6)
    assert (targets["label"] < 1.0).any()
