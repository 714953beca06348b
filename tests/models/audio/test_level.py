import numpy as np
import pytest

from models.audio import FloatArray
from models.audio.level import CONTEXT_SAMPLES, levelled
from models.audio.loudness import measure
from tests.models.audio.signals import RATE_HZ, noise, sine, taps


def brought_to_level(audio: FloatArray, *, is_loop: bool = False) -> FloatArray:
    stereo = np.repeat(audio, 2 // audio.shape[1], axis=1)
    around = np.concatenate([stereo[-CONTEXT_SAMPLES:], stereo, stereo[:CONTEXT_SAMPLES]]) if is_loop else stereo
    blocks = (around[first : first + 50_000] for first in range(0, len(around), 50_000))
    return np.concatenate(list(levelled(blocks, len(audio), is_loop=is_loop)))


@pytest.mark.parametrize(
    "audio",
    [
        noise(3.0, level=0.001, n_channels=2),
        noise(3.0, level=0.3, n_channels=2),
        sine(220.0, 3.0, level=1.0),
        taps(4.0, level=0.9),
        taps(4.0, level=0.01),
        noise(2.0, level=3.0),
    ],
    ids=["quiet noise", "loud noise", "full tone", "hard taps", "soft taps", "far over full scale"],
)
def test_levelled_sounds_meet_the_target_under_the_ceiling(audio: FloatArray) -> None:
    loudness = measure(brought_to_level(audio), RATE_HZ)
    assert loudness.integrated_lufs == pytest.approx(-23.0, abs=1.0)
    assert loudness.true_peak_dbtp <= -1.0


def test_single_clicks_stay_under_the_ceiling_and_below_the_target() -> None:
    clicks = np.zeros((RATE_HZ * 3, 1), np.float32)
    clicks[100::RATE_HZ] = 0.9
    loudness = measure(brought_to_level(clicks), RATE_HZ)
    assert loudness.true_peak_dbtp <= -1.0
    assert loudness.integrated_lufs is None or loudness.integrated_lufs < -23.0


def test_what_has_no_loudness_is_only_kept_under_the_ceiling() -> None:
    assert np.all(brought_to_level(np.zeros((RATE_HZ, 2), np.float32)) == 0.0)
    short = brought_to_level(sine(440.0, 0.2, level=1.4))
    assert measure(short, RATE_HZ).true_peak_dbtp <= -1.0


def test_a_sound_that_needs_no_limiting_is_only_scaled() -> None:
    audio = noise(2.0, level=0.05, n_channels=2)
    ratio = brought_to_level(audio) / audio
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-4)


@pytest.mark.parametrize("is_loop", [False, True])
def test_half_a_minute_that_grows_by_ten_decibels_is_brought_to_level_without_a_step(is_loop: bool) -> None:
    audio = noise(30.0, level=0.02)
    growth = np.linspace(0.0, np.pi if is_loop else 0.5 * np.pi, len(audio), dtype=np.float32)[:, None]
    growing = audio * np.power(np.float32(10.0), 0.5 * np.sin(growth))
    made = brought_to_level(growing, is_loop=is_loop)
    told = measure(made, RATE_HZ)
    assert told.integrated_lufs == pytest.approx(-23.0, abs=1.0)
    assert told.true_peak_dbtp <= -1.0
    gain_db = 20.0 * np.log10(np.abs(made[::4410, 0]) / np.abs(growing[::4410, 0]))
    assert np.abs(np.diff(gain_db)).max() < 0.2
    if is_loop:
        assert gain_db[-1] == pytest.approx(gain_db[0], abs=0.2)
