"""Audio files, written whole or not at all."""

import errno
import os
import tempfile
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile

from models.audio import FloatArray
from models.errors import BadSetting

Samples16 = npt.NDArray[np.int16]
"""What a file holds. [n_samples, n_channels]."""

OPUS_BIT_RATE = 160_000
OPUS_RATE_HZ = 48_000
_BLOCK_SAMPLES = 65536


def write(path: Path, audio: FloatArray, *, sample_rate_hz: int = 44100) -> None:
    """Write a sound in the format that the file name's suffix asks for.

    The bytes go to a temporary file beside it, reach the disk, and take the name in one step: a reader never meets half
    a file, and a full disk leaves nothing behind. The same samples give the same bytes.

    Args:
        path: Ends in .wav or .flac (16 bits, dithered) or .opus (Ogg, 48 kHz, 160 kbit/s).
        audio: Samples; what lies outside [-1, 1] is clipped. [n_samples, 1 or 2]
        sample_rate_hz: Rate (Hz).

    Raises:
        BadSetting: if the suffix or the number of channels is not one of these.
        OSError: if the disk is full or the folder is missing.
    """
    suffix = path.suffix.lower()
    if suffix not in {".wav", ".flac", ".opus"}:
        raise BadSetting(f"Cannot write {suffix or 'a file without suffix'}; .wav, .flac and .opus are known.")
    if audio.ndim != 2 or audio.shape[1] not in {1, 2}:
        raise BadSetting(f"A sound has 1 or 2 channels, not the shape {audio.shape}.")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=suffix)
    os.close(handle)
    unfinished = Path(name)
    try:
        if suffix == ".opus":
            _write_opus(unfinished, audio, sample_rate_hz)
        else:
            soundfile.write(unfinished, SixteenBits().round(audio), sample_rate_hz, subtype="PCM_16")
        unfinished.chmod(0o644)
        _reach_disk(unfinished)
        unfinished.replace(path)
        _reach_disk(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


class MasterFile:
    """A lossless file (16 bits, dithered) that is written as its sound is made. A context: closed at its end."""

    def __init__(self, path: Path, *, n_channels: int, sample_rate_hz: int = 44100) -> None:
        """Begin a file.

        Args:
            path: Ends in .flac or .wav; nobody else reads it before it is closed.
            n_channels: 1 or 2.
            sample_rate_hz: Rate (Hz).

        Raises:
            OSError: if the folder is missing.
        """
        self._path = path
        self._rounding = SixteenBits()
        self._n_written = 0
        self._file = soundfile.SoundFile(path, "w", samplerate=sample_rate_hz, channels=n_channels, subtype="PCM_16")

    def __enter__(self) -> "MasterFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, block: FloatArray) -> Samples16:
        """Add samples, clipped to [-1, 1]; return them as they lie in the file. [n_samples, n_channels]."""
        samples = self._rounding.round(block)
        self._file.write(samples)
        self._n_written += len(samples)
        return samples

    def close(self) -> None:
        """End the file.

        Raises:
            OSError: if the disk was full: the library does not always tell.
        """
        self._file.close()
        if soundfile.info(self._path).frames != self._n_written:
            raise OSError(errno.ENOSPC, "the disk is full", str(self._path))


def _reach_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class SixteenBits:
    """Rounds to 16 bits with triangular dither, so that very quiet sounds fade into hiss and not into crackle.

    Digital silence stays digital silence. The same blocks give the same bits.
    """

    def __init__(self) -> None:
        """Start before the first sample."""
        self._dice = np.random.default_rng(0)

    def round(self, block: FloatArray) -> Samples16:
        """Round the next samples; what lies outside [-1, 1] is clipped. Same shape."""
        dither = self._dice.random(block.shape, dtype=np.float32) - self._dice.random(block.shape, dtype=np.float32)
        scaled = block * np.float32(32767.0) + np.where(block == 0.0, np.float32(0.0), dither)
        return np.clip(np.round(scaled), -32768, 32767).astype(np.int16)


def _write_opus(path: Path, audio: FloatArray, sample_rate_hz: int) -> None:
    # "bitexact" keeps the random stream number and the library's version out of the file.
    with av.open(str(path), "w", format="opus", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=OPUS_RATE_HZ)
        layout = "mono" if audio.shape[1] == 1 else "stereo"
        stream.codec_context.layout = layout
        stream.codec_context.bit_rate = OPUS_BIT_RATE
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=OPUS_RATE_HZ)
        for first in range(0, len(audio), _BLOCK_SAMPLES):
            block = np.clip(audio[first : first + _BLOCK_SAMPLES], -1.0, 1.0)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block.T), format="fltp", layout=layout)
            frame.sample_rate = sample_rate_hz
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
