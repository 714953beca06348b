"""The few layers that Keras does not have."""

from typing import Any

import keras
from keras import KerasTensor, ops

LOG10_PER_DB = 0.1
LN10 = 2.302585092994046


@keras.saving.register_keras_serializable(package="deepasmr")
class LevelNormalisation(keras.layers.Layer):
    """Make a window's level harmless: recording levels differ by tens of dB between sources and mean nothing.

    The reference is the window's mean power, so that gain added to a recording cancels out exactly as long as nothing
    falls on the mel floor. What lies more than `range_db` below the reference is cut off: it is recording noise.

    Input shape: level in dB re full scale. [batch, n_frames, n_mels]
    Output shape: level re the window's own, in units of 20 dB, bounded below. [batch, n_frames, n_mels]
    """

    def __init__(self, range_db: float = 60.0, **settings: Any) -> None:
        """Build.

        Args:
            range_db: How far below the window's mean power a cell still counts, in dB.
            **settings: Keras's own (name, dtype).
        """
        super().__init__(**settings)
        self.range_db = range_db

    def call(self, windows: KerasTensor) -> KerasTensor:
        """Normalise. [batch, n_frames, n_mels] -> same."""
        power = ops.exp(windows * (LOG10_PER_DB * LN10))
        reference_db = ops.log(ops.mean(power, axis=(1, 2), keepdims=True) + 1e-12) / (LOG10_PER_DB * LN10)
        return ops.maximum(windows - reference_db, -self.range_db) / 20.0 + 1.0

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Same as the input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Settings, for Keras."""
        return {**super().get_config(), "range_db": self.range_db}


@keras.saving.register_keras_serializable(package="deepasmr")
class Sampling(keras.layers.Layer):
    """Draw a latent code from its posterior while training; take the mean when not.

    Input shape: mean and log variance. [batch, width] each
    Output shape: code. [batch, width]
    """

    def __init__(self, seed: int = 0, **settings: Any) -> None:
        """Build.

        Args:
            seed: Start of the layer's own random stream.
            **settings: Keras's own.
        """
        super().__init__(**settings)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, posterior: tuple[KerasTensor, KerasTensor], training: bool | None = None) -> KerasTensor:
        """Draw. ([batch, width], [batch, width]) -> [batch, width]."""
        mean, log_variance = posterior
        if not training:
            return mean
        noise = keras.random.normal(ops.shape(mean), dtype=mean.dtype, seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise

    def compute_output_shape(self, input_shape: tuple[tuple[int | None, ...], ...]) -> tuple[int | None, ...]:
        """The mean's."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Settings, for Keras."""
        return {**super().get_config(), "seed": self.seed}
