"""Cards say what was counted, and are written by one command."""

import json
import re

import pytest

from models.recipes.cards import TEXTS, dataset_card, main

pytestmark = pytest.mark.tf
HEADER = "path,label,sub_label,source_id,collection,licence,seconds,assembled,pseudo,fold\n"


@pytest.fixture
def listed(data, tmp_path):
    """The synthetic recordings with all that real ones state of themselves."""
    for path in data.glob("*.flac"):
        (tmp_path / path.name).symlink_to(path)
    rows = [
        f"nail_tapping{fold}.flac,nail_tapping,knock,set{fold},shed,{'MIT' if fold else 'unstated'},30.0,0,1,{fold}\n"
        for fold in range(5)
    ]
    (tmp_path / "recordings.csv").write_text(HEADER + "".join(rows))
    (tmp_path / "unlabelled.csv").write_text("path,seconds\nstreet.flac,60.0\n")
    return tmp_path


def test_the_card_of_the_recordings_counts_labels_licences_and_folds(listed) -> None:
    card = dataset_card(listed)
    assert "| nail_tapping | 5 | 5 | 1 | 2.5 | 0 | 5 | 1 · 1 · 1 · 1 · 1 | knock 5 |" in card
    assert "| MIT | 4 | 2.0 |" in card
    assert "| unstated | 1 | 0.5 |" in card
    assert "1 unlabelled ones" in " ".join(card.split())


def test_the_classifier_s_card_takes_its_figures_from_the_run_and_the_report(listed, tmp_path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "weights.npz").write_bytes(b"0" * 1_500_000)
    card = {"network": "cnn1d_tuned", "seed": 4, "held_out_fold": None, "data_fingerprint": "abc", "labels": ["a", "b"]}
    card |= {"git_commit": "c0ffee", "has_teacher": True, "history": [{"seconds": 1800.0}] * 4}
    recipe = {"variety": {"n_windows": 64000}, "foley": {"n_windows": 12000}}
    (run / "card.json").write_text(json.dumps({**card, "recipe": recipe}))
    spread = {"mean": 0.721, "sd": 0.012}
    row = {"network": "cnn1d_tuned", "is_leaking": False, "n_runs": 15, "thesis_labels": {"window_accuracy": spread}}
    row["all_labels"] = dict.fromkeys(
        ("window_accuracy", "balanced_accuracy", "macro_f1", "recording_accuracy"), spread
    )
    row["labels"] = {"a": {"precision": 0.5, "recall": 0.25, "f1": 0.33, "n_windows": 8}}
    report = tmp_path / "classifiers.json"
    report.write_text(json.dumps({"labels": ["a", "b"], "rows": [row, {**row, "network": "cnn2d"}]}))
    heard = {"expected_error_before": 0.041, "expected_error_after": 0.019, "temperature": 0.9}
    heard["shipped"] = {"background_advantage": 2.0, "min_confidence": 0.5, "switch_probability": 0.02}
    row = {"mixes": {"event_f1": 0.41}, "mix_time": {"precision": 0.8, "recall": 0.43}, "stranger_share": 0.07}
    segmentation = tmp_path / "segmentation.json"
    segmentation.write_text(json.dumps({**heard, "rows": [{}, row]}))
    out = tmp_path / "card.md"
    words = ["--data", str(listed), "--run", str(run), "--report", str(report), "--segmentation", str(segmentation)]
    main(["classifier", *words, "--version", "cnn1d_tuned-9", "--out", str(out)])
    text = out.read_text()
    assert text.startswith("# cnn1d_tuned-9\n")
    assert "| source-disjoint | cnn1d_tuned | 15 | 72.1 ± 1.2 |" in text
    assert "cnn2d" not in text
    assert "| a | 50 / 25 / 33 |" in text
    assert "64,000 seconds" in text
    assert "12,000 seconds made\nby formulas" in text
    assert "took 2.0 hours" in text
    assert "4.1 % as trained and 1.9 %" in text
    assert "80 % of the time in sounds" in text
    assert "on all folds" in text
    assert "$" not in text


def test_a_card_that_lacks_what_it_counts_is_refused(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["fusion", "--version", "x"])
    assert "needs --run" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted(TEXTS.glob("*.md")), ids=lambda path: path.name)
def test_texts_leave_no_bare_dollar(path) -> None:
    assert not re.search(r"\$(?![a-z_])", path.read_text())
