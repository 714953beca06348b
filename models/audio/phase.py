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

N_SHELVES = 960
"""The range between the two, in eighths of a dB."""


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
    loudest = float(level.max(initial=-np.inf))
    shelf = np.clip((level - loudest) * (N_SHELVES / -np.log(QUIET)) + N_SHELVES, 0, N_SHELVES - 1).astype(np.int16)
    _spread(shelf, step_time, step_frequency, is_open, int(np.argmax(magnitude)), phase, n_known)
    return phase


@numba.njit(cache=True)
def _spread(
    shelf: npt.NDArray[np.int16],
    step_time: FloatArray,
    step_frequency: FloatArray,
    is_open: npt.NDArray[np.bool_],
    loudest: int,
    phase: FloatArray,
    n_known: int,
) -> None:
    """Give every open point the phase that its loudest finished neighbour implies, in place.

    What a heap would sort lies on shelves of an eighth of a dB instead, the newest on top: many times faster.
    """
    n_frames, n_bins = shelf.shape
    top = np.full(N_SHELVES, -1, dtype=np.int32)
    below = np.empty(shelf.size, dtype=np.int32)
    highest = -1
    if n_known > 0:
        for bin_ in range(n_bins):
            highest = max(highest, _lay(top, below, shelf, n_known - 1, bin_))
    # The loudest point reaches nearly everything; what quiet cuts off from it is begun where it is met.
    for candidate in range(-1, shelf.size):
        if highest < 0:
            seed = loudest if candidate < 0 else candidate
            frame, bin_ = seed // n_bins, seed % n_bins
            if not is_open[frame, bin_]:
                continue
            is_open[frame, bin_] = False
            highest = _lay(top, below, shelf, frame, bin_)
        while highest >= 0:
            point = top[highest]
            if point < 0:
                highest -= 1
                continue
            top[highest] = below[point]
            frame, bin_ = point // n_bins, point % n_bins
            here = phase[frame, bin_]
            if frame + 1 < n_frames and is_open[frame + 1, bin_]:
                phase[frame + 1, bin_] = here + 0.5 * (step_time[frame, bin_] + step_time[frame + 1, bin_])
                is_open[frame + 1, bin_] = False
                highest = max(highest, _lay(top, below, shelf, frame + 1, bin_))
            if frame > 0 and is_open[frame - 1, bin_]:
                phase[frame - 1, bin_] = here - 0.5 * (step_time[frame, bin_] + step_time[frame - 1, bin_])
                is_open[frame - 1, bin_] = False
                highest = max(highest, _lay(top, below, shelf, frame - 1, bin_))
            if bin_ + 1 < n_bins and is_open[frame, bin_ + 1]:
                phase[frame, bin_ + 1] = here + 0.5 * (step_frequency[frame, bin_] + step_frequency[frame, bin_ + 1])
                is_open[frame, bin_ + 1] = False
                highest = max(highest, _lay(top, below, shelf, frame, bin_ + 1))
            if bin_ > 0 and is_open[frame, bin_ - 1]:
                phase[frame, bin_ - 1] = here - 0.5 * (step_frequency[frame, bin_] + step_frequency[frame, bin_ - 1])
                is_open[frame, bin_ - 1] = False
                highest = max(highest, _lay(top, below, shelf, frame, bin_ - 1))


@numba.njit(cache=True)
def _lay(
    top: npt.NDArray[np.int32], below: npt.NDArray[np.int32], shelf: npt.NDArray[np.int16], frame: int, bin_: int
) -> int:
    """Lay a point on its shelf; return the shelf."""
    here = shelf[frame, bin_]
    point = frame * shelf.shape[1] + bin_
    below[point] = top[here]
    top[here] = point
    return int(here)
