"""What the worker and the process that decodes say to each other: a line of JSON each, samples right behind theirs.

The worker orders {"path", "limits", "parent"} once and {"sample_rate_hz", "is_mono"} for each time it wants the
samples. The answers are {"facts"} once, then {"block": [n_samples, n_channels]} with as many float32 behind it and at
last {"end"} for each time; or {"error"} and nothing more. No pickles: what met a stranger's bytes is believed in
numbers alone.
"""

import json
from collections.abc import Sequence
from io import BufferedReader
from typing import Any, BinaryIO

import numpy as np

from models import errors
from models.audio import FloatArray
from models.audio.decode import BLOCK_SAMPLES

Message = dict[str, Any]

_LONGEST_LINE = 16 * 1024
_MOST_CHANNELS = 2
_ERRORS = {
    error.slug: error
    for error in (
        errors.NotAudio,
        errors.NoAudioStream,
        errors.EmptyAudio,
        errors.ClipTooLong,
        errors.ClipTooLarge,
        errors.NotFinite,
        errors.BadSetting,
    )
}


class Garbled(Exception):
    """The other side died in the middle of a message, or says what it cannot mean."""


def send(pipe: BinaryIO, message: Message, samples: FloatArray | None = None) -> None:
    """Send a message, and samples with it."""
    pipe.write(json.dumps(message).encode() + b"\n")
    if samples is not None:
        pipe.write(np.ascontiguousarray(samples, dtype=np.float32).data)
    pipe.flush()


def receive(pipe: BufferedReader) -> Message:
    """Receive a message.

    Raises:
        Garbled: if there is none, or none that can be read.
    """
    line = pipe.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise Garbled
    try:
        message = json.loads(line)
    except ValueError as error:
        raise Garbled from error
    if not isinstance(message, dict):
        raise Garbled
    return message


def receive_samples(pipe: BufferedReader, shape: Sequence[int]) -> FloatArray:
    """Receive the samples of a block.

    Args:
        pipe: Where they come from.
        shape: Samples and channels, as the message before them says.

    Raises:
        Garbled: if no block is of this shape, or it breaks off.
    """
    n_samples, n_channels = (int(size) for size in shape)
    if not (1 <= n_samples <= BLOCK_SAMPLES and 1 <= n_channels <= _MOST_CHANNELS):
        raise Garbled
    samples = np.empty((n_samples, n_channels), dtype=np.float32)
    if pipe.readinto(samples.data.cast("B")) != samples.nbytes:
        raise Garbled
    return samples


def written(error: errors.SoundError) -> Message:
    """Write an error down."""
    return {"error": {"slug": error.slug, "detail": error.detail, "extensions": error.extensions}}


def error_of(message: Message) -> errors.SoundError:
    """Read an error that was written down; one that we do not know means that the file is no sound to us."""
    told = message["error"]
    return _ERRORS.get(told["slug"], errors.NotAudio)(told["detail"], **told["extensions"])
