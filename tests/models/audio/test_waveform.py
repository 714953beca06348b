import json

import numpy as np

from models.audio.waveform import peaks
from tests.models.audio.signals import noise


def test_a_column_holds_the_highest_level_of_its_share() -> None:
    audio = np.zeros((8000, 2), np.float32)
    audio[4005, 1] = -0.7
    drawn = peaks(audio)
    assert len(drawn) == 800
    assert drawn[400] == 0.7
    assert sum(drawn) == 0.7


def test_peaks_are_json_between_zero_and_one() -> None:
    drawn = json.loads(json.dumps(peaks(noise(1.0, level=2.0), n_points=50)))
    assert len(drawn) == 50
    assert min(drawn) >= 0.0
    assert max(drawn) == 1.0


def test_a_sound_shorter_than_its_columns_repeats_samples() -> None:
    assert peaks(np.array([0.1, 0.2], np.float32), n_points=4) == [0.1, 0.1, 0.2, 0.2]


def test_no_samples_draw_a_flat_line() -> None:
    assert peaks(np.zeros((0, 2), np.float32), n_points=3) == [0.0, 0.0, 0.0]
