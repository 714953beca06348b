"""From a picture to the sound that is kept."""

import numpy as np
import pytest

from models.audio.loudness import measure
from models.audio.mel import log_mel
from models.audio.space import Space
from models.inference.finish import finished
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
