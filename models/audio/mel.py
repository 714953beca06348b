"""The log-mel picture that every network sees, whole or streamed; training and serving import this one definition."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.sparse

from models.audio import FloatArray
from models.errors import NotFinite

FRAMES_PER_BATCH = 32
"""Frames transformed at once: 32 double spectra of 2048 points stay inside a CPU's second-level cache, and their memory
is not given back to the system in between; 128 took twice as long."""

_KNEE_HZ, _HZ_PER_MEL, _LOG_STEP = 1000.0, 200.0 / 3.0, math.log(6.4) / 27.0
"""Slaney's scale (Auditory Toolbox, 1998): 15 mel linearly up to the knee, then 27 mel for a factor of 6.4."""


@dataclass(frozen=True)
class MelSettings:
    """How audio becomes a mel picture; hop 441 at 44.1 kHz makes a frame exactly 10 ms."""

    sample_rate_hz: int = 44100
    n_fft: int = 2048
    hop_samples: int = 441
    n_mels: int = 128
    f_min_hz: float = 0.0
    f_max_hz: float = 22050.0
    floor_db: float = -100.0


MEL = MelSettings()


def log_mel(audio: FloatArray, *, settings: MelSettings = MEL) -> FloatArray:
    """Turn mono audio into the log-mel picture that every network sees.

    Levels are absolute, so that what is rendered back is as loud as what went in. Frame i is centred on sample
    i * hop_samples; samples beyond the ends are zeros. Equal to librosa's melspectrogram (power 2, Slaney bands) and
    power_to_db within 1e-3 dB.

    Args:
        audio: Waveform, float32 in [-1, 1]. [n_samples]
        settings: Rate (Hz), FFT size and hop (samples), number of bands.

    Returns:
        Level in dB re full scale, floored at settings.floor_db. [n_frames, n_mels], n_frames = 1 + n_samples // hop.

    Raises:
        NotFinite: if any sample is NaN or infinite.
    """
    stream = MelStream(settings)
    frames = stream.push(audio)
    return np.concatenate([frames, stream.finish()])


