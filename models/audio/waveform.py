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
    if len(audio) == 0:
        return [0.0] * n_points
    levels = np.abs(audio).reshape(len(audio), -1).max(axis=1)
    edges = np.arange(n_points) * len(levels) // n_points
    columns = np.minimum(np.maximum.reduceat(levels, edges), 1.0)
    return [round(float(level), 3) for level in columns]
