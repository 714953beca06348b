"""Listening to a whole recording, of whatever length, and keeping of it only what cutting needs."""

import io
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio import FloatArray
from models.audio.ahead import ahead
from models.audio.boundaries import Outline
from models.audio.decode import to_mono
from models.audio.mel import MEL
from models.audio.segmentation import Caution, Segment, segment
from models.audio.windows import WINDOW_HOP_S, WINDOW_S
from models.inference.classify import Classifier, sound_embedding
from models.inference.listen import listen

HOP_SAMPLES = int(WINDOW_HOP_S * MEL.sample_rate_hz)
HOPS_PER_WINDOW = int(WINDOW_S / WINDOW_HOP_S)


@dataclass(frozen=True)
class Recording:
    """What was heard of a recording, window by window; window i starts at i times half a second."""

    labels: tuple[str, ...]
    probabilities: FloatArray
    """[n_windows, n_labels]"""
    embeddings: NDArray[np.float16]
    """[n_windows, 256]; half precision, because four hours of them are held in memory."""
    levels_db: FloatArray
    """RMS level of each window, dB re full scale. [n_windows]"""
    duration_s: float
    outline: Outline
    """What it looks like, coarsely: where exactly sounds begin and end. [n_steps, 16]"""
    embedded_with: str
    """The weights by which embeddings are made."""
    caution: Caution
    """How much must speak for a sound, which depends on who listened."""


OnHeard = Callable[[FloatArray, float], None]
"""Told the probabilities so far [n_windows, n_labels] and the seconds heard so far."""


def hear(
    blocks: Generator[FloatArray], classifier: Classifier, *, on_block: Callable[[float], None], on_heard: OnHeard
) -> Recording:
    """Listen to a recording once, in flat memory.

    Args:
        blocks: Its samples at 44.1 kHz, as models.audio.decode.stream gives them. [n_samples, n_channels] each
        classifier: What listens.
        on_block: Told the seconds decoded so far, about every second and a half of audio; may raise to give up.
        on_heard: Told what was heard so far, every eight seconds of audio at first and every minute at last.

    Raises:
        SoundError: whatever taking from blocks raises.
        ClipTooShort: if it lasts less than a tenth of a second.
    """
    decoded = _Counted(ahead(blocks), on_block)
    probabilities = np.empty((0, len(classifier.labels)), dtype=np.float32)
    embeddings: list[NDArray[np.float16]] = []
    outline: list[Outline] = []
    for heard in listen(decoded, classifier):
        probabilities = np.concatenate([probabilities, heard.probabilities])
        embeddings.append(heard.embeddings.astype(np.float16))
        outline.append(heard.outline)
        on_heard(probabilities, decoded.seconds)
    return Recording(
        labels=classifier.labels,
        probabilities=probabilities,
        embeddings=np.concatenate(embeddings),
        levels_db=decoded.levels_db(len(probabilities)),
        duration_s=decoded.seconds,
        outline=np.concatenate(outline),
        embedded_with=classifier.embedded_with,
        caution=classifier.caution,
    )


def sounds_in(recording: Recording) -> list[Segment]:
    """Find the stretches that are sounds, in order of time."""
    return segment(
        recording.probabilities,
        recording.labels,
        levels_db=recording.levels_db,
        duration_s=recording.duration_s,
        outline=recording.outline,
        caution=recording.caution,
    )


def probabilities_within(recording: Recording, found: Segment) -> dict[str, float]:
    """Mean probability of each label over the windows of a sound."""
    mean = recording.probabilities[found.first_window : found.last_window + 1].mean(axis=0)
    return {label: round(float(p), 5) for label, p in zip(recording.labels, mean, strict=True)}


def embedding_within(recording: Recording, found: Segment) -> FloatArray:
    """Embedding of a sound: its windows' mean, of length 1. [256]."""
    windows = recording.embeddings[found.first_window : found.last_window + 1]
    return sound_embedding(windows.astype(np.float32))


def compact(recording: Recording) -> bytes:
    """Pack the windows' probabilities and levels to keep with the source, as a NumPy archive of half precision.

    Holds probabilities [n_windows, n_labels], levels_db [n_windows] and labels [n_labels].
    """
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        probabilities=recording.probabilities.astype(np.float16),
        levels_db=recording.levels_db.astype(np.float16),
        labels=np.array(recording.labels),
    )
    return packed.getvalue()


class _Counted:
    """Blocks of a recording, and how long and how loud what has passed was."""

    def __init__(self, blocks: Iterable[FloatArray], on_block: Callable[[float], None]) -> None:
        self._blocks = blocks
        self._on_block = on_block
        self._pending: FloatArray = np.empty(0, dtype=np.float32)
        self._hop_powers: list[float] = []
        self.seconds = 0.0

    def __iter__(self) -> Iterator[FloatArray]:
        n_samples = 0
        for block in self._blocks:
            n_samples += len(block)
            self.seconds = n_samples / MEL.sample_rate_hz
            self._weigh(to_mono(block))
            self._on_block(self.seconds)
            yield block

    def levels_db(self, n_windows: int) -> FloatArray:
        """RMS level of each window, dB re full scale: a window is two hops long, a short clip's only one shorter."""
        powers = [*self._hop_powers, float(np.square(self._pending).mean())] if len(self._pending) else self._hop_powers
        means = [float(np.mean(powers[first : first + HOPS_PER_WINDOW])) for first in range(n_windows)]
        levels: FloatArray = (10.0 * np.log10(np.maximum(means, 1e-20))).astype(np.float32)
        return levels

    def _weigh(self, mono: FloatArray) -> None:
        pending = np.concatenate([self._pending, mono])
        n_hops = len(pending) // HOP_SAMPLES
        hops = pending[: n_hops * HOP_SAMPLES].reshape(n_hops, HOP_SAMPLES)
        self._hop_powers += np.square(hops).mean(axis=1).tolist()
        self._pending = pending[n_hops * HOP_SAMPLES :]
