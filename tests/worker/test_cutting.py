import numpy as np
import pytest

from models.audio import FloatArray
from models.audio.segmentation import Segment
from worker.cutting import cuts

RATE_HZ = 100


def a_segment(start_s: float, end_s: float) -> Segment:
    return Segment(start_s, end_s, "rain", 0.9, 0, 0)


def a_ramp(n_samples: int) -> FloatArray:
    return np.arange(n_samples, dtype=np.float32)[:, None] * np.ones((1, 2), dtype=np.float32)


@pytest.mark.parametrize("block_samples", [1, 7, 64, 1000])
def test_cuts_are_the_very_samples_however_the_blocks_fall(block_samples: int) -> None:
    ramp = a_ramp(1000)
    blocks = [ramp[first : first + block_samples] for first in range(0, 1000, block_samples)]
    segments = [a_segment(0.0, 1.0), a_segment(1.0, 2.5), a_segment(4.0, 10.0)]
    found = list(cuts(blocks, segments, sample_rate_hz=RATE_HZ))
    assert [segment for segment, _ in found] == segments
    for segment, audio in found:
        np.testing.assert_array_equal(audio, ramp[int(segment.start_s * RATE_HZ) : int(segment.end_s * RATE_HZ)])


def test_a_sound_that_ends_after_the_recording_is_cut_short() -> None:
    (_, audio), = cuts([a_ramp(150)], [a_segment(1.0, 2.0)], sample_rate_hz=RATE_HZ)  # fmt: skip
    assert len(audio) == 50


def test_a_sound_beyond_the_recording_is_not_given() -> None:
    assert list(cuts([a_ramp(100)], [a_segment(2.0, 3.0)], sample_rate_hz=RATE_HZ)) == []


def test_nothing_is_decoded_after_the_last_sound() -> None:
    blocks = iter([a_ramp(100)] * 3)
    assert len(list(cuts(blocks, [a_segment(0.0, 0.5)], sample_rate_hz=RATE_HZ))) == 1
    assert len(list(blocks)) == 2
