"""Which of several draws resembles the chosen sound most, as the catalogue hears resemblance."""

from collections.abc import Callable, Iterable

import numpy as np

from models.audio import FloatArray
from models.inference.path import Numbers

N_DRAWS = 4
"""Draws that a network makes to keep one. Of 200 variations of held-out sounds by `latent_cgan` at strength 0.5 and 1
the kept one's distance from its source (cosine, of embeddings) was 0.09 and 0.38 on average, the first one's 0.12 and
0.50."""
N_HEARD = 4
"""Windows of a draw that are painted to be compared, spread over all of it."""

Hear = Callable[[FloatArray], FloatArray]
"""Windows, level in dB -> embeddings of length 1. [n, 100, 128] -> [n, 256]"""


def nearest(source: FloatArray, draws: Iterable[FloatArray], hear: Hear) -> int:
    """Find the draw whose mean embedding lies nearest to the source's.

    Args:
        source: Windows, level in dB. [n, 100, 128]
        draws: Windows of each draw, level in dB. [n, 100, 128] each
        hear: Whose embeddings are compared.

    Returns:
        Its ordinal; the first of equals.
    """
    wanted = _mean_embedding(source, hear)
    return int(np.argmax([float(_mean_embedding(draw, hear) @ wanted) for draw in draws]))


def some_of(n_windows: int) -> Numbers:
    """Choose the windows that are compared. -> [N_HEARD or fewer]."""
    return np.unique(np.linspace(0, n_windows - 1, N_HEARD).round().astype(np.int64))


def _mean_embedding(windows: FloatArray, hear: Hear) -> FloatArray:
    mean = hear(windows).mean(axis=0)
    unit: FloatArray = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return unit