class MelStream:
    """The same picture from blocks of any length, in constant memory: frames come as soon as they are complete."""

    def __init__(self, settings: MelSettings = MEL) -> None:
        """Start before the first sample.

        Args:
            settings: Rate (Hz), FFT size and hop (samples), number of bands.
        """
        self._settings = settings
        self._pending: FloatArray = np.zeros(settings.n_fft // 2, dtype=np.float32)

    def push(self, block: FloatArray) -> FloatArray:
        """Add samples and take the frames that they complete.

        Args:
            block: The next samples, mono, float32 in [-1, 1]. [n_samples]

        Returns:
            Level in dB re full scale. [n_frames, n_mels], n_frames may be 0.

        Raises:
            NotFinite: if any sample is NaN or infinite.
        """
        require_finite(block)
        return self._advance(np.asarray(block, dtype=np.float32))

    def finish(self) -> FloatArray:
        """Take the frames that reach beyond the last sample.

        Returns:
            Level in dB re full scale. [n_frames, n_mels]
        """
        return self._advance(np.zeros(self._settings.n_fft // 2, dtype=np.float32))

    def _advance(self, block: FloatArray) -> FloatArray:
        n_fft, hop_samples = self._settings.n_fft, self._settings.hop_samples
        samples = np.concatenate([self._pending, block])
        n_frames = max(0, 1 + (len(samples) - n_fft) // hop_samples)
        mel = np.empty((n_frames, self._settings.n_mels), dtype=np.float32)
        for first in range(0, n_frames, FRAMES_PER_BATCH):
            end = min(first + FRAMES_PER_BATCH, n_frames)
            part = samples[first * hop_samples : (end - 1) * hop_samples + n_fft]
            mel[first:end] = _complete_frames(part, self._settings)
        self._pending = samples[n_frames * hop_samples :].copy()
        return mel


def require_finite(audio: FloatArray) -> None:
    """Refuse samples that no transform survives.

    Args:
        audio: Samples, any shape.

    Raises:
        NotFinite: if any sample is NaN or infinite.
    """
    n_bad = int(audio.size - np.count_nonzero(np.isfinite(audio)))
    if n_bad:
        raise NotFinite(
            f"{n_bad} of {audio.size} samples are not finite numbers.",
            n_bad=n_bad,
            n_samples=audio.size,
        )


def mel_edges_hz(settings: MelSettings = MEL) -> npt.NDArray[np.float64]:
    """Where the mel bands begin, peak and end: band i at the edges i, i + 1 and i + 2.

    Args:
        settings: Number of bands and their range (Hz).

    Returns:
        Equally far apart on Slaney's scale, which is linear up to 1 kHz and logarithmic above (Hz). [n_mels + 2]
    """
    # librosa's own function is this too, but brings seconds of just-in-time compiler with it.
    mels = np.linspace(_mel_of(settings.f_min_hz), _mel_of(settings.f_max_hz), settings.n_mels + 2)
    above_knee = _KNEE_HZ * np.exp(_LOG_STEP * np.maximum(mels - _KNEE_HZ / _HZ_PER_MEL, 0.0))
    edges_hz: npt.NDArray[np.float64] = np.where(above_knee > _KNEE_HZ, above_knee, mels * _HZ_PER_MEL)
    return edges_hz


def _mel_of(hz: float) -> float:
    if hz < _KNEE_HZ:
        return hz / _HZ_PER_MEL
    return _KNEE_HZ / _HZ_PER_MEL + math.log(hz / _KNEE_HZ) / _LOG_STEP


@lru_cache(maxsize=8)
def mel_bands(settings: MelSettings = MEL) -> FloatArray:
    """Weights of the Slaney mel bands over the bins of one spectrum.

    Args:
        settings: Rate (Hz), FFT size (samples), number of bands and their range (Hz).

    Returns:
        Weight per power. [n_mels, 1 + n_fft // 2], shared between callers and therefore read-only.
    """
    edges_hz = mel_edges_hz(settings)
    bins_hz = np.fft.rfftfreq(settings.n_fft, 1.0 / settings.sample_rate_hz)
    rise = (bins_hz - edges_hz[:-2, None]) / np.diff(edges_hz)[:-1, None]
    fall = (edges_hz[2:, None] - bins_hz) / np.diff(edges_hz)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rise, fall))
    bands: FloatArray = (triangles * (2.0 / (edges_hz[2:] - edges_hz[:-2]))[:, None]).astype(np.float32)
    bands.setflags(write=False)
    return bands


def to_bands(power: FloatArray, *, settings: MelSettings = MEL) -> FloatArray:
    """Gather the power of the bins into mel bands.

    A bin lies in two bands at most, so the weights are kept sparse: several times faster than a dense product, and no
    threads of a matrix library wait for each other.

    Args:
        power: Power of the bins. [n_frames, n_bins]
        settings: FFT size and number of bands.

    Returns:
        Power of the bands. [n_frames, n_mels]
    """
    bands: FloatArray = (_sparse_bands(settings)[0] @ power.T).T
    return bands


def to_bins(bands: FloatArray, *, settings: MelSettings = MEL) -> FloatArray:
    """Give every bin the weighted sum of its bands: the transpose of to_bands.

    Args:
        bands: A value for each band. [n_frames, n_mels]
        settings: FFT size and number of bands.

    Returns:
        A value for each bin. [n_frames, n_bins]
    """
    bins: FloatArray = (_sparse_bands(settings)[1] @ bands.T).T
    return bins


@lru_cache(maxsize=8)
def _sparse_bands(settings: MelSettings) -> tuple[scipy.sparse.csr_array, scipy.sparse.csr_array]:
    bands = mel_bands(settings)
    return scipy.sparse.csr_array(bands), scipy.sparse.csr_array(bands.T)


@lru_cache(maxsize=8)
def _hann(n_fft: int) -> npt.NDArray[np.float64]:
    return np.hanning(n_fft + 1)[:-1]  # periodic: one point more than the symmetric window, its last left out


def _complete_frames(samples: FloatArray, settings: MelSettings) -> FloatArray:
    """Frames that lie wholly inside the samples. [n_samples] -> [n_frames, n_mels]."""
    framed = np.lib.stride_tricks.sliding_window_view(samples, settings.n_fft)[:: settings.hop_samples]
    # In double precision, as librosa does it: rounding in a float32 FFT would drown a band 100 dB under its neighbour.
    spectrum = np.fft.rfft(framed * _hann(settings.n_fft), axis=-1)
    power = (np.square(spectrum.real) + np.square(spectrum.imag)).astype(np.float32)
    mel = to_bands(power, settings=settings)
    floor_power = 10.0 ** (settings.floor_db / 10.0)
    return (10.0 * np.log10(np.maximum(mel, np.float32(floor_power)))).astype(np.float32)
