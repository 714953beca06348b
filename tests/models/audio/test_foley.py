import dataclasses

import numpy as np
import pytest

from models.audio.foley import PERFORMANCES, Performance, perform
from models.audio.foley.modal import CARDBOARD, WOOD, strike
from models.audio.foley.stage import place, silence
from models.audio.foley.water import bubble
from models.audio.loudness import measure

IDS = [performance.slug for performance in PERFORMANCES]


def centroid_hz(audio: np.ndarray) -> float:
    power = np.square(np.abs(np.fft.rfft(audio.mean(axis=1) if audio.ndim == 2 else audio)))
    return float((np.fft.rfftfreq(len(audio), 1 / 44100) * power).sum() / power.sum())


def test_slugs_and_seeds_are_unique_and_there_are_a_few_minutes_in_all() -> None:
    assert len(set(IDS)) == len(IDS)
    assert len({performance.seed for performance in PERFORMANCES}) == len(PERFORMANCES)
    assert 10 <= len(PERFORMANCES) <= 16
    assert 120.0 <= sum(performance.seconds for performance in PERFORMANCES) <= 300.0
    assert all(15.0 <= performance.seconds <= 25.0 for performance in PERFORMANCES)


@pytest.mark.parametrize("performance", PERFORMANCES, ids=IDS)
def test_a_performance_is_quiet_stereo_and_begins_and_ends_at_zero(performance: Performance) -> None:
    played = perform(performance)
    assert played.shape == (round(performance.seconds * 44100), 2)
    assert played.dtype == np.float32
    assert np.isfinite(played).all()
    loudness = measure(played, 44100)
    assert loudness.true_peak_dbtp <= -3.0
    assert loudness.integrated_lufs is not None
    assert -36.0 < loudness.integrated_lufs <= -26.0
    assert np.abs(played[[0, -1]]).max() < 1e-3
    assert np.abs(played.mean(axis=0)).max() < 1e-4
    assert np.corrcoef(played.T)[0, 1] < 0.95


def test_a_performance_sounds_the_same_every_time_and_another_seed_otherwise() -> None:
    clock = next(performance for performance in PERFORMANCES if performance.slug == "clock")
    np.testing.assert_array_equal(perform(clock), perform(clock))
    assert not np.array_equal(perform(clock), perform(dataclasses.replace(clock, seed=clock.seed + 1)))


def test_wood_is_brighter_than_cardboard_and_rings_longer() -> None:
    dice = np.random.default_rng(0)
    cardboard, wood = (strike(body, dice, contact_s=0.0004) for body in (CARDBOARD, WOOD))
    assert centroid_hz(wood) > 1.5 * centroid_hz(cardboard)

    def ring_s(struck: np.ndarray) -> float:
        energy = np.cumsum(np.square(struck[::-1]))[::-1]
        return float(np.searchsorted(-energy, -energy[0] * 1e-3)) / 44100

    assert ring_s(wood) > 1.2 * ring_s(cardboard)


def test_a_struck_body_rings_at_its_modes() -> None:
    struck = strike(WOOD, np.random.default_rng(1), contact_s=0.0003)
    power = np.abs(np.fft.rfft(struck, 44100))
    for mode_hz in WOOD.modes_hz[:3]:
        around = power[int(mode_hz * 0.9) : int(mode_hz * 1.1)]
        assert abs(int(around.argmax()) + int(mode_hz * 0.9) - mode_hz) < 0.02 * mode_hz


def test_no_two_strikes_are_alike() -> None:
    dice = np.random.default_rng(0)
    assert not np.array_equal(strike(WOOD, dice, contact_s=0.0005), strike(WOOD, dice, contact_s=0.0005))


def test_a_bubble_rings_at_minnaerts_pitch_and_rises() -> None:
    still = bubble(3.0, np.random.default_rng(0), rise=0.0)
    assert np.abs(np.fft.rfft(still, 44100)).argmax() == pytest.approx(1000, abs=30)
    rising = bubble(3.0, np.random.default_rng(0), rise=0.25)
    crossings = np.flatnonzero(np.diff(np.signbit(rising)))
    assert np.diff(crossings)[20:24].mean() < np.diff(crossings)[:4].mean()


def test_a_sound_from_the_left_is_louder_and_earlier_at_the_left_ear() -> None:
    stage = silence(0.1)
    place(stage, np.ones(10, np.float32), at_s=0.01, side=-0.6)
    assert np.abs(stage[:, 0]).max() > np.abs(stage[:, 1]).max() > 0.0
    assert np.flatnonzero(stage[:, 0])[0] < np.flatnonzero(stage[:, 1])[0]


def test_what_reaches_beyond_the_stage_is_cut() -> None:
    stage = silence(0.01)
    place(stage, np.ones(10_000, np.float32), at_s=0.005, side=0.0)
    place(stage, np.ones(10, np.float32), at_s=5.0, side=0.0)
    assert len(stage) == 441
