import numpy as np
import pytest

from models.audio.windows import WINDOW_FRAMES, WINDOW_HOP_FRAMES, WindowStream, cut


def ramp(n_frames: int) -> np.ndarray:
    """A picture whose every value is the number of its frame."""
    return np.repeat(np.arange(n_frames, dtype=np.float32)[:, None], 128, axis=1)


@pytest.mark.parametrize(("n_frames", "n_windows"), [(1, 1), (99, 1), (100, 1), (149, 1), (150, 2), (1001, 19)])
def test_number_of_windows(n_frames: int, n_windows: int) -> None:
    assert cut(ramp(n_frames)).shape == (n_windows, 100, 128)


def test_window_i_starts_half_a_second_after_the_one_before() -> None:
    for number, window in enumerate(cut(ramp(520))):
        np.testing.assert_array_equal(window[:, 0], np.arange(100) + 50 * number)


def test_windows_leave_no_gap_and_less_than_a_hop_at_the_end() -> None:
    seen = np.unique(cut(ramp(777)))
    np.testing.assert_array_equal(seen, np.arange(len(seen)))
    assert 777 - len(seen) < WINDOW_HOP_FRAMES


def test_a_short_picture_is_filled_up_with_the_floor() -> None:
    (window,) = cut(ramp(30))
    np.testing.assert_array_equal(window[:30], ramp(30))
    assert np.all(window[30:] == -100.0)


def test_another_hop_cuts_denser() -> None:
    assert len(cut(ramp(300), hop_frames=10)) == 21


@pytest.mark.parametrize("n_frames", [1, 99, 100, 101, 149, 150, 777])
@pytest.mark.parametrize("block_frames", [1, 37, 400])
def test_streamed_windows_are_those_of_the_whole(n_frames: int, block_frames: int) -> None:
    picture = ramp(n_frames)
    stream = WindowStream()
    parts = [stream.push(picture[first : first + block_frames]) for first in range(0, n_frames, block_frames)]
    np.testing.assert_array_equal(np.concatenate([*parts, stream.finish()]), cut(picture))


def test_nothing_pushed_gives_no_window() -> None:
    assert WindowStream().finish().shape == (0, WINDOW_FRAMES, 128)


def test_a_long_stream_keeps_less_than_a_window() -> None:
    stream = WindowStream()
    for _ in range(50):
        stream.push(ramp(101))
    assert len(stream._pending) < WINDOW_FRAMES
