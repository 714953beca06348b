"""A sound's lasting form: its FLAC master in storage, with all that a page shows of it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from models.audio import FloatArray
from models.audio.decode import to_mono
from models.audio.encode import write
from models.audio.loudness import measure, play_gain_db
from models.audio.mel import MEL, log_mel
from models.audio.picture import mel_png
from models.audio.waveform import peaks
from worker.stored import storage


@dataclass(frozen=True)
class Master:
    """A sound in storage: levels in LUFS, dBTP and dB, peaks 0 to 1."""

    audio_key: str
    mel_key: str
    duration_s: float
    n_channels: int
    loudness_lufs: float | None
    true_peak_dbtp: float
    play_gain_db: float
    peaks: list[float]


def master(audio: FloatArray) -> Master:
    """Measure a sound, draw it and store it.

    Args:
        audio: Samples at 44.1 kHz. [n_samples, n_channels]

    Raises:
        StorageFull: if there is no room; nothing is left half-written.
    """
    loudness = measure(audio, MEL.sample_rate_hz)
    with tempfile.TemporaryDirectory(prefix="deepasmr-master-") as folder:
        path = Path(folder) / "master.flac"
        write(path, audio, sample_rate_hz=MEL.sample_rate_hz)
        audio_key = storage().put_file(path)
    return Master(
        audio_key=audio_key,
        mel_key=storage().put_bytes(mel_png(log_mel(to_mono(audio)))),
        duration_s=len(audio) / MEL.sample_rate_hz,
        n_channels=audio.shape[1],
        loudness_lufs=loudness.integrated_lufs,
        true_peak_dbtp=loudness.true_peak_dbtp,
        play_gain_db=play_gain_db(loudness),
        peaks=peaks(audio),
    )
