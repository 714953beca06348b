"""Grain: what the log-mel picture of noise has over its average, drawn afresh at each place of a timeline."""

from functools import lru_cache

import numpy as np

from models.audio import FloatArray
from models.audio.mel import MEL, log_mel

FRAMES_PER_BLOCK = 200
_MARGIN_FRAMES = 3
"""Frames at either end of a block's noise that silence beyond it would reach into."""


def grain_db(first_frame: int, n_frames: int, *, seed: int) -> FloatArray:
    """Cut grain out of an endless timeline: whoever asks for the same frames under one seed gets the same grain.

    It is the picture of real white noise, so its steps from frame to frame and from band to band are those of noise:
    coarse in the low bands, fine in the high ones, and deeper below the average than above it.

    Args:
        first_frame: Where on the timeline, from 0.
        n_frames: How much of it.
        seed: Of the timeline.

    Returns:
        Level over the average of its band, in dB. [n_frames, 128]
    """
    blocks = range(first_frame // FRAMES_PER_BLOCK, -(-(first_frame + n_frames) // FRAMES_PER_BLOCK))
    found = np.concatenate([_block(seed, block) for block in blocks])
    skipped = first_frame - blocks.start * FRAMES_PER_BLOCK
    grain: FloatArray = found[skipped : skipped + n_frames]
    return grain


@lru_cache(maxsize=64)
def _block(seed: int, block: int) -> FloatArray:
    grain = _noise_db(FRAMES_PER_BLOCK, np.random.default_rng([seed, block])) - _average_db()
    grain.setflags(write=False)
    return grain


@lru_cache(maxsize=1)
def _average_db() -> FloatArray:
    average: FloatArray = _noise_db(4000, np.random.default_rng(0)).mean(axis=0)
    return average


def _noise_db(n_frames: int, rng: np.random.Generator) -> FloatArray:
    n_samples = (n_frames + 2 * _MARGIN_FRAMES - 1) * MEL.hop_samples
    noise = 0.1 * rng.standard_normal(n_samples, dtype=np.float32)
    return log_mel(noise)[_MARGIN_FRAMES : _MARGIN_FRAMES + n_frames]
