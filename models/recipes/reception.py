"""What microphones, rooms and codecs make of a sound, drawn by chance."""

import io

import numpy as np
import numpy.typing as npt
import scipy.fft
import soundfile

from models.audio import FloatArray
from models.audio.mel import MEL
from models.recipes.corpus import WINDOW_SAMPLES

FFT_SAMPLES = scipy.fft.next_fast_len(WINDOW_SAMPLES + MEL.sample_rate_hz // 4, real=True)
"""Room for an echo of a quarter of a second."""
_EQUALISER_POINTS_HZ = np.geomspace(60.0, 20000.0, 8)
_BINS_HZ = np.fft.rfftfreq(FFT_SAMPLES, 1.0 / MEL.sample_rate_hz)
_BINS_LOG_HZ = np.log(np.maximum(_BINS_HZ, 20.0))


def equaliser_db(deviation_db: float, filter_share: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Draw a smooth curve over frequency, sometimes with all above or below some frequency taken away.

    Args:
        deviation_db: Standard deviation of its gains (dB).
        filter_share: How often a part is taken away.
        rng: Where chance comes from.

    Returns:
        Gains (dB), no less than -90. [n_bins]
    """
    points_db = rng.normal(0.0, deviation_db, len(_EQUALISER_POINTS_HZ))
    curve = np.interp(_BINS_LOG_HZ, np.log(_EQUALISER_POINTS_HZ), points_db)
    dice = rng.random()
    if dice < filter_share / 2:
        curve = curve - 24.0 * np.maximum(_BINS_LOG_HZ - np.log(rng.uniform(3000.0, 14000.0)), 0.0) / np.log(2.0)
    elif dice < filter_share:
        curve = curve - 12.0 * np.maximum(np.log(rng.uniform(60.0, 400.0)) - _BINS_LOG_HZ, 0.0) / np.log(2.0)
    return np.maximum(curve, -90.0)


def room(rng: np.random.Generator) -> npt.NDArray[np.complex64]:
    """Draw the response of a small room: the sound itself and a quarter of a second of decaying echo. [n_bins]."""
    n_samples = MEL.sample_rate_hz // 4
    decay_samples = rng.uniform(0.01, 0.08) * MEL.sample_rate_hz
    echo = rng.standard_normal(n_samples).astype(np.float32) * np.exp(-np.arange(n_samples) / decay_samples)
    echo *= gain(-rng.uniform(3.0, 15.0)) / np.sqrt(np.sum(np.square(echo)))
    echo[0] += 1.0
    response: npt.NDArray[np.complex64] = scipy.fft.rfft(echo.astype(np.float32), FFT_SAMPLES)
    return response


def coded(audio: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Encode as MP3 and decode. [44100] -> same."""
    peak = np.abs(audio).max() + 1e-9
    file = io.BytesIO()
    # libsndfile's levels 0.2 to 0.95 are 104 to 50 kbit/s for one channel.
    level = rng.uniform(0.2, 0.95)
    soundfile.write(
        file, 0.9 * audio / peak, MEL.sample_rate_hz, format="MP3", subtype="MPEG_LAYER_III", compression_level=level
    )
    file.seek(0)
    decoded: FloatArray = np.zeros(WINDOW_SAMPLES, dtype=np.float32)
    heard = soundfile.read(file, dtype="float32")[0][:WINDOW_SAMPLES]
    decoded[: len(heard)] = heard * (peak / 0.9)
    return decoded


def gain(level_db: float) -> np.float32:
    """What to multiply with for a level in dB."""
    return np.float32(10.0 ** (level_db / 20.0))
