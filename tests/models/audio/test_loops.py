import numpy as np
import pytest
import scipy.signal

from models.audio import FloatArray
from models.audio.floor import quiet_levels, quieted
from models.audio.loops import LEAD_FRAMES, TURN_FRAMES, closed, faded, with_a_turn
from tests.models.audio.signals import RATE_HZ, noise, sine

N_SAMPLES = 2 * RATE_HZ
RENDERED_S = 2.0 + (LEAD_FRAMES + TURN_FRAMES) / 100.0


def low_noise() -> FloatArray:
    sos = scipy.signal.butter(8, 3000.0, fs=RATE_HZ, output="sos")
    return scipy.signal.sosfilt(sos, noise(RENDERED_S, n_channels=2), axis=0).astype(np.float32)


@pytest.mark.parametrize(
    "rendered", [low_noise(), np.repeat(sine(301.7, RENDERED_S), 2, axis=1)], ids=["noise", "tone"]
)
def test_a_loop_goes_round_without_a_click(rendered: FloatArray) -> None:
    blocks = (rendered[first : first + 7000] for first in range(0, len(rendered), 7000))
    loop = np.concatenate(list(closed(blocks, N_SAMPLES, n_context=500)))[500:-500]
    assert loop.shape == (N_SAMPLES, 2)
    round_and_round = np.concatenate([loop, loop])[:, 0]
    sos = scipy.signal.butter(8, 9000.0, "highpass", fs=RATE_HZ, output="sos")
    high = scipy.signal.sosfilt(sos, round_and_round)[N_SAMPLES - 50 : N_SAMPLES + 400]
    assert 20.0 * np.log10(np.abs(high).max() / round_and_round.std()) < -60.0
    levels = [each.std() for each in np.split(round_and_round[N_SAMPLES - 22050 : N_SAMPLES + 22050], 10)]
    assert np.abs(20.0 * np.log10(np.divide(levels, loop.std()))).max() < 3.0


def test_what_lies_around_a_loop_is_the_loop_itself() -> None:
    around = np.concatenate(list(closed([low_noise()], N_SAMPLES, n_context=500)))
    np.testing.assert_array_equal(around[-500:], around[500:1000])
    # The crossing is nearly over so close to the end.
    np.testing.assert_allclose(around[400:500], around[N_SAMPLES + 400 : N_SAMPLES + 500], atol=0.02)


def test_a_turn_goes_on_with_the_pictures_own_beginning() -> None:
    picture = np.arange(301, dtype=np.float32)[:, None] * np.ones(128, np.float32)
    picture[-1] = picture[0]
    turned = np.concatenate(list(with_a_turn(picture[first : first + 33] for first in range(0, 301, 33))))
    assert turned[:, 0].tolist() == [*range(300), *range(LEAD_FRAMES + TURN_FRAMES + 1)]


def test_ends_are_faded_whatever_the_blocks() -> None:
    ones = np.ones((RATE_HZ, 2), np.float32)
    for size in (100, 4410, RATE_HZ):
        blocks = (ones[first : first + size] for first in range(0, RATE_HZ, size))
        made = np.concatenate(list(faded(blocks, RATE_HZ, in_s=0.02, out_s=0.05)))
        assert made[0].tolist() == made[-1].tolist() == [0.0, 0.0]
        assert np.all(made[882:-2206] == 1.0)
        assert np.all(np.diff(made[:882, 0]) >= 0.0)


def test_gaps_are_as_quiet_as_the_sources_and_what_is_loud_stays() -> None:
    rng = np.random.default_rng(0)
    source = rng.normal(-85.0, 2.0, (600, 128)).astype(np.float32)
    painted = rng.normal(-65.0, 2.0, (600, 128)).astype(np.float32)
    source[::10] = painted[::10] = -20.0
    cleaned = np.concatenate(list(quieted([painted[:350], painted[350:]], quiet_levels(source))))
    assert np.median(cleaned) == pytest.approx(-85.0, abs=1.5)
    np.testing.assert_array_equal(cleaned[::10], painted[::10])
    unchanged = np.concatenate(list(quieted([source], quiet_levels(painted))))
    np.testing.assert_array_equal(unchanged, source)
