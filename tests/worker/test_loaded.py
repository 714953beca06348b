"""The networks of a worker: a wrong tagger is said, and listeners need not wait for it to be mended."""

import logging

import pytest

from worker import loaded

pytestmark = pytest.mark.tf


def test_a_worker_with_a_wrong_tagger_says_so_and_labels_without_it(monkeypatch, caplog, tmp_path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no tagger")
    monkeypatch.setenv("DEEPASMR_TAGGER", str(wrong))
    loaded._classifier.cache_clear()
    with caplog.at_level(logging.ERROR):
        version = loaded.classifier().version
    loaded._classifier.cache_clear()
    assert "+" not in version
    (line,) = [record.getMessage() for record in caplog.records if record.name == "worker.loaded"]
    assert "notes.txt is no TFLite file of YAMNet" in line
    assert "without a second opinion" in line
