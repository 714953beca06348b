"""The vocoder at work: a sketch of the picture, mended stretch by stretch in flat memory."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import tee

import keras
import numpy as np
import tensorflow as tf

from models.audio import FloatArray
from models.audio.mel import MEL
from models.audio.render import (
    CHUNK_FRAMES,
    FIRST_CHUNK_FRAMES,
    RENDERERS,
    SourceAudio,
    nearer_parts,
    render_parts,
    sketch_parts,
)
from models.networks.vocoder import MARGIN_SAMPLES, VOCODER, context_frames
from models.pretrained import load, manifest

CONTEXT_FRAMES = context_frames()
FIRST_STRETCH_FRAMES = FIRST_CHUNK_FRAMES - CONTEXT_FRAMES - 1
"""As far as the first chunk of the sketch allows; after it every chunk of the sketch is followed by one stretch."""


FINISHING_ROUNDS = 12
"""Towards the picture, when all is mended: with 8 as fast as griffin_lim and 1 % nearer in fine mel, with 16 a quarter
slower and 5 % nearer (fold 0)."""


class Vocoder:
    """A loaded vocoder."""

    def __init__(self, network: keras.Model, version: str) -> None:
        """Hold a network.

        Args:
            network: From {"mel", "sketch"} to samples.
            version: Of the weights.
        """
        # As one graph: called layer by layer it takes more than three times as long.
        self._mend = tf.function(
            lambda mel, sketch: network({"mel": mel, "sketch": sketch}, training=False),
            input_signature=[
                tf.TensorSpec([1, None, MEL.n_mels], tf.float32),
                tf.TensorSpec([1, None], tf.float32),
            ],
        )
        self.version = version

    def render_parts(self, parts: Iterable[FloatArray], *, seed: int) -> Iterator[FloatArray]:
        """Turn a mel picture into audio as it is painted, in flat memory.

        How the picture comes in parts makes no difference to the samples; gain added to the picture is gain of the
        samples, and what lies on the floor is silence.

        Args:
            parts: Consecutive parts of the picture, level in dB re full scale. [n_frames, 128] each
            seed: The same picture and seed give the same samples.

        Returns:
            Consecutive samples at 44.1 kHz, (n_frames - 1) * 441 in all. [n_samples] each

        Raises:
            BadSetting: while iterating, if the picture has another shape.
            NotFinite: while iterating, if a level is NaN or infinite.
        """
        for_mending, for_finishing = tee(parts)
        mended = _Pulled(self._mended(for_mending, seed))
        return nearer_parts(for_finishing, source=mended.take, n_rounds=FINISHING_ROUNDS)

    def _mended(self, parts: Iterable[FloatArray], seed: int) -> Iterator[FloatArray]:
        """The network's own samples."""
        picture, sketch = _Held(np.empty((0, MEL.n_mels), np.float32)), _Held(np.zeros(MARGIN_SAMPLES, np.float32))

        def seen() -> Iterator[FloatArray]:
            for part in parts:
                picture.push(part)
                yield part

        begin, end = 0, FIRST_STRETCH_FRAMES
        for drawn in sketch_parts(seen(), seed=seed):
            sketch.push(drawn)
            while sketch.end >= (end + CONTEXT_FRAMES + 2) * MEL.hop_samples:
                yield self._stretch(picture, sketch, begin, end, end + CONTEXT_FRAMES)
                begin, end = end, end + CHUNK_FRAMES
        sketch.push(np.zeros(MARGIN_SAMPLES, np.float32))
        last = picture.end - 1
        while begin < last:
            end = min(end, last)
            yield self._stretch(picture, sketch, begin, end, min(end + CONTEXT_FRAMES, last))
            begin, end = end, end + CHUNK_FRAMES

    def _stretch(self, picture: "_Held", sketch: "_Held", begin: int, end: int, seen_to: int) -> FloatArray:
        """Mend between the centres of two frames, seeing to a third one, and forget what no later stretch will see."""
        first = max(0, begin - CONTEXT_FRAMES)
        mel = picture.take(first, seen_to + 1)
        # Sample 0 of what is held of the sketch lies a margin before the first frame's centre.
        rough = sketch.take(first * MEL.hop_samples, (seen_to + 2) * MEL.hop_samples)
        mended: FloatArray = self._mend(mel[None], rough[None]).numpy()[0]
        picture.forget(end - CONTEXT_FRAMES)
        sketch.forget((end - CONTEXT_FRAMES) * MEL.hop_samples)
        return mended[(begin - first) * MEL.hop_samples : (end - first) * MEL.hop_samples]


class _Held:
    """The end of a stream, by places that count from the stream's beginning."""

    def __init__(self, beginning: FloatArray) -> None:
        self._rows, self._first = beginning, 0

    @property
    def end(self) -> int:
        return self._first + len(self._rows)

    def push(self, rows: FloatArray) -> None:
        self._rows = np.concatenate([self._rows, rows], dtype=np.float32)

    def take(self, begin: int, end: int) -> FloatArray:
        return self._rows[begin - self._first : end - self._first]

    def forget(self, before: int) -> None:
        n_gone = max(0, before - self._first)
        self._rows, self._first = self._rows[n_gone:].copy(), self._first + n_gone


class _Pulled:
    """A stream of samples that is drawn on as far as it is asked for; silence before it and after it."""

    def __init__(self, samples: Iterator[FloatArray]) -> None:
        self._samples, self._held = samples, _Held(np.empty(0, np.float32))

    def take(self, first: int, n_samples: int) -> FloatArray:
        """Take samples and forget those before them."""
        self._held.forget(first)
        while self._held.end < first + n_samples and (more := next(self._samples, None)) is not None:
            self._held.push(more)
        begin, end = max(0, first), min(first + n_samples, self._held.end)
        taken = np.zeros(n_samples, dtype=np.float32)
        taken[begin - first : end - first] = self._held.take(begin, end)
        return taken


@lru_cache(maxsize=1)
def load_vocoder() -> Vocoder:
    """Load the promoted vocoder, once for a process.

    Raises:
        UnknownNetwork: if no vocoder is promoted.
        WrongWeights: if its file is missing or another one.
    """
    trained = load(VOCODER)
    return Vocoder(trained.network, trained.entry.version)


def renderers() -> tuple[str, ...]:
    """All renderers that there are: the vocoder where one is promoted."""
    return (*RENDERERS, VOCODER) if VOCODER in manifest() else RENDERERS


def audio_in_parts(
    parts: Iterable[FloatArray], *, renderer: str, seed: int, source: SourceAudio | None = None
) -> Iterator[FloatArray]:
    """Turn a mel picture into audio by any renderer: as models.audio.render.render_parts, or by the vocoder.

    Args:
        parts: Consecutive parts of the picture, level in dB re full scale. [n_frames, 128] each
        renderer: One of `renderers()`.
        seed: The same picture and seed give the same samples.
        source: What the borrowed renderer takes its phases from.

    Returns:
        Consecutive samples at 44.1 kHz, (n_frames - 1) * 441 in all. [n_samples] each

    Raises:
        UnknownRenderer: if there is no such renderer.
        BadSetting: if the picture has another shape, or the source is missing.
        NotFinite: while iterating, if a level or a sample is NaN or infinite.
    """
    if renderer == VOCODER and VOCODER in manifest():
        return load_vocoder().render_parts(parts, seed=seed)
    return render_parts(parts, renderer=renderer, seed=seed, source=source)
