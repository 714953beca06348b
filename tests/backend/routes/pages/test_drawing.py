from __future__ import annotations

import librosa
import pytest

from backend.routes.pages import axes
from backend.routes.pages.cards import N_BARS, wave_path
from backend.routes.pages.showing import clock, percent
from models.audio.mel import MEL


def test_the_axis_is_the_mel_scale_of_the_pictures() -> None:
    for frequency_hz in (0.0, 440.0, 1000.0, 5000.0, 22050.0):
        assert axes.mel(frequency_hz) == pytest.approx(librosa.hz_to_mel(frequency_hz, htk=False))
    assert axes.TOP_HZ == MEL.f_max_hz


@pytest.mark.parametrize("duration_s", [0.3, 1.0, 4.5, 59.9, 60.0, 754.0, 4 * 3600.0])
def test_an_axis_has_a_readable_number_of_round_moments(duration_s: float) -> None:
    moments = axes.moments(duration_s)
    assert moments[0] == 0
    assert moments[-1] <= duration_s
    assert 2 <= len(moments) <= axes.MAX_TICKS + 1


@pytest.mark.parametrize("n_levels", [1, 5, N_BARS])
def test_a_small_waveform_always_has_its_bars(n_levels: int) -> None:
    assert wave_path([100] * n_levels).count("M") == N_BARS
    assert wave_path([0] * n_levels).count("M") == N_BARS
    assert wave_path([]) == ""


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (7.9, "0:07"), (754, "12:34"), (3723, "1:02:03")])
def test_a_clock_reads_as_people_write_it(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_only_certainty_is_a_hundred_percent() -> None:
    assert percent(0.999) == "99 %"
    assert percent(1.0) == "100 %"
