"""From a picture of any length to overlapping windows, and back: how one-second networks make a minute of sound."""

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.windows import FRAMES_PER_S, WINDOW_FRAMES

STEP_FRAMES = WINDOW_FRAMES // 2
"""Half a window: each frame of the result is a cross-fade of two windows."""

WINDOWS_PER_ANCHOR = 4
"""A free path through a network's space changes its goal every two seconds."""


def n_windows_for(seconds: float) -> int:
    """How many windows cover a result of this length (s)."""
    n_frames = n_frames_for(seconds)
    return 1 + max(0, -(-(n_frames - WINDOW_FRAMES) // STEP_FRAMES))


def n_frames_for(seconds: float) -> int:
    """Frames of a centred picture of this length (s): one at each end."""
    return round(seconds * FRAMES_PER_S) + 1


def walk(mel: FloatArray, n_windows: int, rng: np.random.Generator) -> FloatArray:
    """Go through a source window by window, on and on.

    The first pass is the source itself in order. Where it ends before the result does, the walk goes on from somewhere
    in its first half: a loop that always restarts at the same place is heard as one.

    Args:
        mel: The source. [n_frames, n_mels]
        n_windows: How many windows to visit, each half a second after the one before.
        rng: Where the restarts come from.

    Returns:
        [n_windows, 100, n_mels]
    """
    n_frames = len(mel)
    if n_frames < WINDOW_FRAMES:
        # A clip shorter than a window goes back and forth until it fills one.
        there_and_back = np.concatenate([mel, mel[::-1]])
        mel = np.tile(there_and_back, (-(-WINDOW_FRAMES // len(there_and_back)), 1))[:WINDOW_FRAMES]
        n_frames = WINDOW_FRAMES
    last_start = n_frames - WINDOW_FRAMES
    starts, start = [], 0
    for _ in range(n_windows):
        if start > last_start:
            start = int(rng.integers(0, last_start // 2 + 1))
        starts.append(start)
        start += STEP_FRAMES
    windows: FloatArray = mel[np.array(starts)[:, None] + np.arange(WINDOW_FRAMES)]
    return windows


def join(windows: FloatArray, n_frames: int) -> FloatArray:
    """Lay windows half over each other and fade from one to the next.

    The fades are raised cosines that add up to one at every frame, so that nothing tells where a window began.

    Args:
        windows: [n_windows, 100, n_mels]
        n_frames: Length of the result, at most what the windows cover.

    Returns:
        [n_frames, n_mels]
    """
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(STEP_FRAMES) + 0.5) / STEP_FRAMES)
    joined = np.zeros(((len(windows) + 1) * STEP_FRAMES, windows.shape[2]), dtype=np.float32)
    for ordinal, window in enumerate(windows):
        weight = np.concatenate([rise, 1.0 - rise])
        if ordinal == 0:
            weight[:STEP_FRAMES] = 1.0
        if ordinal == len(windows) - 1:
            weight[STEP_FRAMES:] = 1.0
        first = ordinal * STEP_FRAMES
        joined[first : first + WINDOW_FRAMES] += (window * weight[:, None]).astype(np.float32)
    return joined[:n_frames]


def smooth_path(anchors: FloatArray, n_windows: int) -> FloatArray:
    """Go smoothly from anchor to anchor.

    Args:
        anchors: Points that the path passes, one every WINDOWS_PER_ANCHOR windows. [n_anchors, width]
        n_windows: Points of the path.

    Returns:
        [n_windows, width]
    """
    position = np.arange(n_windows) / WINDOWS_PER_ANCHOR
    before = np.minimum(position.astype(int), len(anchors) - 1)
    after = np.minimum(before + 1, len(anchors) - 1)
    share = (0.5 - 0.5 * np.cos(np.pi * (position - np.floor(position))))[:, None]
    path: FloatArray = (anchors[before] * (1.0 - share) + anchors[after] * share).astype(np.float32)
    return path


def n_anchors_for(n_windows: int) -> int:
    """Anchors that a path of n_windows needs."""
    return 1 + -(-n_windows // WINDOWS_PER_ANCHOR)


def draw_rows(n_rows: int, n_drawn: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Draw rows of a table, no row twice in a row where the table has more than one.

    Args:
        n_rows: Rows of the table, at least 1.
        n_drawn: How many to draw.
        rng: Where they come from.

    Returns:
        [n_drawn]
    """
    steps = rng.integers(1, n_rows, n_drawn) if n_rows > 1 else np.zeros(n_drawn, dtype=np.int64)
    rows: npt.NDArray[np.int64] = (int(rng.integers(n_rows)) + np.cumsum(steps)) % n_rows
    return rows
