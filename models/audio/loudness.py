"""How loud a sound is (EBU R128, true peak), and what makes it as loud as the others without ever clipping."""

from dataclasses import dataclass

import numpy as np
import pyloudnorm
import scipy.ndimage
import scipy.signal

from models.audio import FloatArray
from models.errors import BadSetting

LOUDNESS_TARGET_LUFS = -23.0
TRUE_PEAK_CEILING_DBTP = -1.0

MOST_PLAY_GAIN_DB = 20.0
"""More would lift a quiet recording's hiss rather than its sound."""

MOST_LIMITING_DB = 12.0
"""A peak is pressed down by no more than this; what would need more (single hard taps) stays under the target."""

SILENT_DBTP = -150.0
"""True peak reported for digital silence, so that no infinity travels."""

LIMITER_REACH_S = 0.003
"""The limiter's gain falls this long before a peak and recovers this long after it."""

_GATING_BLOCK_S = 0.4
_OVERSAMPLING = 4
_PEAK_BLOCK_SAMPLES = 1 << 17
_PEAK_OVERLAP_SAMPLES = 64
_TOLERANCE_LU = 0.2


@dataclass(frozen=True)
class Loudness:
    """integrated_lufs is None for what has no measurable loudness: under 0.4 s, or below the gate at -70 LUFS."""

    integrated_lufs: float | None
    true_peak_dbtp: float


def measure(audio: FloatArray, sample_rate_hz: int) -> Loudness:
    """Measure gated loudness and true peak.

    Args:
        audio: Samples. [n_samples, n_channels]
        sample_rate_hz: Rate (Hz).

    Returns:
        Integrated loudness (LUFS, EBU R128 / ITU-R BS.1770-4) and true peak (dBTP, 4 times oversampled).
    """
    return Loudness(_integrated_lufs(audio, sample_rate_hz), _decibels(float(true_peaks(audio).max(initial=0.0))))


def play_gain_db(loudness: Loudness) -> float:
    """Find the gain that a player applies, so that browsing needs no hand on the volume.

    Args:
        loudness: What was measured.

    Returns:
        Gain (dB) towards -23 LUFS, at most +20 dB, never lifting the true peak above -1 dBTP.
    """
    headroom_db = TRUE_PEAK_CEILING_DBTP - loudness.true_peak_dbtp
    wanted_db = 0.0 if loudness.integrated_lufs is None else LOUDNESS_TARGET_LUFS - loudness.integrated_lufs
    return round(min(wanted_db, headroom_db, MOST_PLAY_GAIN_DB), 2)


def level_gain_db(audio: FloatArray, peaks: FloatArray, sample_rate_hz: int) -> float:
    """Find the gain that brings a sound to -23 LUFS once its peaks are limited.

    Args:
        audio: Samples. [n_samples, n_channels]
        peaks: Its `true_peaks`. [n_samples]
        sample_rate_hz: Rate (Hz).

    Returns:
        Gain (dB), at most what presses the highest peak down by 12 dB; 0 for what has no measurable loudness.
    """
    loudness_lufs = _integrated_lufs(audio, sample_rate_hz)
    if loudness_lufs is None:
        return 0.0
    gain_db = LOUDNESS_TARGET_LUFS - loudness_lufs
    most_gain_db = TRUE_PEAK_CEILING_DBTP - _decibels(float(peaks.max(initial=0.0))) + MOST_LIMITING_DB
    for _ in range(6):
        gain_db = min(gain_db, most_gain_db)
        if gain_db <= most_gain_db - MOST_LIMITING_DB:
            break  # no peak passes the ceiling
        reached_lufs = _integrated_lufs(limit(audio, peaks, gain_db, sample_rate_hz), sample_rate_hz)
        missing_lu = 0.0 if reached_lufs is None else LOUDNESS_TARGET_LUFS - reached_lufs
        if abs(missing_lu) <= _TOLERANCE_LU or (missing_lu > 0.0 and gain_db >= most_gain_db):
            break
        gain_db += missing_lu
    return gain_db


