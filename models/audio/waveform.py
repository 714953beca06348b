"""The outline of a sound, to draw."""

import numpy as np

from models.audio import FloatArray


def peaks(audio: FloatArray, n_points: int = 800) -> list[float]:
    """Find the highest level in each of n_points equal columns.

    Args:
        audio: Samples. [n_samples, n_channels] or [n_samples]
        n_points: Columns; a sound with fewer samples repeats some.

    Returns:
        Level over all channels, 0 to 1, in steps of a thousandth: ready for JSON. n_points long, zeros for no samples.
    """
    stream = PeakStream(len(audio), n_points)
    stream.push(audio)
    return stream.finish()


class PeakStream:
    """The same outline from blocks of any length, of a sound whose length is known before."""

    def __init__(self, n_samples: int, n_points: int = 800) -> None:
        """Start before the first sample.

        Args:
            n_samples: Of the whole sound.
            n_points: Columns; a sound with fewer samples repeats some.
        """
        self._edges = np.arange(n_points) * n_samples // n_points
        self._columns = np.zeros(n_points, dtype=np.float32)
        self._n_passed = 0

    def push(self, block: FloatArray) -> None:
        """Add the next samples. [n_samples, n_channels] or [n_samples]."""
        if len(block) == 0:
            return
        levels = np.abs(block).reshape(len(block), -1).max(axis=1)
        begun = self._edges - self._n_passed
        # The column that goes on; where there are fewer samples than columns, several begin at the same sample.
        first = int(np.searchsorted(begun, begun[np.searchsorted(begun, 0, side="right") - 1]))
        last = int(np.searchsorted(begun, len(block), side="left"))
        starts = np.maximum(begun[first:last], 0)
        self._columns[first:last] = np.maximum(self._columns[first:last], np.maximum.reduceat(levels, starts))
        self._n_passed += len(block)

    def finish(self) -> list[float]:
        """Give the outline, as `peaks` does."""
        return [round(float(level), 3) for level in np.minimum(self._columns, 1.0)]
