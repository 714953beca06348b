"""One-second windows over a mel picture: the unit of classification."""

import numpy as np

from models.audio import FloatArray
from models.audio.mel import MEL

FRAMES_PER_S = MEL.sample_rate_hz // MEL.hop_samples
WINDOW_S = 1.0
WINDOW_FRAMES = int(WINDOW_S * FRAMES_PER_S)
WINDOW_HOP_S = 0.5
WINDOW_HOP_FRAMES = int(WINDOW_HOP_S * FRAMES_PER_S)


def cut(mel: FloatArray, *, hop_frames: int = WINDOW_HOP_FRAMES) -> FloatArray:
    """Cut a mel picture into overlapping one-second windows; window i starts at i * hop_frames.

    Only whole windows are cut. A tail shorter than one hop after the last whole window is left out, because a window
    filled up with silence is not what a network was trained on. The one exception is a picture shorter than a window:
    it gives a single window filled up with the floor, so that every clip is heard.

    Args:
        mel: Level in dB re full scale. [n_frames, n_mels]
        hop_frames: Frames between the starts of two windows.

    Returns:
        Windows, a copy. [n_windows, 100, n_mels], n_windows = max(1, 1 + (n_frames - 100) // hop_frames).
    """
    n_frames, n_mels = mel.shape
    if n_frames < WINDOW_FRAMES:
        window = np.full((1, WINDOW_FRAMES, n_mels), MEL.floor_db, dtype=np.float32)
        window[0, :n_frames] = mel
        return window
    starts = np.arange(0, n_frames - WINDOW_FRAMES + 1, hop_frames)
    return mel[starts[:, None] + np.arange(WINDOW_FRAMES)].astype(np.float32, copy=False)


class WindowStream:
    """The same windows from a growing mel picture, in constant memory."""

    def __init__(self, *, hop_frames: int = WINDOW_HOP_FRAMES) -> None:
        """Start before the first frame.

        Args:
            hop_frames: Frames between the starts of two windows, 1 to 100.
        """
        self._hop_frames = hop_frames
        self._pending: FloatArray | None = None
        self._n_windows = 0

    def push(self, frames: FloatArray) -> FloatArray:
        """Add frames and take the windows that they complete.

        Args:
            frames: The next frames, level in dB re full scale. [n_frames, n_mels]

        Returns:
            Windows. [n_windows, 100, n_mels], n_windows may be 0.
        """
        pending = frames if self._pending is None else np.concatenate([self._pending, frames])
        if len(pending) < WINDOW_FRAMES:
            self._pending = pending.copy()
            return np.empty((0, WINDOW_FRAMES, frames.shape[1]), dtype=np.float32)
        windows = cut(pending, hop_frames=self._hop_frames)
        self._n_windows += len(windows)
        self._pending = pending[len(windows) * self._hop_frames :].copy()
        return windows

    def finish(self) -> FloatArray:
        """Take the one filled-up window of a clip shorter than a window; nothing otherwise.

        Returns:
            Windows. [0 or 1, 100, n_mels]
        """
        if self._n_windows == 0 and self._pending is not None:
            self._n_windows = 1
            return cut(self._pending, hop_frames=self._hop_frames)
        return np.empty((0, WINDOW_FRAMES, MEL.n_mels), dtype=np.float32)
