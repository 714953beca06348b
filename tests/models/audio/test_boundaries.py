"""The exact ends of sounds: a coarse picture and its greatest change nearby."""

import numpy as np
import pytest

from models.audio.boundaries import REACH_S, STEP_S, OutlineStream, nearest_change
from models.audio.segmentation import Caution, segment

LABELS = ("background_other", "brushing", "nail_tapping")


def picture(change_s: float, seconds: float = 6.0) -> np.ndarray:
    """A mel picture whose low bands fall silent and whose high bands begin at one moment."""
    mel = np.full((round(100 * seconds), 128), -80.0, dtype=np.float32)
    mel[: round(100 * change_s), :64] = -30.0
    mel[round(100 * change_s) :, 64:] = -30.0
    return mel


@pytest.mark.parametrize("error_s", [-0.4, 0.0, 0.4])
def test_a_rough_boundary_is_moved_to_the_change(error_s: float) -> None:
    outline = OutlineStream().push(picture(3.1))
    assert nearest_change(outline, 3.1 + error_s) == pytest.approx(3.1, abs=STEP_S)


def test_a_boundary_is_never_moved_further_than_its_reach() -> None:
    outline = OutlineStream().push(picture(3.1))
    assert abs(nearest_change(outline, 1.5) - 1.5) <= REACH_S + STEP_S


def test_nothing_to_look_at_leaves_the_boundary_where_it_is() -> None:
    assert nearest_change(OutlineStream().push(np.empty((0, 128), dtype=np.float32)), 2.0) == 2.0


def test_a_streamed_outline_is_the_whole_ones() -> None:
    mel = picture(3.1)
    stream = OutlineStream()
    parts = [stream.push(part) for part in np.split(mel, [1, 7, 203, 204])]
    np.testing.assert_array_equal(np.concatenate(parts), OutlineStream().push(mel))


def test_two_triggers_still_meet_when_their_boundary_is_moved() -> None:
    probabilities = np.full((11, 3), 0.02, dtype=np.float32)
    probabilities[:5, 1] = probabilities[5:, 2] = 0.96
    first, second = segment(probabilities, LABELS, duration_s=6.0, outline=OutlineStream().push(picture(3.1)))
    assert first.end_s == second.start_s == pytest.approx(3.1, abs=STEP_S)
    assert (first.start_s, second.end_s) == (0.0, 6.0)


def test_background_is_believed_a_little_more_than_its_probability_says() -> None:
    doubtful = np.tile(np.array([0.25, 0.5, 0.25], dtype=np.float32), (10, 1))
    assert segment(doubtful, LABELS) == []
    assert len(segment(doubtful, LABELS, caution=Caution(0.0, 0.4))) == 1


def between_silences(before_s: float, sound_s: float, behind_s: float) -> np.ndarray:
    mel = np.full((round(100 * (before_s + sound_s + behind_s)), 128), -95.0, dtype=np.float32)
    mel[round(100 * before_s) : round(100 * (before_s + sound_s))] = -30.0
    return mel


@pytest.mark.parametrize(
    ("before_s", "sound_s", "behind_s", "span_s"),
    [
        (0.9, 5.0, 0.9, (0.9, 5.9)),
        (0.0, 3.0, 0.6, (0.0, 3.0)),
        (0.6, 3.0, 0.0, (0.6, 3.6)),
        (1.0, 0.8, 1.0, (1.0, 2.0)),
    ],
    ids=["both", "behind", "before", "a short sound keeps a second"],
)
def test_a_sound_leaves_out_the_silence_that_a_recording_begins_or_ends_with(
    before_s: float, sound_s: float, behind_s: float, span_s: tuple[float, float]
) -> None:
    duration_s = before_s + sound_s + behind_s
    probabilities = np.tile(np.array([0.02, 0.96, 0.02], dtype=np.float32), (round(duration_s / 0.5) - 1, 1))
    outline = OutlineStream().push(between_silences(before_s, sound_s, behind_s))
    (only,) = segment(probabilities, LABELS, duration_s=duration_s, outline=outline)
    assert (only.start_s, only.end_s) == pytest.approx(span_s, abs=STEP_S)
