"""From a picture of any length to overlapping windows, and back: how one-second networks make a minute of sound."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from models.audio import FloatArray
from models.audio.windows import FRAMES_PER_S, WINDOW_FRAMES

STEP_FRAMES = WINDOW_FRAMES // 4
"""Four windows share each frame: where they disagree in their grain it is averaged evenly, and no edge shows."""

WANDER_FRAMES = 8
"""How far a window may lie off that grid: what every window does at the same place must not become a beat."""

WINDOWS_PER_ANCHOR = 8
"""A free path through a network's space changes its goal every two seconds."""

TREND_FRAMES = 9
MOST_GRAIN = 2.0
"""Grain is given back up to this factor; four windows that have nothing in common ask for 1.6."""


def n_frames_for(seconds: float) -> int:
    """Frames of a centred picture of this length (s): one at each end."""
    return round(seconds * FRAMES_PER_S) + 1


def place(n_frames: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Choose where windows begin so that together they cover a result, a quarter of a second apart, give or take.

    Args:
        n_frames: Length of the result.
        rng: Where the give and take comes from.

    Returns:
        First frames, the first of them 0. [n_windows]
    """
    n_windows = 1 + max(0, -(-(n_frames - WINDOW_FRAMES + WANDER_FRAMES) // STEP_FRAMES))
    first_frames = np.arange(n_windows) * STEP_FRAMES + rng.integers(-WANDER_FRAMES, WANDER_FRAMES + 1, n_windows)
    first_frames[0] = 0
    return first_frames


def walk(mel: FloatArray, first_frames: npt.NDArray[np.int64], rng: np.random.Generator) -> FloatArray:
    """Go through a source window by window, on and on.

    The first pass is the source itself in order. Where it ends before the result does, the walk goes on from somewhere
    in its first half: a loop that always restarts at the same place is heard as one.

    Args:
        mel: The source. [n_frames, n_mels]
        first_frames: Where the windows lie in the result. [n_windows]
        rng: Where the restarts come from.

    Returns:
        [n_windows, 100, n_mels]
    """
    if len(mel) < WINDOW_FRAMES:
        # A clip shorter than a window goes back and forth until it fills one.
        there_and_back = np.concatenate([mel, mel[::-1]])
        mel = np.tile(there_and_back, (-(-WINDOW_FRAMES // len(there_and_back)), 1))[:WINDOW_FRAMES]
    last_start = len(mel) - WINDOW_FRAMES
    starts, restarted_by = [], 0
    for first_frame in first_frames.tolist():
        if first_frame - restarted_by > last_start:
            restarted_by = first_frame - int(rng.integers(0, last_start // 2 + 1))
        starts.append(max(first_frame - restarted_by, 0))
    windows: FloatArray = mel[np.array(starts)[:, None] + np.arange(WINDOW_FRAMES)]
    return windows


def join(windows: FloatArray, first_frames: npt.NDArray[np.int64], n_frames: int) -> FloatArray:
    """Lay windows over each other, fade from one to the next, and give back the grain that averaging takes.

    Args:
        windows: [n_windows, 100, n_mels]
        first_frames: Where they lie. [n_windows]
        n_frames: Length of the result, at most what the windows cover.

    Returns:
        [n_frames, n_mels]
    """
    n_covered = int(first_frames.max()) + WINDOW_FRAMES
    hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(WINDOW_FRAMES) + 0.5) / WINDOW_FRAMES)
    joined = np.zeros((n_covered, windows.shape[2]), dtype=np.float32)
    total = np.zeros((n_covered, 1), dtype=np.float32)
    for first_frame, window in zip(first_frames.tolist(), windows, strict=True):
        frames = slice(first_frame, first_frame + WINDOW_FRAMES)
        joined[frames] += (window * hann[:, None]).astype(np.float32)
        total[frames] += hann[:, None].astype(np.float32)
    joined /= total
    trend = _trend(joined)
    grain = joined - trend
    wanted = np.mean([np.abs(window - _trend(window)).mean(axis=0) for window in windows], axis=0)
    gain = np.clip(wanted / (np.abs(grain).mean(axis=0) + 1e-6), 1.0, MOST_GRAIN)
    regrained: FloatArray = (trend + gain * grain).astype(np.float32)
    return regrained[:n_frames]


def _trend(mel: FloatArray) -> FloatArray:
    """What is left of each band's level when a tenth of a second is averaged. [n_frames, n_mels] -> same."""
    trend: FloatArray = uniform_filter1d(mel, TREND_FRAMES, axis=0, mode="nearest")
    return trend


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
