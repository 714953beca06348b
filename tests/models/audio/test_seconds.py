"""Samples under windows: in step with the picture's windows, whatever the blocks."""

import numpy as np
import pytest

from models.audio.mel import MelStream, log_mel
from models.audio.seconds import HOP_SAMPLES, SECOND_SAMPLES, SecondStream, seconds_of
from models.audio.windows import WindowStream, cut


@pytest.mark.parametrize("block_samples", [1000, 44100, 65536, 200_000])
def test_streamed_seconds_are_the_samples_from_each_window_s_start(block_samples: int) -> None:
    audio = np.random.default_rng(0).standard_normal(44100 * 7 + 123).astype(np.float32)
    mel, windows, seconds = MelStream(), WindowStream(), SecondStream()
    taken = []
    for first in range(0, len(audio), block_samples):
        block = audio[first : first + block_samples]
        seconds.push(block)
        taken.append(seconds.take(len(windows.push(mel.push(block)))))
    taken.append(seconds.take(len(windows.push(mel.finish())) + len(windows.finish())))
    together = np.concatenate(taken)
    assert len(together) == len(cut(log_mel(audio)))
    for ordinal, second in enumerate(together):
        there = audio[ordinal * HOP_SAMPLES : ordinal * HOP_SAMPLES + SECOND_SAMPLES]
        np.testing.assert_array_equal(second[: len(there)], there)
        assert not second[len(there) :].any()


def test_a_clip_shorter_than_a_window_is_followed_by_silence() -> None:
    (second,) = seconds_of(np.ones(1000, dtype=np.float32), 1)
    assert second.shape == (SECOND_SAMPLES,)
    assert second.sum() == 1000.0


def test_no_more_is_held_than_the_next_window_needs() -> None:
    seconds = SecondStream()
    for _ in range(50):
        seconds.push(np.zeros(SECOND_SAMPLES, dtype=np.float32))
        seconds.take(2)
    assert sum(map(len, seconds._pending)) <= SECOND_SAMPLES
