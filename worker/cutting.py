"""Cutting the found sounds out of a recording while it streams by: memory holds one sound at a time."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from models.audio import FloatArray
from models.audio.segmentation import Segment


def cuts(
    blocks: Iterable[FloatArray], segments: Sequence[Segment], *, sample_rate_hz: int
) -> Iterator[tuple[Segment, FloatArray]]:
    """Give each segment with its audio as soon as its last sample has come.

    Args:
        blocks: The recording from its beginning. [n_samples, n_channels] each
        segments: In order of time, not overlapping.
        sample_rate_hz: Rate of the blocks (Hz).

    Yields:
        A segment and its samples; fewer than asked for where the recording ends early, none at all beyond its end.
        [n_samples, n_channels]
    """
    waiting = list(segments)
    collected: list[FloatArray] = []
    position = 0
    for block in blocks:
        end = position + len(block)
        while waiting:
            first, last = (round(edge_s * sample_rate_hz) for edge_s in (waiting[0].start_s, waiting[0].end_s))
            if first >= end:
                break
            collected.append(block[max(first - position, 0) : last - position])
            if last > end:
                break
            yield waiting.pop(0), np.concatenate(collected)
            collected = []
        if not waiting:
            return
        position = end
    if collected:
        yield waiting[0], np.concatenate(collected)
