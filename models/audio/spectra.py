"""Short-time spectra of centred Hann frames, as the mel picture's frames lie, and the signal that they add up to."""

import os
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft

from models.audio import FloatArray
from models.audio.mel import MEL

Spectra = npt.NDArray[np.complex64]
"""[..., n_frames, n_bins]."""

HALF_SAMPLES = MEL.n_fft // 2

WORKERS = min(2, os.cpu_count() or 1)
"""Frames are transformed by so many threads; the numbers do not depend on it."""


@lru_cache(maxsize=1)
def window() -> FloatArray:
    """The periodic Hann window of analysis and synthesis. [n_fft]."""
    hann: FloatArray = np.hanning(MEL.n_fft + 1)[:-1].astype(np.float32)
    return hann


def spectra_of(signal: FloatArray) -> Spectra:
    """Transform every whole frame, a hop apart. [..., n_samples] -> [..., n_frames, n_bins]."""
    framed = np.lib.stride_tricks.sliding_window_view(signal, MEL.n_fft, axis=-1)[..., :: MEL.hop_samples, :]
    spectra: Spectra = scipy.fft.rfft(framed * window(), axis=-1, overwrite_x=True, workers=WORKERS)
    return spectra


def power_of(spectra: Spectra) -> FloatArray:
    """Squared magnitude, same shape."""
    power: FloatArray = np.square(spectra.real) + np.square(spectra.imag)
    return power


def reanalysed(spectra: Spectra) -> Spectra:
    """Spectra of the signal that the spectra add up to."""
    return spectra_of(unweighted(overlapped(frames_of(spectra)), weight(spectra.shape[-2])))


def frames_of(spectra: Spectra) -> FloatArray:
    """Windowed frames of samples. [..., n_frames, n_bins] -> [..., n_frames, n_fft]."""
    frames: FloatArray = scipy.fft.irfft(spectra, n=MEL.n_fft, axis=-1, workers=WORKERS)
    frames *= window()
    return frames


def unweighted(signal: FloatArray, total: FloatArray) -> FloatArray:
    """Divide what was overlapped by what the windows add up to."""
    return (signal / np.maximum(total, 1e-3)).astype(np.float32, copy=False)


@lru_cache(maxsize=8)
def weight(n_frames: int) -> FloatArray:
    """What squared windows add up to: what overlapped frames are divided by."""
    return overlapped(np.broadcast_to(np.square(window()), (n_frames, MEL.n_fft)))


def overlapped(frames: FloatArray) -> FloatArray:
    """Add frames up, a hop apart. [..., n_frames, n_fft] -> [..., (n_frames - 1) * hop + n_fft]."""
    *channels, n_frames, _ = frames.shape
    hop = MEL.hop_samples
    n_hops = -(-MEL.n_fft // hop)
    signal = np.zeros((*channels, n_frames + n_hops - 1, hop), dtype=np.float32)
    for part in range(n_hops):
        piece = frames[..., part * hop : (part + 1) * hop]
        signal[..., part : part + n_frames, : piece.shape[-1]] += piece
    return signal.reshape(*channels, -1)[..., : (n_frames - 1) * hop + MEL.n_fft]


class Overlap:
    """Adds up frames of finished spectra as they come and gives the samples that nothing more will touch."""

    def __init__(self) -> None:
        """Start before the first frame."""
        self._signal: FloatArray | None = None
        self._total = np.empty(0, dtype=np.float32)
        self._n_to_cut = HALF_SAMPLES

    def push(self, spectra: Spectra) -> FloatArray:
        """Add frames. [..., n_frames, n_bins] -> [..., n_samples]."""
        added, total = overlapped(frames_of(spectra)), weight(spectra.shape[-2]).copy()
        if self._signal is not None:
            added[..., : self._signal.shape[-1]] += self._signal
            total[: len(self._total)] += self._total
        n_done = spectra.shape[-2] * MEL.hop_samples
        done = unweighted(added[..., self._n_to_cut : n_done], total[self._n_to_cut : n_done])
        self._n_to_cut = max(0, self._n_to_cut - n_done)
        self._signal, self._total = added[..., n_done:], total[n_done:]
        return done

    def finish(self) -> FloatArray:
        """Take the samples up to the middle of the last frame. [..., n_samples]."""
        if self._signal is None:
            return np.empty(0, dtype=np.float32)
        end = HALF_SAMPLES - MEL.hop_samples
        return unweighted(self._signal[..., self._n_to_cut : end], self._total[self._n_to_cut : end])
