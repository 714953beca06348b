"""From a picture to the sound that is kept."""

import numpy as np
import pytest

from models.audio.loudness import measure
from models.audio.mel import log_mel
from models.audio.space import Space
from models.inference.finish import finished
from models.inference.path import place
from models.inference.trail import trail_of
from tests.models.inference.sounds import hiss, strokes, taps

KNOBS = {"renderer": "pghi", "seed": 1, "blend": 0.0, "space": Space.CENTRE}


def _finished(audio: np.ndarray, *, is_loop: bool = False, **knobs) -> np.ndarray:
    mel = log_mel(audio)
    if is_loop:
        mel[-1] = mel[0]
    parts = (mel[first : first + 300] for first in range(0, len(mel), 300))
    stereo = np.stack([audio, audio], axis=1)
    blocks = finished(parts, sources=[stereo], n_frames=len(mel), is_loop=is_loop, **{**KNOBS, **knobs})
    return np.concatenate(list(blocks))


@pytest.mark.parametrize("sound", [hiss(3.0), strokes(5.0)])
@pytest.mark.parametrize("is_loop", [False, True])
def test_a_finished_sound_has_its_length_and_level_in_two_channels(sound: np.ndarray, is_loop: bool) -> None:
    made = _finished(sound, is_loop=is_loop)
    assert made.shape == (len(sound), 2)
    assert made.dtype == np.float32
    told = measure(made, 44100)
    assert told.integrated_lufs == pytest.approx(-23.0, abs=1.0)
    assert told.true_peak_dbtp <= -1.0


def test_taps_stay_under_the_ceiling_and_ends_are_faded() -> None:
    made = _finished(taps(4.0))
    assert measure(made, 44100).true_peak_dbtp <= -1.0
    assert np.abs(made[[0, -1]]).max() < 1e-4


@pytest.mark.parametrize("renderer", ["griffin_lim", "borrowed"])
def test_silence_stays_silent(renderer: str) -> None:
    sound = np.concatenate([strokes(1.0), np.zeros(44100, np.float32), strokes(1.0)])
    made = _finished(sound, renderer=renderer, space=Space.SOURCE)
    assert np.all(made[round(1.2 * 44100) : round(1.8 * 44100)] == 0.0)
    assert np.abs(made[: 44100 // 2]).max() > 0.01


def test_the_same_wish_gives_the_same_samples_and_borrowing_gives_back_the_source() -> None:
    source = strokes(3.0)
    once, again = (_finished(source, renderer="borrowed", space=Space.SOURCE) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    middle = slice(8820, 2 * 44100)
    assert np.corrcoef(once[middle, 0], source[middle])[0, 1] > 0.98
    np.testing.assert_allclose(once[:, 0], once[:, 1], atol=1e-4)


def test_a_trail_is_the_source_in_order_and_goes_on_without_a_gap() -> None:
    source = hiss(2.0)[:, None]
    plan = place(601, seed=3)
    walked = trail_of(source, plan)(0, 600 * 441)
    n_first_pass = 44100
    np.testing.assert_allclose(walked[:n_first_pass], source[:n_first_pass], atol=1e-6)
    levels = np.sqrt(np.mean(np.square(walked.reshape(-1, 4410)), axis=1))
    assert levels.min() > 0.6 * source.std()
    pieces = [trail_of(source, plan)(first, 10_000) for first in range(0, 260_000, 10_000)]
    np.testing.assert_array_equal(np.concatenate(pieces), walked[:260_000])


def test_the_trail_of_a_loop_goes_round() -> None:
    trail = trail_of(hiss(2.0)[:, None], place(301, seed=3, is_loop=True))
    np.testing.assert_array_equal(trail(0, 44100), trail(300 * 441, 44100))
