"""Audio files, written whole or not at all."""

import os
import tempfile
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile

from models.audio import FloatArray
from models.errors import BadSetting

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
            soundfile.write(unfinished, _sixteen_bits(audio), sample_rate_hz, subtype="PCM_16")
        unfinished.chmod(0o644)
        _reach_disk(unfinished)
        unfinished.replace(path)
        _reach_disk(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _reach_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sixteen_bits(audio: FloatArray) -> npt.NDArray[np.int16]:
    """Round to 16 bits with triangular dither, so that very quiet sounds fade into hiss and not into crackle.

    Digital silence stays digital silence.
    """
    dice = np.random.default_rng(0)
    dither = dice.random(audio.shape, dtype=np.float32) - dice.random(audio.shape, dtype=np.float32)
    scaled = audio * np.float32(32767.0) + np.where(audio == 0.0, np.float32(0.0), dither)
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
