"""Promotion: versions count on, labels may grow with the classifier, and what is left behind is told."""

import functools
import json
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deepasmr.cli import app
from models.errors import BadSetting, NoRecordings, WrongWeights
from models.networks import weights_file
from models.networks.catalogue import build
from models.pretrained import WEIGHTS_DIR_VARIABLE, load, manifest
from models.recipes.promotion import left_behind, promote

pytestmark = pytest.mark.tf
OLD = ("brushing", "nail_tapping")
NEW = ("brushing", "gong", "nail_tapping")


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setenv(WEIGHTS_DIR_VARIABLE, str(folder))
    return folder


@functools.cache
def untrained(network: str, n_labels: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.npz"
        weights_file.save(path, build(network, n_labels=n_labels))
        return path.read_bytes()


def a_run(folder: Path, network: str, labels: tuple[str, ...] = OLD, **card: object) -> Path:
    """A finished run as far as promotion looks at it."""
    run = folder / f"{network}-{len(labels)}"
    run.mkdir()
    (run / "weights.npz").write_bytes(untrained(network, len(labels)))
    told = {"network": network, "labels": labels, "data_fingerprint": "0" * 16, "held_out_fold": None, "scores": {}}
    (run / "card.json").write_text(json.dumps({**told, **card}))
    return run


def test_versions_count_on_and_a_run_that_held_a_fold_out_brings_its_scores(tmp_path: Path, weights: Path) -> None:
    run = a_run(tmp_path, "cnn1d_tuned", held_out_fold=2, scores={"window_accuracy": 0.5})
    assert promote(run).version == "cnn1d_tuned-1"
    assert promote(run, scores={}).version == "cnn1d_tuned-2"
    assert promote(run, version="cnn1d_tuned-9").scores == {"held_out_fold": 2, "window_accuracy": 0.5}
    assert promote(run).version == "cnn1d_tuned-10"
    assert manifest()["cnn1d_tuned"].scores == {"held_out_fold": 2, "window_accuracy": 0.5}
    assert sorted(path.name for path in weights.iterdir()) == ["cnn1d_tuned-10.npz", "manifest.toml"]


def test_a_classifier_brings_a_new_label_and_the_others_keep_theirs_until_they_follow(tmp_path: Path) -> None:
    for network in ("cnn1d_tuned", "vae", "fusion"):
        promote(a_run(tmp_path, network))
    assert left_behind(manifest()) == []
    promote(a_run(tmp_path, "cnn1d_tuned", NEW))
    entries = manifest()
    assert (entries["cnn1d_tuned"].labels, entries["vae"].labels, entries["fusion"].labels) == (NEW, OLD, OLD)
    of_fusion, of_vae = left_behind(entries)
    assert of_fusion.startswith("fusion has other labels (lacks gong): it is refused until it is trained")
    assert "deepasmr train vae --data DIR" in of_vae
    promote(a_run(tmp_path, "vae", NEW))
    assert [sentence.split()[0] for sentence in left_behind(manifest())] == ["fusion"]


def test_a_generator_that_knows_other_labels_than_the_classifier_is_refused(tmp_path: Path) -> None:
    promote(a_run(tmp_path, "cnn1d_tuned"))
    with pytest.raises(WrongWeights, match="adds gong"):
        promote(a_run(tmp_path, "vae", NEW))
    assert list(manifest()) == ["cnn1d_tuned"]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("damage", ["cut", "gone", "of other labels", "of another network"])
def test_weights_that_do_not_open_are_refused_and_the_promoted_ones_stay(
    damage: str, tmp_path: Path, weights: Path
) -> None:
    promote(a_run(tmp_path, "cnn1d"))
    before = files(weights)
    run = a_run(tmp_path, "cnn1d", NEW)
    path = run / "weights.npz"
    if damage == "gone":
        path.unlink()
    else:
        others = {"of other labels": untrained("cnn1d", 2), "of another network": untrained("vae", 3)}
        path.write_bytes(others.get(damage, path.read_bytes()[:-1000]))
    with pytest.raises(WrongWeights, match=r"weights\.npz"):
        promote(run, name="cnn1d_tuned")
    assert files(weights) == before
    assert load("cnn1d").entry.version == "cnn1d-1"


def test_the_file_of_another_network_is_never_written_over(tmp_path: Path, weights: Path) -> None:
    promote(a_run(tmp_path, "cnn1d_tuned"))
    before = files(weights)
    with pytest.raises(BadSetting, match=r"cnn1d_tuned-1\.npz is the file of another network"):
        promote(a_run(tmp_path, "vae"), version="cnn1d_tuned-1")
    assert files(weights) == before


def test_a_file_that_two_entries_share_outlives_the_one(tmp_path: Path, weights: Path) -> None:
    run = a_run(tmp_path, "vae")
    promote(run)
    promote(run, name="elder")
    listed = (weights / "manifest.toml").read_text()
    (weights / "manifest.toml").write_text(listed.replace('"elder-1.npz"', '"vae-1.npz"'))
    promote(run)
    assert load("elder").entry.file == "vae-1.npz"
    assert load("vae").entry.file == "vae-2.npz"


@pytest.mark.parametrize(
    "scores", [{"labels": {"rain": 0.5}}, {"f1": None}, {"f1": float("nan")}, {"f1": [0.5, None]}, {"of.rain": 0.5}]
)
def test_scores_that_the_manifest_cannot_hold_are_refused_before_anything_is_replaced(
    scores: dict[str, object], tmp_path: Path, weights: Path
) -> None:
    run = a_run(tmp_path, "cnn1d")
    promote(run, scores={"f1": 0.5, "folds": [0, 1], "of": "brushing", "is_whole": True})
    before = files(weights)
    with pytest.raises(BadSetting, match="The manifest cannot hold what is said of cnn1d"):
        promote(run, scores=scores)
    assert files(weights) == before


def test_a_folder_without_a_finished_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoRecordings, match=r"card\.json"):
        promote(tmp_path)


def test_the_command_promotes_and_says_what_must_follow(tmp_path: Path, weights: Path) -> None:
    promote(a_run(tmp_path, "cnn1d_tuned"))
    promote(a_run(tmp_path, "vae"))
    scores = tmp_path / "scores.json"
    scores.write_text('{"macro_f1": 0.6}')
    run = a_run(tmp_path, "cnn1d_tuned", NEW)
    ended = CliRunner().invoke(app, ["promote", str(run), "--scores", str(scores), "--temperature", "1.4"])
    assert ended.exit_code == 0, ended.output
    assert "3 labels; cnn1d_tuned is cnn1d_tuned-2" in ended.stdout
    assert "vae has other labels (lacks gong)" in ended.stdout
    entry = manifest()["cnn1d_tuned"]
    assert (entry.scores, entry.temperature) == ({"macro_f1": 0.6}, 1.4)
    scores.write_text("[1]")
    refused = CliRunner().invoke(app, ["promote", str(run), "--scores", str(scores)])
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
