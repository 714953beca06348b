"""Which windows a training sees, and how often: rare labels and short recordings more often than their share."""

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.windows import WINDOW_FRAMES, WINDOW_HOP_FRAMES
from models.inference.pictures import QUIETEST_REFERENCE_DB, to_picture
from models.recipes.corpus import Corpus, Windows

RARITY = 0.5
"""Exponent on a label's number of windows: 1 leaves labels as common as they are, 0 makes them equally common."""


def row_shares(windows: Windows, *, rarity: float = RARITY) -> npt.NDArray[np.float64]:
    """How often each window should be drawn.

    Args:
        windows: The table; label -1 (the pool) counts as one more label.
        rarity: Exponent on the number of windows of a label, and of a recording within its label.

    Returns:
        Shares that add up to 1. [n_windows]
    """
    label_share = _thinned(windows.label, rarity)
    recording_share = _thinned(windows.recording, rarity)
    shares = recording_share.copy()
    for label in np.unique(windows.label):
        rows = windows.label == label
        shares[rows] *= label_share[rows].sum() / shares[rows].sum()
    return shares / shares.sum()


def held_in(windows: Windows, held_out_fold: int | None) -> Windows:
    """The windows to learn from: all but those of the held-out fold."""
    return windows if held_out_fold is None else windows.where(windows.fold != held_out_fold)


def held_out(windows: Windows, fold: int) -> Windows:
    """The labelled windows of one fold."""
    return windows.where((windows.fold == fold) & (windows.label >= 0))


class PictureDraw:
    """Draws pictures for the generators: any second of a recording, relative to the recording's own level."""

    def __init__(self, corpus: Corpus, windows: Windows) -> None:
        """Look up what drawing needs.

        Args:
            corpus: The recordings.
            windows: Those to learn from.
        """
        self._corpus = corpus
        self._windows = windows
        self._cumulative = np.cumsum(row_shares(windows))
        self._reference_db = reference_levels_db(corpus)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, npt.NDArray[np.int32]]:
        """Draw pictures.

        Args:
            n: How many.
            rng: Where they come from.

        Returns:
            Pictures in [0, 1] [n, 100, 128] and their labels, -1 for the pool [n].
        """
        rows = np.searchsorted(self._cumulative, rng.random(n) * self._cumulative[-1])
        drawn = self._windows.where(np.minimum(rows, len(self._windows) - 1))
        n_frames = np.diff(self._corpus.frame_offset)[drawn.recording]
        moved = drawn.start_frame + rng.integers(-WINDOW_HOP_FRAMES, WINDOW_HOP_FRAMES + 1, n)
        starts = np.clip(moved, 0, n_frames - WINDOW_FRAMES).astype(np.int32)
        placed = Windows(drawn.recording, starts, drawn.level_dbfs, drawn.label, drawn.fold)
        # A sound's reference is never known exactly: it depends on how much of a recording was cut out.
        level_db = self._reference_db[drawn.recording] + rng.uniform(-10.0, 4.0, n).astype(np.float32)
        return to_picture(self._corpus.mel_of(placed), level_db[:, None, None]), drawn.label


def reference_levels_db(corpus: Corpus) -> FloatArray:
    """Each recording's reference level, in dB re full scale. -> [n_recordings]."""
    levels = [np.quantile(corpus.picture_of(ordinal)[::3], 0.999) for ordinal in range(len(corpus.recordings))]
    return np.maximum(np.array(levels, dtype=np.float32), QUIETEST_REFERENCE_DB)


def pictures_of(corpus: Corpus, windows: Windows) -> FloatArray:
    """Pictures of windows relative to their recordings' levels. -> [n_windows, 100, 128] in [0, 1]."""
    level_db = reference_levels_db(corpus)[windows.recording]
    return to_picture(corpus.mel_of(windows), level_db[:, None, None])


def _thinned(group: npt.NDArray[np.int32], rarity: float) -> npt.NDArray[np.float64]:
    """Share of each row when its group counts by its size to the power of rarity. [n] -> [n]."""
    _, which, sizes = np.unique(group, return_inverse=True, return_counts=True)
    return np.asarray(sizes[which] ** (rarity - 1.0), dtype=np.float64)
