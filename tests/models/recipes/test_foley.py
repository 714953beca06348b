"""Seconds made by formulas sound as the physics behind them says."""

import numpy as np
import pytest

from models.recipes.foley import foley, made_labels
from models.recipes.foley.matter import N_SAMPLES, RATE_HZ, regular_times
from models.recipes.foley.struck import with_floor
from models.recipes.foley.water import bubble


def seconds(label: str, n: int) -> np.ndarray:
    return np.stack([foley(label, np.random.default_rng([5, seed])) for seed in range(n)])


def centroids_hz(sounds: np.ndarray) -> np.ndarray:
    power = np.square(np.abs(np.fft.rfft(sounds, axis=1)))
    return power @ np.fft.rfftfreq(N_SAMPLES, 1.0 / RATE_HZ) / power.sum(axis=1)


@pytest.mark.parametrize("label", sorted(set(made_labels())))
def test_every_second_is_whole_at_one_level_and_another_for_another_seed(label: str) -> None:
    sounds = seconds(label, 4)
    assert sounds.shape == (4, N_SAMPLES)
    np.testing.assert_allclose(np.sqrt(np.mean(np.square(sounds, dtype=np.float64), axis=1)), 1.0, atol=1e-3)
    np.testing.assert_array_equal(sounds, seconds(label, 4))
    assert np.abs(np.corrcoef(sounds) - np.eye(4)).max() < 0.9


@pytest.mark.parametrize(("label", "seeds"), [("water", (86, 488)), ("eating_mukbang", (57, 58, 73))])
def test_a_second_without_a_single_event_is_no_constant(label: str, seeds: tuple[int, ...]) -> None:
    for seed in seeds:
        assert abs(np.mean(foley(label, np.random.default_rng([5, seed])))) < 0.01


def test_a_room_in_which_nothing_is_struck_is_no_constant() -> None:
    heard = with_floor(np.random.default_rng(0), np.zeros(N_SAMPLES))
    assert abs(np.mean(heard)) < 0.01 * np.sqrt(np.mean(np.square(heard)))


@pytest.mark.parametrize("radius_mm", [1.0, 3.0, 6.0])
def test_a_bubble_rings_at_minnaerts_pitch_and_a_larger_one_longer(radius_mm: float) -> None:
    rung = bubble(np.random.default_rng(1), radius_mm / 1000.0)
    spectrum = np.abs(np.fft.rfft(rung, 1 << 16))
    loudest_hz = np.argmax(spectrum) * RATE_HZ / (1 << 16)
    assert loudest_hz == pytest.approx(3000.0 / radius_mm, rel=0.1)
    assert len(rung) > len(bubble(np.random.default_rng(1), 0.5 * radius_mm / 1000.0))


def test_a_hand_that_repeats_keeps_its_rate_and_its_unevenness() -> None:
    gaps = np.diff([regular_times(np.random.default_rng(seed), 5.0, 0.2)[:8] for seed in range(500)], axis=1)
    assert gaps.mean() == pytest.approx(0.2, rel=0.02)
    assert gaps.std() / gaps.mean() == pytest.approx(0.2, rel=0.1)


def pitches_hz(sounds: np.ndarray) -> np.ndarray:
    lags = np.arange(RATE_HZ // 350, RATE_HZ // 70)
    power = np.square(np.abs(np.fft.rfft(sounds, 2 * N_SAMPLES, axis=1)))
    return RATE_HZ / lags[np.fft.irfft(power, axis=1)[:, lags].argmax(axis=1)]


def test_women_speak_and_whisper_higher_than_men_and_sand_is_brighter_than_slime() -> None:
    assert np.median(pitches_hz(seconds("talking_woman", 20))) > 1.3 * np.median(pitches_hz(seconds("talking_man", 20)))
    for brighter, darker in (("whispering_woman", "whispering_man"), ("sand_crushing", "slime")):
        assert np.median(centroids_hz(seconds(brighter, 20))) > np.median(centroids_hz(seconds(darker, 20)))


def test_taps_stand_out_of_silence_and_rain_does_not() -> None:
    def crest(label: str) -> float:
        return float(np.median(np.abs(seconds(label, 20)).max(axis=1)))

    assert crest("nail_tapping") > 1.5 * crest("brushing")
    assert crest("clock_ticking") > 1.5 * crest("rain")
