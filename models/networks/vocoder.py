"""The vocoder: a ConvNeXt that mends a rough rendering, in the manner of Vocos (Siuzdak 2023).

Vocos goes from a mel picture straight to magnitudes and phases. A picture that does not change says nothing about where
a wave is, so a small network hums at its frame rate; ours is given a sketch (integrated phases, a few rounds towards
the picture) and tells, three times a frame, by how much each bin is to be louder or softer and by how much it is to be
turned. Short windows let it put the energy of a tap where it belongs inside a frame of the picture.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, layers, ops

from models.networks.shapes import N_MELS

VOCODER = "vocoder"

HOP_SAMPLES = 147
"""A third of the picture's hop."""
STEPS = 3
"""Short spectra for each frame of the picture; the middle one is centred on the frame."""
OVERLAP = 4
N_FFT = OVERLAP * HOP_SAMPLES
N_BINS = 1 + N_FFT // 2
MARGIN_SAMPLES = STEPS * HOP_SAMPLES
"""Of the sketch, before the first and after the last frame's centre: what their short windows reach."""

REFERENCE_REACH_FRAMES = 16
"""Levels are seen relative to the loudest band within this many frames, so that gain cancels out."""
KERNEL = 7
GROUP_EDGES = (
    *range(17),
    *(18, 20, 22, 25, 28, 31, 35, 39, 44, 49, 55, 62, 69, 78, 87, 98, 110, 123, 139, 155, 174, 196, 219, 246, 270, 295),
)
"""Bins are seen in groups: singly up to 1.2 kHz, then in steps of about an eighth."""

_WINDOW = np.hanning(N_FFT + 1)[:-1].astype(np.float32)
_WINDOW_SUM = 0.375 * OVERLAP
"""What squared windows add up to."""
_DB_PER_NEPER_OF_POWER = 4.342944819032518


@dataclass(frozen=True)
class VocoderShape:
    """The size of the graph."""

    width: int = 192
    n_blocks: int = 6
    widening: int = 3


SHAPE = VocoderShape()


