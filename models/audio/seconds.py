"""The samples under each one-second window, in step with the mel picture's windows, for ears that hear no pictures."""

import numpy as np

from models.audio import FloatArray
from models.audio.mel import MEL
from models.audio.windows import WINDOW_FRAMES, WINDOW_HOP_FRAMES

SECOND_SAMPLES = WINDOW_FRAMES * MEL.hop_samples
HOP_SAMPLES = WINDOW_HOP_FRAMES * MEL.hop_samples


class SecondStream:
    """Samples of window after window from a growing recording; as much is held as was pushed and not yet taken."""

    def __init__(self) -> None:
        """Start before the first sample."""
        self._pending: list[FloatArray] = []

    def push(self, block: FloatArray) -> None:
        """Add samples.

        Args:
            block: The next samples, mono, 44.1 kHz. [n_samples]
        """
        self._pending.append(block)

    def take(self, n_windows: int) -> FloatArray:
        """Take the samples of the next windows; window i starts at i times half a second.

        A window's picture is complete a hundredth of a second before its samples are, and a clip may be shorter than a
        window: what lies beyond the last sample pushed is silence.

        Args:
            n_windows: How many windows of the picture are complete.

        Returns:
            [n_windows, 44100]
        """
        audio = np.concatenate([*self._pending, np.zeros(0, dtype=np.float32)])
        n_needed = max(0, n_windows - 1) * HOP_SAMPLES + SECOND_SAMPLES
        padded = np.concatenate([audio, np.zeros(max(0, n_needed - len(audio)), dtype=np.float32)])
        seconds = np.lib.stride_tricks.sliding_window_view(padded, SECOND_SAMPLES)[::HOP_SAMPLES][:n_windows].copy()
        self._pending = [audio[n_windows * HOP_SAMPLES :].copy()]
        return seconds


def seconds_of(audio: FloatArray, n_windows: int) -> FloatArray:
    """Cut the samples under a whole clip's windows. [n_samples] -> [n_windows, 44100]."""
    stream = SecondStream()
    stream.push(audio)
    return stream.take(n_windows)
