"""A clean floor: what a network paints into the gaps of a sound is brought down to what its source has there.

Networks paint gaps greyer than they are, because they hedge. In every band the quiet levels of a painting are moved to
where the same share of the source's own levels lies; they are never raised, and what is loud stays as it is.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from models.audio import FloatArray
from models.audio.mel import MEL

QUIET_SHARES = (0.02, 0.1, 0.25, 0.5, 0.8)
"""Levels are compared at these shares of the time; from the last on nothing is moved."""

MEASURED_FRAMES = 1000
"""A painting is measured by its first ten seconds."""

EVEN_BANDS = 5

Quantiles = npt.NDArray[np.float64]
"""Level under which a band lies for each share of the time, in dB re full scale. [n_shares, n_mels]"""


def quiet_levels(mel: FloatArray) -> Quantiles:
    """Measure how quiet a sound's bands are when they are quiet. [n_frames, n_mels] -> [n_shares, n_mels]."""
    levels: Quantiles = np.quantile(mel, QUIET_SHARES, axis=0)
    return levels


def quieted(parts: Iterable[FloatArray], floor: Quantiles) -> Iterator[FloatArray]:
    """Bring the gaps of a painting down to its source's.

    Args:
        parts: Consecutive parts of the picture, level in dB re full scale. [n_frames, n_mels] each
        floor: `quiet_levels` of the source.

    Yields:
        The same parts, quieter where they are quiet.
    """
    rest = iter(parts)
    held: list[FloatArray] = []
    for part in rest:
        held.append(part)
        if sum(map(len, held)) >= MEASURED_FRAMES:
            break
    painted = quiet_levels(np.concatenate(held))
    lowered_db = uniform_filter1d(np.maximum(painted - floor, 0.0), EVEN_BANDS, axis=1, mode="nearest")
    lowered_db[-1] = 0.0
    for part in held:
        yield _moved(part, painted, lowered_db)
    for part in rest:
        yield _moved(part, painted, lowered_db)


def _moved(part: FloatArray, painted: Quantiles, lowered_db: Quantiles) -> FloatArray:
    moved = part.copy()
    for band in range(part.shape[1]):
        moved[:, band] -= np.interp(part[:, band], painted[:, band], lowered_db[:, band])
    return np.maximum(moved, np.float32(MEL.floor_db))
