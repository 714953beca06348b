import numpy as np
import pytest
import scipy.signal

from models.audio.loudness import Loudness, fade, measure, play_gain_db
from models.errors import BadSetting
from tests.models.audio.signals import RATE_HZ, noise, sine


def test_a_full_scale_kilohertz_tone_measures_as_the_standard_says() -> None:
    """ITU-R BS.1770: a 0 dBFS sine of 997 Hz in one channel reads -3.01 LKFS."""
    assert measure(sine(997.0, 5.0, level=1.0), RATE_HZ).integrated_lufs == pytest.approx(-3.01, abs=0.05)


def test_two_channels_are_three_decibels_louder_than_one() -> None:
    one, two = (measure(sine(997.0, 5.0, n_channels=n), RATE_HZ).integrated_lufs for n in (1, 2))
    assert one is not None
    assert two == pytest.approx(one + 3.01, abs=0.02)


def test_true_peak_sees_between_the_samples() -> None:
    time = np.arange(RATE_HZ)
    tone = np.sin(2.0 * np.pi * time / 4.0 + np.pi / 4.0)[:, None].astype(np.float32)  # never sampled at its peak
    assert np.abs(tone).max() == pytest.approx(0.707, abs=0.001)
    assert measure(tone[2000:], RATE_HZ).true_peak_dbtp == pytest.approx(0.0, abs=0.6)


def test_true_peak_does_not_depend_on_where_blocks_end() -> None:
    audio = noise(7.0)
    whole = np.abs(scipy.signal.resample_poly(audio[:, 0], 4, 1)).max()
    assert measure(audio, RATE_HZ).true_peak_dbtp == pytest.approx(20.0 * np.log10(whole), abs=0.01)


@pytest.mark.parametrize("audio", [np.zeros((RATE_HZ, 2), np.float32), sine(440.0, 0.39), sine(440.0, 2.0, level=1e-5)])
def test_silence_and_clips_under_four_tenths_of_a_second_have_no_loudness(audio: np.ndarray) -> None:
    assert measure(audio, RATE_HZ).integrated_lufs is None


def test_no_infinity_is_reported_for_silence() -> None:
    assert measure(np.zeros((0, 1), np.float32), RATE_HZ).true_peak_dbtp == -150.0


@pytest.mark.parametrize(
    ("loudness", "gain_db"),
    [
        (Loudness(-30.0, -20.0), 7.0),
        (Loudness(-13.0, -3.0), -10.0),
        (Loudness(-30.0, -4.0), 3.0),
        (Loudness(-60.0, -50.0), 20.0),
        (Loudness(None, -40.0), 0.0),
        (Loudness(None, 2.0), -3.0),
    ],
)
def test_play_gain_aims_at_the_target_but_never_passes_the_ceiling(loudness: Loudness, gain_db: float) -> None:
    assert play_gain_db(loudness) == gain_db


def test_fades_begin_and_end_at_zero_and_leave_the_middle_alone() -> None:
    audio = np.ones((RATE_HZ, 2), np.float32)
    faded = fade(audio, sample_rate_hz=RATE_HZ, in_s=0.1, out_s=0.2)
    assert faded[0].tolist() == faded[-1].tolist() == [0.0, 0.0]
    assert np.all(faded[4410:-8820] == 1.0)
    assert np.all(np.diff(faded[:4410, 0]) >= 0.0)
    assert np.all(audio == 1.0)


def test_fades_longer_than_the_sound_meet_in_the_middle() -> None:
    faded = fade(np.ones(100, np.float32), sample_rate_hz=RATE_HZ, in_s=1.0, out_s=1.0)
    assert faded[0] == faded[-1] == 0.0
    assert faded[49] > 0.99


def test_a_negative_fade_is_refused() -> None:
    with pytest.raises(BadSetting):
        fade(np.ones(10, np.float32), sample_rate_hz=RATE_HZ, in_s=-1.0, out_s=0.0)
