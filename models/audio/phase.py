"""Phase from magnitude alone: phase gradient heap integration (PGHI).

Z. Průša, P. Balazs, P. L. Søndergaard, "A noniterative method for reconstruction of phase from STFT magnitude", 2017:
for a bell-shaped window the derivatives of the phase follow from those of the log magnitude; they are summed up from
the loudest point outwards, so that errors stay where it is quiet.
"""

import numba
import numpy as np
import numpy.typing as npt

from models.audio import FloatArray

HANN_GAUSSIAN = 0.25645
"""A Hann window of L samples is closest to the Gaussian exp(-pi t^2 / (0.25645 L^2)) (same source)."""

QUIET = 1e-6
"""Points under this share of the loudest get a random phase: their gradient is noise."""


def integrate_phase(
    magnitude: FloatArray, *, n_fft: int, hop_samples: int, dice: np.random.Generator, known: FloatArray | None = None
) -> FloatArray:
    """Guess the phase of every point of a magnitude spectrogram.

    Args:
        magnitude: Linear magnitude of centred Hann frames. [n_frames, n_bins]
        n_fft: Length of window and transform (samples).
        hop_samples: From frame to frame.
        dice: Where random phases come from.
        known: Phases (rad) of the first frames, from which the others are continued. [n_known, n_bins]

    Returns:
        Phase (rad) with the frame's first sample as time zero. [n_frames, n_bins]
    """
    n_frames, n_bins = magnitude.shape
    level = np.log(np.maximum(magnitude, 1e-10)).astype(np.float32)
    scale = HANN_GAUSSIAN * n_fft * n_fft / (hop_samples * n_fft)
    along_frequency = np.gradient(level, axis=1) if n_bins > 1 else np.zeros_like(level)
    along_time = np.gradient(level, axis=0) if n_frames > 1 else np.zeros_like(level)
    turn = 2.0 * np.pi * hop_samples / n_fft * np.arange(n_bins, dtype=np.float32)
    step_time = (along_frequency / scale + turn).astype(np.float32)
    # Plus pi per bin: the transform counts from the frame's first sample, the gradient from its middle.
    step_frequency = (np.pi - scale * along_time).astype(np.float32)
    phase = np.float32(2.0 * np.pi) * dice.random(magnitude.shape, dtype=np.float32)
    n_known = 0 if known is None else len(known)
    if known is not None:
        phase[:n_known] = known
    is_open = magnitude > QUIET * float(magnitude.max(initial=0.0))
    is_open[:n_known] = False
    _spread(magnitude, step_time, step_frequency, is_open, int(np.argmax(magnitude)), phase, n_known)
    return phase


@numba.njit(cache=True)
def _spread(
    magnitude: FloatArray,
    step_time: FloatArray,
    step_frequency: FloatArray,
    is_open: npt.NDArray[np.bool_],
    loudest: int,
    phase: FloatArray,
    n_known: int,
) -> None:
    """Give every open point the phase that its loudest finished neighbour implies, in place."""
    n_frames, n_bins = magnitude.shape
    heap_key = np.empty(magnitude.size + 1, dtype=np.float32)
    heap_point = np.empty(magnitude.size + 1, dtype=np.int64)
    size = 0
    if n_known > 0:
        for bin_ in range(n_bins):
            size = _push(heap_key, heap_point, size, magnitude[n_known - 1, bin_], (n_known - 1) * n_bins + bin_)
    # The loudest point reaches nearly everything; what quiet cuts off from it is begun where it is met.
    for candidate in range(-1, magnitude.size):
        if size == 0:
            seed = loudest if candidate < 0 else candidate
            frame, bin_ = seed // n_bins, seed % n_bins
            if not is_open[frame, bin_]:
                continue
            is_open[frame, bin_] = False
            size = _push(heap_key, heap_point, size, magnitude[frame, bin_], seed)
        while size > 0:
            point = heap_point[0]
            size = _pop(heap_key, heap_point, size)
            frame, bin_ = point // n_bins, point % n_bins
            here = phase[frame, bin_]
            if frame + 1 < n_frames and is_open[frame + 1, bin_]:
                phase[frame + 1, bin_] = here + 0.5 * (step_time[frame, bin_] + step_time[frame + 1, bin_])
                is_open[frame + 1, bin_] = False
                size = _push(heap_key, heap_point, size, magnitude[frame + 1, bin_], point + n_bins)
            if frame > 0 and is_open[frame - 1, bin_]:
                phase[frame - 1, bin_] = here - 0.5 * (step_time[frame, bin_] + step_time[frame - 1, bin_])
                is_open[frame - 1, bin_] = False
                size = _push(heap_key, heap_point, size, magnitude[frame - 1, bin_], point - n_bins)
            if bin_ + 1 < n_bins and is_open[frame, bin_ + 1]:
                phase[frame, bin_ + 1] = here + 0.5 * (step_frequency[frame, bin_] + step_frequency[frame, bin_ + 1])
                is_open[frame, bin_ + 1] = False
                size = _push(heap_key, heap_point, size, magnitude[frame, bin_ + 1], point + 1)
            if bin_ > 0 and is_open[frame, bin_ - 1]:
                phase[frame, bin_ - 1] = here - 0.5 * (step_frequency[frame, bin_] + step_frequency[frame, bin_ - 1])
                is_open[frame, bin_ - 1] = False
                size = _push(heap_key, heap_point, size, magnitude[frame, bin_ - 1], point - 1)


@numba.njit(cache=True)
def _push(heap_key: FloatArray, heap_point: npt.NDArray[np.int64], size: int, key: float, point: int) -> int:
    """Put a point into the heap, loudest on top; return the new size."""
    child = size
    while child > 0:
        parent = (child - 1) // 2
        if heap_key[parent] >= key:
            break
        heap_key[child], heap_point[child] = heap_key[parent], heap_point[parent]
        child = parent
    heap_key[child], heap_point[child] = key, point
    return size + 1


@numba.njit(cache=True)
def _pop(heap_key: FloatArray, heap_point: npt.NDArray[np.int64], size: int) -> int:
    """Take the loudest point off the heap; return the new size."""
    size -= 1
    key, point = heap_key[size], heap_point[size]
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        if child + 1 < size and heap_key[child + 1] > heap_key[child]:
            child += 1
        if heap_key[child] <= key:
            break
        heap_key[parent], heap_point[parent] = heap_key[child], heap_point[child]
        parent = child
    heap_key[parent], heap_point[parent] = key, point
    return size