def context_frames(shape: VocoderShape = SHAPE) -> int:
    """Frames of the picture to either side that a sample depends on."""
    return REFERENCE_REACH_FRAMES + (KERNEL // 2) * (1 + shape.n_blocks) + 1


def build_vocoder(shape: VocoderShape = SHAPE) -> keras.Model:
    """Build the vocoder, untrained: it returns the sketch as it is.

    Args:
        shape: Its size.

    Returns:
        Network from {"mel": level in dB re full scale [batch, n_frames, 128], "sketch": rough audio from MARGIN_SAMPLES
        before the first frame's centre to as many after the last one's [batch, (n_frames + 1) * 441]} to audio between
        the two centres [batch, (n_frames - 1) * 441].
    """
    mel = keras.Input((None, N_MELS), name="mel")
    sketch = keras.Input((None,), name="sketch")
    spectra = ShortSpectra(name="short_spectra")(sketch)
    seen, of_bins, of_groups = RelativeLevels(name="relative_levels")((mel, spectra))
    sequence = layers.Conv1D(shape.width, KERNEL, padding="same", name="embedding")(seen)
    sequence = layers.LayerNormalization(epsilon=1e-6, name="embedding_norm")(sequence)
    for ordinal in range(shape.n_blocks):
        sequence = _block(sequence, shape, f"block_{ordinal}")
    sequence = layers.LayerNormalization(epsilon=1e-6, name="norm")(sequence)
    lift = layers.Dense(STEPS * N_BINS, kernel_initializer="zeros", name="lift")(
        layers.Concatenate(name="told")([sequence, of_groups])
    )
    lift = layers.Add(name="lifted")([lift, OwnScale(0.0, name="flattening")(of_bins)])
    turn = layers.Dense(STEPS * N_BINS, kernel_initializer="zeros", name="turn")(sequence)
    audio = Resynthesis(name="resynthesis")((spectra, lift, turn))
    return keras.Model({"mel": mel, "sketch": sketch}, audio, name=VOCODER)


def _block(sequence: KerasTensor, shape: VocoderShape, name: str) -> KerasTensor:
    """A ConvNeXt block. [batch, n_frames, width] -> same."""
    inner = layers.DepthwiseConv1D(KERNEL, padding="same", name=f"{name}_along_time")(sequence)
    inner = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm")(inner)
    inner = layers.Dense(shape.width * shape.widening, activation="gelu", name=f"{name}_wide")(inner)
    inner = layers.Dense(shape.width, name=f"{name}_narrow")(inner)
    inner = OwnScale(1.0 / shape.n_blocks, name=f"{name}_scale")(inner)
    return layers.Add(name=f"{name}_sum")([sequence, inner])


@keras.saving.register_keras_serializable(package="deepasmr")
class OwnScale(keras.layers.Layer):
    """Scale each channel by a weight of its own.

    Input and output shape: [batch, n_frames, width]
    """

    def __init__(self, start: float, **settings: Any) -> None:
        """Build.

        Args:
            start: What the weights are at first.
            **settings: Keras's own.
        """
        super().__init__(**settings)
        self.start = start

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights."""
        self.scale = self.add_weight(
            name="scale", shape=(input_shape[-1],), initializer=keras.initializers.Constant(self.start)
        )

    def call(self, sequence: KerasTensor) -> KerasTensor:
        """Scale."""
        return sequence * self.scale

    def get_config(self) -> dict[str, Any]:
        """Settings, for Keras."""
        return {**super().get_config(), "start": self.start}


@keras.saving.register_keras_serializable(package="deepasmr")
class ShortSpectra(keras.layers.Layer):
    """Short-time spectra of the sketch, three for each frame of the picture.

    Input shape: samples. [batch, (n_frames + 1) * 441]
    Output shape: real and imaginary parts. [batch, 3 * n_frames, 295] each
    """

    def call(self, sketch: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Transform."""
        blocks = ops.reshape(sketch, (ops.shape(sketch)[0], -1, HOP_SAMPLES))
        n_steps = ops.shape(blocks)[1] - (OVERLAP - 1)
        frames = ops.concatenate([blocks[:, first : first + n_steps] for first in range(OVERLAP)], axis=-1)
        real, imaginary = ops.rfft(frames * _WINDOW)
        return real, imaginary

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[tuple[int | None, ...], ...]:
        """Two of one shape."""
        return ((input_shape[0], None, N_BINS), (input_shape[0], None, N_BINS))


@keras.saving.register_keras_serializable(package="deepasmr")
class RelativeLevels(keras.layers.Layer):
    """Levels of picture and sketch relative to the picture's loudest band nearby: gain cancels out.

    Input shape: picture [batch, n_frames, 128]; real and imaginary parts of the sketch [batch, 3 * n_frames, 295] each
    Output shape, in units of 20 dB: picture and groups of bins side by side [batch, n_frames, 128 + 3 * n_groups]; the
    bins against their groups [batch, n_frames, 3 * 295]; the groups [batch, n_frames, 3 * n_groups]
    """

    def call(self, inputs: tuple[KerasTensor, tuple[KerasTensor, KerasTensor]]) -> tuple[KerasTensor, ...]:
        """Compare."""
        mel, (real, imaginary) = inputs
        loudest = ops.max(mel, axis=-1, keepdims=True)
        reference_db = ops.max_pool(loudest, 2 * REFERENCE_REACH_FRAMES + 1, strides=1, padding="same")
        power = ops.square(real) + ops.square(imaginary)
        group_power = ops.matmul(power, _membership() / _membership().sum(axis=0))
        of_groups = _by_frame(_level_db(group_power), len(GROUP_EDGES) - 1)
        of_bins = _by_frame(_level_db(power) - _level_db(ops.matmul(group_power, _membership().T)), N_BINS)
        picture = ops.clip((mel - reference_db) / 20.0, -4.0, 0.0) + 2.0
        groups = ops.clip((of_groups - reference_db) / 20.0, -4.0, 2.0) + 1.0
        return ops.concatenate([picture, groups], axis=-1), ops.clip(of_bins / 20.0, -1.5, 1.5), groups

    def compute_output_shape(self, input_shape: Any) -> tuple[tuple[int | None, ...], ...]:
        """Three, for each frame."""
        batch, n_frames, n_mels = input_shape[0]
        n_groups = STEPS * (len(GROUP_EDGES) - 1)
        return (
            (batch, n_frames, n_mels + n_groups),
            (batch, n_frames, STEPS * N_BINS),
            (batch, n_frames, n_groups),
        )


@keras.saving.register_keras_serializable(package="deepasmr")
class Resynthesis(keras.layers.Layer):
    """The inverse-STFT head: lift and turn the bins of the sketch, and add the frames up.

    Input shape: real and imaginary parts [batch, 3 * n_frames, 295] each; lift in nepers and turn in rad
    [batch, n_frames, 3 * 295] each
    Output shape: samples from the first frame's centre to the last one's. [batch, (n_frames - 1) * 441]
    """

    def call(self, inputs: tuple[tuple[KerasTensor, KerasTensor], KerasTensor, KerasTensor]) -> KerasTensor:
        """Mend."""
        (real, imaginary), lift, turn = inputs
        gain = ops.exp(ops.clip(_by_step(lift), -7.0, 3.0))
        along, across = gain * ops.cos(_by_step(turn)), gain * ops.sin(_by_step(turn))
        frames = ops.irfft((real * along - imaginary * across, real * across + imaginary * along), fft_length=N_FFT)
        frames = frames * (_WINDOW / _WINDOW_SUM)
        n_whole = ops.shape(frames)[1] - (OVERLAP - 1)
        # Block b of the signal is the last quarter of frame b - 3, the third of frame b - 2, and so on.
        blocks = sum(
            frames[:, first : first + n_whole, (OVERLAP - 1 - first) * HOP_SAMPLES : (OVERLAP - first) * HOP_SAMPLES]
            for first in range(OVERLAP)
        )
        return ops.reshape(blocks, (ops.shape(frames)[0], -1))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Samples."""
        return (input_shape[1][0], None)


def _by_frame(steps: KerasTensor, width: int) -> KerasTensor:
    """[batch, 3 * n_frames, width] -> [batch, n_frames, 3 * width]."""
    return ops.reshape(steps, (ops.shape(steps)[0], -1, STEPS * width))


def _by_step(frames: KerasTensor) -> KerasTensor:
    """[batch, n_frames, 3 * 295] -> [batch, 3 * n_frames, 295]."""
    return ops.reshape(frames, (ops.shape(frames)[0], -1, N_BINS))


def _level_db(power: KerasTensor) -> KerasTensor:
    return _DB_PER_NEPER_OF_POWER * ops.log(ops.maximum(power, 1e-14))


def _membership() -> np.ndarray[Any, np.dtype[np.float32]]:
    """1 where a bin is in a group. [295, n_groups]."""
    bins = np.arange(N_BINS)[:, None]
    edges = np.array(GROUP_EDGES)
    return ((bins >= edges[:-1]) & (bins < edges[1:])).astype(np.float32)
