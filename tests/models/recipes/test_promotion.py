"""Promotion: versions count on, labels may grow with the classifier, and what is left behind is told."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deepasmr.cli import app
from models.errors import NoRecordings, WrongWeights
from models.pretrained import WEIGHTS_DIR_VARIABLE, manifest
from models.recipes.promotion import left_behind, promote

OLD = ("brushing", "nail_tapping")
NEW = ("brushing", "gong", "nail_tapping")


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setenv(WEIGHTS_DIR_VARIABLE, str(folder))
    return folder


def a_run(folder: Path, network: str, labels: tuple[str, ...] = OLD, **card: object) -> Path:
    """A finished run as far as promotion looks at it."""
    run = folder / f"{network}-{len(labels)}"
    run.mkdir()
    (run / "weights.npz").write_bytes(f"weights of {run.name}".encode())
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
