"""Commands that a wrong DEEPASMR_TAGGER stops, in one line."""

import pytest
from typer.testing import CliRunner

from deepasmr.cli import app


@pytest.mark.parametrize("words", [["up", "--port", "1"], ["worker", "--queues", "sound"]])
def test_a_wrong_tagger_is_refused_at_the_start(words: list[str], monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("DEEPASMR_TAGGER", str(tmp_path / "nowhere.tflite"))
    monkeypatch.setenv("DEEPASMR_DATA_DIR", str(tmp_path))
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 1
    assert "DEEPASMR_TAGGER: there is no file" in ended.output