def fade(audio: FloatArray, *, sample_rate_hz: int, in_s: float, out_s: float) -> FloatArray:
    """Let a sound begin and end at zero along a raised cosine.

    Args:
        audio: Samples. [n_samples, n_channels] or [n_samples]
        sample_rate_hz: Rate (Hz).
        in_s: Length of the rise (s); shortened to half of a sound that is too short for it.
        out_s: Length of the fall (s), likewise.

    Returns:
        Samples, the same shape, a copy.

    Raises:
        BadSetting: if a length is negative.
    """
    if in_s < 0.0 or out_s < 0.0:
        raise BadSetting(f"A fade cannot last {min(in_s, out_s)} s.", in_s=in_s, out_s=out_s)
    faded = audio.copy()
    half = len(audio) // 2
    shape = (-1,) + (1,) * (audio.ndim - 1)
    n_in, n_out = min(round(in_s * sample_rate_hz), half), min(round(out_s * sample_rate_hz), half)
    if n_in:
        faded[:n_in] *= _rise(n_in).reshape(shape)
    if n_out:
        faded[-n_out:] *= _rise(n_out)[::-1].reshape(shape)
    return faded


def _rise(n_samples: int) -> FloatArray:
    rise: FloatArray = (0.5 - 0.5 * np.cos(np.pi * np.arange(n_samples) / n_samples)).astype(np.float32)
    return rise


def _integrated_lufs(audio: FloatArray, sample_rate_hz: int) -> float | None:
    if len(audio) < _GATING_BLOCK_S * sample_rate_hz:
        return None
    with np.errstate(divide="ignore"):
        lufs = float(pyloudnorm.Meter(sample_rate_hz).integrated_loudness(audio))
    return lufs if np.isfinite(lufs) else None


def true_peaks(audio: FloatArray) -> FloatArray:
    """Find the largest level near each sample, over channels and four places between samples, in flat memory.

    Args:
        audio: Samples. [n_samples, n_channels]

    Returns:
        [n_samples]
    """
    peaks = np.abs(audio).max(axis=1) if audio.shape[1] == 1 else np.maximum(*np.abs(audio.T))
    for first in range(0, len(audio), _PEAK_BLOCK_SAMPLES):
        before = max(0, first - _PEAK_OVERLAP_SAMPLES)
        end = min(first + _PEAK_BLOCK_SAMPLES, len(audio))
        for channel in np.ascontiguousarray(audio[before : end + _PEAK_OVERLAP_SAMPLES].T):
            fine = np.abs(scipy.signal.resample_poly(channel, _OVERSAMPLING, 1))
            # The filter rings at the samples themselves: they count as they are, and only what lies between is added.
            for between in range(1, _OVERSAMPLING):
                np.maximum(
                    peaks[first:end], fine[between::_OVERSAMPLING][first - before : end - before], out=peaks[first:end]
                )
    found: FloatArray = peaks.astype(np.float32, copy=False)
    return found


def limit(audio: FloatArray, peaks: FloatArray, gain_db: float, sample_rate_hz: int) -> FloatArray:
    """Apply a gain and turn it down smoothly around every peak that would pass the ceiling.

    Args:
        audio: Samples. [n_samples, n_channels]
        peaks: Its `true_peaks`. [n_samples]
        gain_db: The gain.
        sample_rate_hz: Rate (Hz).

    Returns:
        Samples, the same shape.
    """
    gain, ceiling = _factor(gain_db), _factor(TRUE_PEAK_CEILING_DBTP - 0.05)
    if len(audio) == 0 or gain * float(peaks.max()) <= ceiling:
        return (audio * gain).astype(np.float32)
    reach = max(1, round(LIMITER_REACH_S * sample_rate_hz))
    needed = np.minimum(1.0, ceiling / np.maximum(peaks * gain, 1e-9))
    # The lowest gain within reach, then its weighted mean over the same reach: smooth, and never above what is needed.
    held = scipy.ndimage.minimum_filter1d(needed, 2 * reach + 1, mode="nearest")
    bell = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(held, reach, mode="edge")
    smooth = scipy.signal.oaconvolve(padded, bell / bell.sum(), mode="valid")
    limited: FloatArray = (audio * (gain * smooth)[:, None]).astype(np.float32)
    return limited


def _decibels(amplitude: float) -> float:
    return max(SILENT_DBTP, 20.0 * float(np.log10(max(amplitude, 1e-12))))


def _factor(gain_db: float) -> np.float32:
    return np.float32(10.0 ** (gain_db / 20.0))
