"""From the power of mel bands to that of the bins under them."""

from functools import lru_cache

import numpy as np

from models.audio import FloatArray
from models.audio.mel import mel_bands, to_bands, to_bins

_SPREAD_ROUNDS = 10
_TINY = np.float32(1e-12)


def spread(band_power: FloatArray) -> FloatArray:
    """Find bin powers whose mel bands are the given ones, everywhere positive and as even as the bands allow.

    Richardson-Lucy updates: they keep small bands next to large ones as exact, relative to their size, as the large.

    Args:
        band_power: Power of the mel bands. [n_frames, n_mels]

    Returns:
        Power of the bins. [n_frames, n_bins]
    """
    density = (band_power / mel_bands().sum(axis=1)).astype(np.float32)
    power: FloatArray = np.ascontiguousarray(to_bins(density) / _cover())
    for _ in range(_SPREAD_ROUNDS):
        power *= correction(band_power, power)
    return power


def correction(band_power: FloatArray, power: FloatArray) -> FloatArray:
    """Weigh bins so that their bands come closer to the wanted ones.

    Args:
        band_power: Wanted power of the mel bands. [n_frames, n_mels]
        power: Power of the bins. [n_frames, n_bins]

    Returns:
        Factor for the power of each bin. [n_frames, n_bins]
    """
    missing = (band_power / np.maximum(to_bands(power), _TINY)).astype(np.float32, copy=False)
    factor: FloatArray = to_bins(missing) / _cover()
    return np.ascontiguousarray(factor)


@lru_cache(maxsize=1)
def _cover() -> FloatArray:
    """How much all bands together weigh each bin; the outermost bins are in none."""
    cover: FloatArray = np.maximum(mel_bands().sum(axis=0), _TINY)
    return cover
