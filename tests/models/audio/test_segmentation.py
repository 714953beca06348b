import itertools

import numpy as np
import pytest

from models.audio.segmentation import Caution, Segment, audible, segment, smooth
from models.errors import BadSetting

LABELS = ("background_other", "brushing", "nail_tapping")


def heard(*stretches: tuple[str, int], sure: float = 0.9) -> np.ndarray:
    """Probabilities of stretches of (label, windows)."""
    rows = []
    for label, n_windows in stretches:
        row = np.full(len(LABELS), (1.0 - sure) / (len(LABELS) - 1), dtype=np.float32)
        row[LABELS.index(label)] = sure
        rows += [row] * n_windows
    return np.array(rows, dtype=np.float32)


def found(probabilities: np.ndarray, *, min_confidence: float = 0.3, **options: object) -> list[Segment]:
    return segment(probabilities, LABELS, caution=Caution(0.0, min_confidence), **options)


def test_a_recording_of_one_trigger_is_one_sound_from_end_to_end() -> None:
    (only,) = found(heard(("brushing", 19)))
    assert (only.start_s, only.end_s, only.trigger) == (0.0, 10.0, "brushing")
    assert (only.first_window, only.last_window) == (0, 18)
    assert only.confidence == pytest.approx(0.9, abs=1e-3)


def test_a_clip_of_one_window_is_a_sound() -> None:
    (only,) = found(heard(("nail_tapping", 1)))
    assert (only.start_s, only.end_s) == (0.0, 1.0)


def test_a_clip_shorter_than_a_window_is_a_sound_too() -> None:
    (only,) = found(heard(("nail_tapping", 1)), duration_s=0.6)
    assert (only.start_s, only.end_s) == (0.0, 0.6)


def test_two_triggers_meet_without_gap_or_overlap() -> None:
    first, second = found(heard(("brushing", 10), ("nail_tapping", 10)))
    assert (first.trigger, second.trigger) == ("brushing", "nail_tapping")
    assert first.end_s == second.start_s == 5.25


def test_background_belongs_to_no_sound() -> None:
    first, second = found(heard(("brushing", 8), ("background_other", 8), ("brushing", 8)))
    assert first.end_s == 4.25
    assert second.start_s == 8.25


def test_a_single_doubtful_window_does_not_cut_a_sound() -> None:
    probabilities = heard(("brushing", 8), ("nail_tapping", 1), ("brushing", 8), sure=0.7)
    assert [sound.trigger for sound in found(probabilities)] == ["brushing"]


def test_a_sure_change_of_some_seconds_is_kept() -> None:
    probabilities = heard(("brushing", 10), ("nail_tapping", 6), ("brushing", 10), sure=0.95)
    assert [sound.trigger for sound in found(probabilities)] == ["brushing", "nail_tapping", "brushing"]


def test_silence_ends_a_sound_and_a_pause_between_taps_does_not() -> None:
    probabilities = heard(("nail_tapping", 40))
    levels_db = np.full(40, -30.0, dtype=np.float32)
    levels_db[10:12] = -90.0
    levels_db[20:30] = -90.0
    first, second = found(probabilities, levels_db=levels_db)
    assert (first.first_window, first.last_window) == (0, 19)
    assert (second.first_window, second.last_window) == (30, 39)


def test_a_silent_recording_holds_no_sound() -> None:
    assert found(heard(("brushing", 10)), levels_db=np.full(10, -95.0, dtype=np.float32)) == []


def test_silence_is_judged_by_the_recordings_own_level() -> None:
    quiet_recording = np.array([-60.0] * 10 + [-74.0] * 10, dtype=np.float32)
    loud_recording = np.array([-10.0] * 10 + [-60.0] * 10, dtype=np.float32)
    assert audible(quiet_recording).all()
    assert audible(loud_recording).tolist() == [True] * 10 + [False] * 10


def test_long_stretches_are_split_evenly_under_the_limit() -> None:
    sounds = found(heard(("brushing", 301)), max_s=60.0, duration_s=151.3)
    assert all(sound.end_s - sound.start_s <= 60.0 for sound in sounds)
    assert all(one.end_s == next_one.start_s for one, next_one in itertools.pairwise(sounds))
    assert (sounds[0].start_s, sounds[-1].end_s) == (0.0, 151.3)
    lengths_s = [sound.end_s - sound.start_s for sound in sounds]
    assert max(lengths_s) - min(lengths_s) <= 2.0


@pytest.mark.parametrize("n_windows", [118, 119, 120, 121, 122, 240, 1000])
def test_no_sound_is_ever_longer_than_the_limit(n_windows: int) -> None:
    end_s = (n_windows + 1) * 0.5 + 0.49
    sounds = found(heard(("background_other", 4), ("brushing", n_windows)), duration_s=end_s + 2.0)
    assert max(sound.end_s - sound.start_s for sound in sounds) <= 60.0


def test_sounds_of_little_confidence_are_left_out() -> None:
    probabilities = heard(("brushing", 10), sure=0.5)
    assert len(found(probabilities, min_confidence=0.45)) == 1
    assert found(probabilities, min_confidence=0.55) == []


def test_sounds_that_are_too_short_are_left_out() -> None:
    probabilities = heard(("background_other", 10), ("brushing", 5), ("background_other", 10), sure=0.98)
    assert len(found(probabilities, min_s=2.5)) == 1
    assert found(probabilities, min_s=3.0) == []


def test_the_last_sound_ends_with_the_recording() -> None:
    (only,) = found(heard(("brushing", 5)), duration_s=3.4)
    assert only.end_s == 3.4


def test_no_windows_give_no_sounds() -> None:
    assert found(np.empty((0, 3), dtype=np.float32)) == []


def test_probabilities_must_fit_the_labels() -> None:
    with pytest.raises(BadSetting):
        found(np.ones((4, 2), dtype=np.float32))


def test_smoothing_keeps_sums_and_calms_a_flicker() -> None:
    probabilities = heard(("brushing", 3), ("nail_tapping", 1), ("brushing", 3), sure=1.0)
    smoothed = smooth(probabilities)
    assert smoothed.shape == probabilities.shape
    np.testing.assert_allclose(smoothed.sum(axis=1), 1.0, atol=1e-6)
    assert smoothed[3, 2] == pytest.approx(0.5, abs=1e-3)


def test_smoothing_makes_an_even_recording_a_little_surer() -> None:
    smoothed = smooth(heard(("brushing", 6), sure=0.7))
    assert np.all((smoothed[:, 1] > 0.7) & (smoothed[:, 1] < 0.75))
