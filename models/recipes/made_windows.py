"""Made windows as training takes them: memory-mapped, of one variety or of several."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray


class Rows:
    """Rows of several memory maps as if they lay in one; nothing is read but the rows that are asked for."""

    def __init__(self, parts: Sequence[npt.NDArray[np.float16]]) -> None:
        """Hold. [n_rows of its own, ...] each."""
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts])

    def __len__(self) -> int:
        """Number of rows."""
        return int(self._ends[-1])

    def __getitem__(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float16]:
        """Read rows by their ordinals. [n] -> [n, ...]."""
        read = np.empty((len(rows), *self._parts[0].shape[1:]), dtype=np.float16)
        which = np.searchsorted(self._ends, rows, side="right")
        for ordinal, part in enumerate(self._parts):
            mine = which == ordinal
            read[mine] = part[rows[mine] - (self._ends[ordinal] - len(part))]
        return read


@dataclass(frozen=True)
class Variety:
    """Made windows, memory-mapped."""

    mel: npt.NDArray[np.float16] | Rows
    """In dB. [n_windows, 100, 128]"""
    targets: FloatArray
    """Shares of the labels by energy; all zero where nobody knows. [n_windows, n_labels]"""
    fold: npt.NDArray[np.int32]
    """-1 for the pool. [n_windows]"""
    taught: npt.NDArray[np.float16] | Rows | None
    """The teacher's embedding of each window at one level, where there was a teacher. [n_windows, 1024]"""


def joined(varieties: Sequence[Variety]) -> Variety:
    """Take several varieties for one; taught only if all are.

    Args:
        varieties: One or more.

    Returns:
        Their windows, one variety behind the other.
    """
    if len(varieties) == 1:
        return varieties[0]
    taught = [each.taught for each in varieties if isinstance(each.taught, np.ndarray)]
    return Variety(
        mel=Rows([each.mel for each in varieties if isinstance(each.mel, np.ndarray)]),
        targets=np.concatenate([each.targets for each in varieties]),
        fold=np.concatenate([each.fold for each in varieties]),
        taught=Rows(taught) if len(taught) == len(varieties) else None,
    )
