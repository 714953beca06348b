"""A sound's lasting form: its FLAC master in storage, with all that a page shows of it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from models.audio import FloatArray
from models.audio.decode import to_mono
from models.audio.encode import MasterFile, Samples16
from models.audio.loudness import play_gain_db
from models.audio.mel import MEL, MelStream
from models.audio.meter import LoudnessMeter
from models.audio.picture import PictureStream
from models.audio.waveform import PeakStream
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


class Mastering:
    """Measures, draws and writes a sound while it is made, in flat memory. What is unfinished goes with the context."""

    def __init__(self, n_samples: int, n_channels: int) -> None:
        """Begin.

        Args:
            n_samples: Of the whole sound, at 44.1 kHz.
            n_channels: 1 or 2.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="deepasmr-master-")
        self._path = Path(self._folder.name) / "master.flac"
        self._file = MasterFile(self._path, n_channels=n_channels, sample_rate_hz=MEL.sample_rate_hz)
        self._meter = LoudnessMeter(MEL.sample_rate_hz, n_channels)
        self._mel = MelStream()
        self._picture = PictureStream(n_samples // MEL.hop_samples)
        self._peaks = PeakStream(n_samples)
        self._n_channels = n_channels
        self._n_passed = 0

    def __enter__(self) -> "Mastering":
        return self

    def __exit__(self, *_: object) -> None:
        with self._file:
            self._folder.cleanup()

    def push(self, block: FloatArray) -> Samples16:
        """Add samples; return them as the master holds them. [n_samples, n_channels]."""
        self._meter.push(block)
        self._picture.push(self._mel.push(to_mono(block)))
        self._peaks.push(block)
        self._n_passed += len(block)
        return self._file.write(block)

    def finish(self) -> Master:
        """Store the sound.

        Raises:
            StorageFull: if there is no room; nothing is left half-written.
        """
        self._file.close()
        self._picture.push(self._mel.finish())
        loudness = self._meter.finish()
        return Master(
            audio_key=storage().put_file(self._path),
            mel_key=storage().put_bytes(self._picture.finish()),
            duration_s=self._n_passed / MEL.sample_rate_hz,
            n_channels=self._n_channels,
            loudness_lufs=loudness.integrated_lufs,
            true_peak_dbtp=loudness.true_peak_dbtp,
            play_gain_db=play_gain_db(loudness),
            peaks=self._peaks.finish(),
        )


def master(audio: FloatArray) -> Master:
    """Measure a sound that is whole already, draw it and store it.

    Args:
        audio: Samples at 44.1 kHz. [n_samples, n_channels]

    Raises:
        StorageFull: if there is no room; nothing is left half-written.
    """
    with Mastering(*audio.shape) as mastering:
        mastering.push(audio)
        return mastering.finish()
