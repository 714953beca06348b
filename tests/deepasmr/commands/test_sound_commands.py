"""The commands that need no service: classify, vary, mix, resynth, train, evaluate."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from deepasmr.cli import app
from models.audio.encode import write
from tests.models.inference.sounds import strokes, taps

pytestmark = pytest.mark.tf


def _run(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("clips")
    write(folder / "taps.flac", taps(3.0)[:, None])
    write(folder / "strokes.flac", strokes(3.0)[:, None])
    return folder / "taps.flac", folder / "strokes.flac"


def test_classify_prints_one_json_object_per_file_as_the_contract_says(clips) -> None:
    result = _run("classify", "--json", *clips)
    assert result.exit_code == 0, result.output
    heard = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["file"] for one in heard] == [str(clip) for clip in clips]
    for one in heard:
        assert set(one) == {"file", "duration_s", "weights", "labels", "windows", "segments"}
        assert one["duration_s"] == pytest.approx(3.0)
        assert len(one["labels"]) == 23
        assert [window["start_s"] for window in one["windows"]] == [0.0, 0.5, 1.0, 1.5, 2.0]
        for window in one["windows"]:
            assert set(window) == {"start_s", "end_s", "label", "confidence", "probabilities"}
            assert set(window["probabilities"]) == set(one["labels"])
            assert sum(window["probabilities"].values()) == pytest.approx(1.0, abs=0.01)
        for segment in one["segments"]:
            assert set(segment) == {"start_s", "end_s", "trigger", "confidence"}


def test_classify_says_that_silence_is_silence(tmp_path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros((88200, 2)), 44100)
    result = _run("classify", tmp_path / "silence.wav")
    assert result.exit_code == 0, result.output
    assert "silence, no sounds" in result.stdout
    result = _run("classify", "--json", tmp_path / "silence.wav")
    heard = json.loads(result.stdout)
    assert heard["segments"] == []
    assert {(window["label"], window["confidence"]) for window in heard["windows"]} == {("background_other", 1.0)}
    assert "silence, no sounds" in result.stderr


def test_classify_says_when_a_window_was_filled_up(tmp_path) -> None:
    write(tmp_path / "blink.wav", taps(0.4)[:, None])
    result = _run("classify", tmp_path / "blink.wav")
    assert result.exit_code == 0, result.output
    assert "shorter than a window" in result.stderr


def _write_picture(path: Path) -> None:
    """A video of one black picture and no sound."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("mpeg4", rate=1)
        track.width, track.height, track.pix_fmt = 16, 16, "yuv420p"
        container.mux(track.encode(av.VideoFrame.from_ndarray(np.zeros((24, 16), np.uint8), format="yuv420p")))
        container.mux(track.encode(None))


def test_classify_refuses_what_it_cannot_hear_in_one_line(tmp_path) -> None:
    broken = taps(1.0)
    broken[2000] = np.nan
    soundfile.write(tmp_path / "nan.wav", broken, 44100, subtype="FLOAT")
    soundfile.write(tmp_path / "blip.wav", taps(1.0)[:2205], 44100)
    (tmp_path / "letter.txt").write_text("Dear listener,\n" * 100)
    _write_picture(tmp_path / "mute.mp4")
    refused = {
        "nan.wav": "not finite",
        "blip.wav": "0.1 s are the least",
        "letter.txt": "no media",
        "mute.mp4": "no sound track",
        "absent.wav": "not a file",
    }
    for name, reason in refused.items():
        result = _run("classify", tmp_path / name)
        assert result.exit_code != 0, name
        assert result.stdout == ""
        assert reason in result.stderr
        assert name in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def test_classify_hears_the_other_files_when_one_cannot_be_heard(clips, tmp_path) -> None:
    result = _run("classify", clips[0], tmp_path / "absent.wav", clips[1])
    assert result.exit_code == 1
    assert [str(clip) in result.stdout for clip in clips] == [True, True]
    assert "absent.wav is not a file." in result.stderr


@pytest.mark.parametrize("network", ["vae", "cgan"])
def test_vary_and_mix_write_sounds_of_the_length_asked_for_the_same_for_one_seed(clips, tmp_path, network) -> None:
    knobs = ("--network", network, "--seconds", "2.5", "--seed", "3")
    for name in ("one.wav", "same.wav"):
        result = _run("vary", clips[0], "-o", tmp_path / name, *knobs, "--strength", "0.6", "--start", "0.5")
        assert result.exit_code == 0, result.output
    assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "same.wav").read_bytes()
    placed = ("--blend", "0.4", "--space", "drift", "--loop", "--renderer", "borrowed")
    result = _run("mix", *clips, "-o", tmp_path / "mix.flac", *knobs, *placed)
    assert result.exit_code == 0, result.output
    for name in ("one.wav", "mix.flac"):
        audio, sample_rate_hz = soundfile.read(tmp_path / name)
        assert sample_rate_hz == 44100
        assert audio.shape == (2.5 * 44100, 2)
        assert 0.0 < np.abs(audio).max() < 10.0 ** (-1.0 / 20.0) + 1e-3


def test_resynth_gives_back_a_sound_as_long_as_its_source(clips, tmp_path) -> None:
    assert _run("resynth", clips[1], "-o", tmp_path / "back.wav").exit_code == 0
    assert soundfile.info(tmp_path / "back.wav").frames == pytest.approx(3 * 44100, abs=441)


def test_a_wrong_wish_is_refused_in_one_line(clips, tmp_path) -> None:
    nothing = tmp_path / "nothing.wav"
    nothing.write_bytes(b"not a sound")
    refused = [
        (("classify", nothing), "decoded"),
        (("vary", clips[0], "-o", tmp_path / "x.wav", "--seconds", 999), "between 1 and 600"),
        (("vary", clips[0], "-o", tmp_path / "x.wav", "--space", "above"), "drift"),
        (("vary", clips[0], "-o", tmp_path / "x.wav", "--start", 50), "no second 50"),
        (("vary", clips[0], "-o", tmp_path / "x.mp3"), ".flac"),
        (("vary", clips[0], "-o", tmp_path / "x.wav", "--network", "wavenet"), "vae"),
        (("mix", *clips, "-o", tmp_path / "x.wav", "--blend", 2), "between 0 and 1"),
        (("resynth", clips[0], "-o", tmp_path / "x.wav", "--renderer", "wavenet"), "griffin_lim"),
        (("train", "wavenet", "--data", tmp_path), "cnn1d_tuned"),
        (("train", "cnn1d", "--data", tmp_path), "recordings.csv"),
        (("evaluate", "timbre", "--data", tmp_path, "--out", tmp_path), "recordings.csv"),
    ]
    for words, reason in refused:
        result = _run(*words)
        assert result.exit_code == 1, (words, result.output)
        assert reason in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "x.wav").exists()
