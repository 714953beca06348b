"""The stereo stage that events are placed on: a place between the ears, a small room, filters."""

from dataclasses import dataclass

import numpy as np
import scipy.signal

from models.audio import FloatArray
from models.audio.mel import MEL

SAMPLE_RATE_HZ = MEL.sample_rate_hz

EAR_DELAY_S = 0.0004
"""A sound from the side reaches the far ear this much later, a little less than round a whole head."""


@dataclass(frozen=True)
class RoomTone:
    """What a microphone hears of a quiet room: its level under the sound, its fall towards the treble."""

    level_db: float
    """RMS re the RMS of the sound (dB)."""
    fall_db_per_octave: float
    """Of its power, from 60 Hz up."""
    high_hz: float
    """Above this it falls by another 6 dB per octave (Hz)."""


def silence(seconds: float) -> FloatArray:
    """Make an empty stage.

    Args:
        seconds: Length (s).

    Returns:
        Zeros. [n_samples, 2]
    """
    return np.zeros((round(seconds * SAMPLE_RATE_HZ), 2), dtype=np.float32)


def place(stage: FloatArray, event: FloatArray, *, at_s: float, side: float) -> None:
    """Add a mono event to the stage, nearer to one ear by level and by time.

    Args:
        stage: Changed in place; what reaches beyond its end is cut. [n_samples, 2]
        event: Samples. [n_samples]
        at_s: When it begins (s).
        side: -1 left to 1 right.
    """
    angle = (side + 1.0) * np.pi / 4.0
    for ear, (gain, late_s) in enumerate(
        ((np.cos(angle), max(0.0, side) * EAR_DELAY_S), (np.sin(angle), max(0.0, -side) * EAR_DELAY_S))
    ):
        first = round((at_s + late_s) * SAMPLE_RATE_HZ)
        n_samples = max(0, min(len(event), len(stage) - first))
        stage[first : first + n_samples, ear] += np.float32(gain) * event[:n_samples]


def in_room(
    stage: FloatArray, dice: np.random.Generator, *, seconds: float = 0.18, level_db: float = -24.0
) -> FloatArray:
    """Surround a dry stage with a small soft room: decaying noise, different at each ear, duller as it dies.

    Args:
        stage: Dry samples. [n_samples, 2]
        dice: Where the room's reflections come from.
        seconds: Time for the room to fall by 60 dB (s).
        level_db: Level of all reflections together (dB re the dry sound).

    Returns:
        Dry and reflected sound, the same length. [n_samples, 2]
    """
    n_tail = round(seconds * SAMPLE_RATE_HZ)
    decay = np.exp(-6.9 * np.arange(n_tail) / n_tail)
    tail = dice.standard_normal((n_tail, 2)) * decay[:, None]
    tail[: round(0.004 * SAMPLE_RATE_HZ)] = 0.0
    tail = scipy.signal.sosfilt(scipy.signal.butter(1, 4000.0, fs=SAMPLE_RATE_HZ, output="sos"), tail, axis=0)
    tail *= 10.0 ** (level_db / 20.0) / np.sqrt(np.square(tail).sum(axis=0))
    wet = scipy.signal.oaconvolve(stage, tail, axes=0)[: len(stage)]
    around: FloatArray = (stage + wet).astype(np.float32)
    return around


def with_tone(stage: FloatArray, dice: np.random.Generator, tone: RoomTone) -> FloatArray:
    """Let the room be heard under the sound, as in any recording that was not made in a studio.

    Args:
        stage: Samples. [n_samples, 2]
        dice: Where the noise comes from.
        tone: How the room sounds.

    Returns:
        Samples. [n_samples, 2]
    """
    level = np.sqrt(np.square(stage).mean()) * 10.0 ** (tone.level_db / 20.0)
    heard: FloatArray = (stage + np.float32(level) * hush(dice, len(stage), tone)).astype(np.float32)
    return heard


def hush(dice: np.random.Generator, n_samples: int, tone: RoomTone) -> FloatArray:
    """Make the noise of a room alone, or of anything far away.

    Args:
        dice: Where it comes from.
        n_samples: Length.
        tone: Its colour; its level is not used.

    Returns:
        Samples of unit power. [n_samples, 2]
    """
    spectrum = np.fft.rfft(white(dice, n_samples, 2), axis=0)
    frequency_hz = np.fft.rfftfreq(n_samples, 1.0 / SAMPLE_RATE_HZ)
    gain = np.maximum(frequency_hz, 60.0) ** (-tone.fall_db_per_octave / 6.02)
    gain /= np.sqrt(1.0 + np.square(frequency_hz / tone.high_hz))
    noise = np.fft.irfft(spectrum * gain[:, None], n_samples, axis=0)
    return np.asarray(noise / noise.std(), dtype=np.float32)


def band(noise: FloatArray, low_hz: float, high_hz: float, *, order: int = 2) -> FloatArray:
    """Keep a band of frequencies.

    Args:
        noise: Samples. [n_samples] or [n_samples, 2]
        low_hz: Lower edge (Hz).
        high_hz: Upper edge (Hz).
        order: Steepness of each edge (6 dB per octave each).

    Returns:
        Samples, the same shape.
    """
    sos = scipy.signal.butter(order, (low_hz, high_hz), btype="bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    kept: FloatArray = scipy.signal.sosfilt(sos, noise, axis=0).astype(np.float32)
    return kept


def without_rumble(stage: FloatArray) -> FloatArray:
    """Take away what lies under 35 Hz: summed strikes push the mean about, and a loudspeaker with it.

    Args:
        stage: Samples. [n_samples, 2]

    Returns:
        Samples. [n_samples, 2]
    """
    sos = scipy.signal.butter(2, 35.0, btype="highpass", fs=SAMPLE_RATE_HZ, output="sos")
    kept: FloatArray = scipy.signal.sosfilt(sos, stage, axis=0).astype(np.float32)
    return kept


def white(dice: np.random.Generator, n_samples: int, n_channels: int = 1) -> FloatArray:
    """Make white noise.

    Args:
        dice: Where it comes from.
        n_samples: Length.
        n_channels: Independent channels.

    Returns:
        Samples of unit power. [n_samples, n_channels], or [n_samples] for one channel
    """
    noise = dice.standard_normal((n_samples, n_channels), dtype=np.float32)
    return noise[:, 0] if n_channels == 1 else noise


def wander(dice: np.random.Generator, n_samples: int, *, per_s: float) -> FloatArray:
    """Make a smooth random curve: a hand is never still.

    Args:
        dice: Where it comes from.
        n_samples: Length.
        per_s: Turns per second (Hz).

    Returns:
        Values around zero, standard deviation near one. [n_samples]
    """
    n_knots = max(4, round(n_samples / SAMPLE_RATE_HZ * per_s * 2.0) + 3)
    knots = dice.standard_normal(n_knots)
    curve = scipy.signal.resample(np.concatenate([knots, knots[::-1]]), 64 * 2 * n_knots)[: 64 * n_knots]
    where = np.linspace(0.0, len(curve) - 1.0, n_samples)
    smooth: FloatArray = np.interp(where, np.arange(len(curve)), curve).astype(np.float32)
    return smooth
