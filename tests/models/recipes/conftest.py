"""A small folder of synthetic recordings, listed as real ones are, and recipes that learn next to nothing from it."""

import csv
from pathlib import Path

import numpy as np
import pytest

from models.audio.encode import write
from models.recipes.corpus import Corpus, open_corpus
from tests.models.inference.sounds import strokes, taps


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Path:
    """Ten recordings of two labels in five folds, and one of the pool."""
    folder = tmp_path_factory.mktemp("recordings")
    rows = []
    for fold in range(5):
        for label, make in (("brushing", strokes), ("nail_tapping", taps)):
            name = f"{label}{fold}.flac"
            write(folder / name, np.asarray(make(3.0, seed=fold))[:, None])
            rows.append([name, label, f"set{fold}/{label}", "3.0", str(fold)])
    with (folder / "recordings.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "label", "source_id", "seconds", "fold"], *rows])
    write(folder / "street.flac", np.asarray(strokes(3.0, seed=9))[:, None])
    with (folder / "unlabelled.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "seconds"], ["street.flac", "3.0"]])
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def corpus(data, cache) -> Corpus:
    return open_corpus(data, cache, tell=[].append)


@pytest.fixture
def small_recipes(tmp_path, monkeypatch) -> None:
    """The real recipes with a budget of sixteen windows."""
    from models.recipes.recipe import CONFIGS

    folder = tmp_path / "configs"
    folder.mkdir()
    for path in CONFIGS.glob("*.yaml"):
        lines = [line for line in path.read_text().splitlines() if line.split(":")[0] in ("network", "learning_rate")]
        (folder / path.name).write_text("\n".join([*lines, "n_epochs: 1", "batch_size: 8", ""]))
        if "cnn1d_tuned" not in path.name:
            with (folder / path.name).open("a") as file:
                file.write("n_draws_per_epoch: 16\n")
    monkeypatch.setattr("models.recipes.recipe.CONFIGS", folder)


@pytest.fixture
def places(data, cache, tmp_path):
    """Where an evaluation of these recordings reads and writes."""
    from models.recipes.folds import Places

    return Places(data, cache, tmp_path / "folds")
