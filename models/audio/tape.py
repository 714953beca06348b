"""Samples that come in blocks of any length, taken in blocks of a wanted one."""

from collections.abc import Iterable

import numpy as np

from models.audio import FloatArray


class Tape:
    """Holds what has come and was not taken yet."""

    def __init__(self, blocks: Iterable[FloatArray]) -> None:
        """Wind it up.

        Args:
            blocks: Consecutive samples, not empty altogether. [n_samples, n_channels] each
        """
        self._blocks = iter(blocks)
        self._held: list[FloatArray] = []
        self._n_held = 0

    def take(self, n_samples: int) -> FloatArray:
        """Take the next samples, fewer at the end. [n_samples, n_channels]."""
        while self._n_held < n_samples or not self._held:
            block = next(self._blocks, None)
            if block is None:
                break
            self._held.append(block)
            self._n_held += len(block)
        joined = self._held[0] if len(self._held) == 1 else np.concatenate(self._held)
        self._held = [joined[n_samples:]]
        self._n_held = len(self._held[0])
        return joined[:n_samples]
