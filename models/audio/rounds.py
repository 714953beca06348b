"""One round of bringing spectra closer to a mel picture, bin by bin in one pass: where Griffin-Lim spends its time."""

from functools import lru_cache

import numba
import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.mel import mel_bands
from models.audio.spectra import Spectra

_TINY = np.float32(1e-12)


def towards_bands(real: Spectra, before: Spectra | None, momentum: float, band_power: FloatArray) -> Spectra:
    """Push consistent spectra on in the direction that they moved, then bring their mel bands to the wanted power.

    Args:
        real: Spectra of a real signal. [n_frames, n_bins]
        before: Those of the round before.
        momentum: How far they are pushed on, as a share of how far they moved.
        band_power: Wanted power of the mel bands. [n_frames, n_mels]

    Returns:
        [n_frames, n_bins]
    """
    result = np.empty_like(real)
    known = real if before is None else before
    _give_bands(real, known, np.float32(momentum), band_power, *_places(), result)
    return result


def towards_bins(real: Spectra, before: Spectra | None, momentum: float, magnitude: FloatArray) -> Spectra:
    """Push consistent spectra on in the direction that they moved, then give their bins the wanted magnitude.

    Args:
        real: Spectra of a real signal. [n_frames, n_bins]
        before: Those of the round before.
        momentum: How far they are pushed on, as a share of how far they moved.
        magnitude: Wanted magnitude of the bins. [n_frames, n_bins]

    Returns:
        [n_frames, n_bins]
    """
    result = np.empty_like(real)
    _give_bins(real, real if before is None else before, np.float32(momentum), magnitude, result)
    return result


@lru_cache(maxsize=1)
def _places() -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray, FloatArray]:
    """Where the bins begin whose lower band is the first, the second …; weights in both bands, and their sum."""
    bands = mel_bands()
    n_bands, n_bins = bands.shape
    bins = np.arange(n_bins)
    lower = np.maximum.accumulate(np.minimum((bands > 0.0).argmax(axis=0), n_bands - 2))
    begins = np.searchsorted(lower, np.arange(n_bands))
    begins[-1] = n_bins
    cover = np.maximum(bands.sum(axis=0), _TINY)
    return begins, bands[lower, bins], bands[lower + 1, bins], cover


@numba.njit(cache=True, fastmath=True)
def _give_bands(
    real: Spectra,
    before: Spectra,
    momentum: np.float32,
    band_power: FloatArray,
    begins: npt.NDArray[np.int64],
    in_lower: FloatArray,
    in_upper: FloatArray,
    cover: FloatArray,
    result: Spectra,
) -> None:
    n_frames, n_bins = real.shape
    n_bands = band_power.shape[1]
    power = np.empty(n_bins, dtype=np.float32)
    missing = np.empty(n_bands, dtype=np.float32)
    for frame in range(n_frames):
        for bin_ in range(n_bins):
            pushed = real[frame, bin_] + momentum * (real[frame, bin_] - before[frame, bin_])
            result[frame, bin_] = pushed
            power[bin_] = pushed.real * pushed.real + pushed.imag * pushed.imag
        missing[:] = 0.0
        for band in range(n_bands - 1):
            lower = upper = np.float32(0.0)
            for bin_ in range(begins[band], begins[band + 1]):
                lower += in_lower[bin_] * power[bin_]
                upper += in_upper[bin_] * power[bin_]
            missing[band] += lower
            missing[band + 1] += upper
        for band in range(n_bands):
            missing[band] = band_power[frame, band] / max(missing[band], np.float32(1e-12))
        for band in range(n_bands - 1):
            for bin_ in range(begins[band], begins[band + 1]):
                given = in_lower[bin_] * missing[band] + in_upper[bin_] * missing[band + 1]
                result[frame, bin_] *= np.sqrt(given / cover[bin_])


@numba.njit(cache=True)
def _give_bins(real: Spectra, before: Spectra, momentum: np.float32, magnitude: FloatArray, result: Spectra) -> None:
    n_frames, n_bins = real.shape
    for frame in range(n_frames):
        for bin_ in range(n_bins):
            pushed = real[frame, bin_] + momentum * (real[frame, bin_] - before[frame, bin_])
            power = pushed.real * pushed.real + pushed.imag * pushed.imag
            result[frame, bin_] = pushed * (magnitude[frame, bin_] / np.sqrt(max(power, np.float32(1e-24))))
