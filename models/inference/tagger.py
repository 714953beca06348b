"""An audio tagger that the operator points at: a YAMNet file, never shipped, never required.

What a second of sound is to it is a vector of 1024 numbers. The file is opened with the interpreter that comes with
TensorFlow: its successor, `ai-edge-litert`, would be one more library for what is loaded already, and rounds a little
differently from what our head on these vectors was trained with.
"""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import scipy.fft

from models.audio import FloatArray
from models.audio.seconds import SECOND_SAMPLES
from models.errors import NotATagger

TAGGER_VARIABLE = "DEEPASMR_TAGGER"
TAGGER_RATE_HZ = 16000
TAGGER_SAMPLES = 15600
TAGGER_WIDTH = 1024
LEVEL_DBFS = -25.0
"""RMS that each window is brought to: recording levels mean nothing, and the tagger hears quiet windows badly."""

_EMBEDDING_NAME = "global_average_pooling2d/Mean"
_LARGEST_BYTES = 64 * 1024**2


def tagger_path() -> Path | None:
    """Where DEEPASMR_TAGGER points, or None where it is not set.

    Raises:
        NotATagger: if there is no file, or it cannot be a YAMNet. TensorFlow is not needed to tell.
    """
    named = os.environ.get(TAGGER_VARIABLE)
    if not named:
        return None
    path = Path(named).expanduser()
    if not path.is_file():
        raise NotATagger(f"{TAGGER_VARIABLE}: there is no file {path}.", file=str(path))
    content = path.read_bytes() if path.stat().st_size <= _LARGEST_BYTES else b""
    if content[4:8] != b"TFL3" or _EMBEDDING_NAME.encode() not in content:
        raise NotATagger(f"{TAGGER_VARIABLE}: {path} is no TFLite file of YAMNet.", file=str(path))
    return path


class Tagger:
    """A loaded YAMNet."""

    def __init__(self, path: Path) -> None:
        """Load.

        Args:
            path: A YAMNet in TFLite's format: 15,600 samples at 16 kHz in, a global average over 1024 channels inside.

        Raises:
            NotATagger: if the file is anything else.
        """
        import tensorflow as tf  # noqa: PLC0415 - whoever has no tagger need not wait for it

        content = _whole(path)
        try:
            with warnings.catch_warnings():
                # Of the interpreter's own future, and of the memory that keeping 135 small tensors takes.
                warnings.simplefilter("ignore")
                self._interpreter = tf.lite.Interpreter(
                    model_content=content, num_threads=1, experimental_preserve_all_tensors=True
                )
                self._input = self._interpreter.get_input_details()[0]["index"]
                self._interpreter.resize_tensor_input(self._input, [1, TAGGER_SAMPLES])
                self._interpreter.allocate_tensors()
            self._embedding = _embedding_of(self._interpreter.get_tensor_details())
            self.embed(np.zeros(TAGGER_SAMPLES, dtype=np.float32))
        except (ValueError, RuntimeError, StopIteration) as error:
            raise NotATagger(f"{path} is no YAMNet that can be used: {str(error) or 'it has no embedding'}.") from error

    def embed(self, audio: FloatArray) -> FloatArray:
        """Hear one second as it is.

        Args:
            audio: 16 kHz, in [-1, 1]. [at least 15600]

        Returns:
            [1024]
        """
        self._interpreter.set_tensor(self._input, audio[None, :TAGGER_SAMPLES].astype(np.float32, copy=False))
        self._interpreter.invoke()
        embedding: FloatArray = self._interpreter.get_tensor(self._embedding).reshape(-1)
        return embedding

    def hear(self, seconds: FloatArray) -> FloatArray:
        """Hear windows, each at one and the same level.

        Args:
            seconds: Samples at 44.1 kHz. [n_windows, 44100]

        Returns:
            [n_windows, 1024]
        """
        heard = np.zeros((len(seconds), TAGGER_WIDTH), dtype=np.float32)
        for ordinal, second in enumerate(seconds):
            heard[ordinal] = self.embed(levelled(to_tagger_rate(second)))
        return heard


def to_tagger_rate(second: FloatArray) -> FloatArray:
    """Bring one second from 44.1 kHz to the tagger's 16 kHz: a spectrum cut off at 8 kHz. [44100] -> [16000]."""
    spectrum = scipy.fft.rfft(second)[: TAGGER_RATE_HZ // 2 + 1]
    resampled: FloatArray = scipy.fft.irfft(spectrum, TAGGER_RATE_HZ).astype(np.float32)
    return resampled * np.float32(TAGGER_RATE_HZ / SECOND_SAMPLES)


def levelled(second: FloatArray) -> FloatArray:
    """Bring samples to the RMS at which windows are heard; silence stays silence. [n_samples] -> same."""
    rms = np.sqrt(np.mean(np.square(second, dtype=np.float64)))
    return second * np.float32(10.0 ** (LEVEL_DBFS / 20.0) / (rms + 1e-9))


def _whole(path: Path) -> bytes:
    """Read a file and follow all its references: the interpreter dies of a download that was broken off.

    Raises:
        NotATagger: if a reference leads out of the file.
    """
    from tensorflow.lite.tools import flatbuffer_utils  # noqa: PLC0415 - comes with TensorFlow, see above

    content = path.read_bytes()
    try:
        flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    except Exception as error:  # the reader knows no error of its own: whatever stops it, the file is not whole
        raise NotATagger(f"{path} is no whole TFLite file.", file=str(path)) from error
    return content


def _embedding_of(tensors: list[dict[str, Any]]) -> int:
    """Ordinal of the tensor that holds the embedding."""
    return next(
        tensor["index"]
        for tensor in tensors
        if tensor["name"].endswith(_EMBEDDING_NAME) and tensor["shape"].tolist() == [1, TAGGER_WIDTH]
    )
