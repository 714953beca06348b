"""Training of what paints in the variational autoencoder that ships: its encoder and its decoder with grain."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from models.audio.grain import grain_db
from models.inference.pictures import PICTURE_RANGE_DB
from models.networks.shapes import N_MELS, WINDOW_FRAMES
from models.recipes.code_use import NAMES, code_use, kl_of_unit, means_of
from models.recipes.corpus import Corpus, Windows
from models.recipes.ears import Heard, graininess, unlikeness
from models.recipes.recipe import LatentFlowRecipe
from models.recipes.sampling import PictureDraw
from models.recipes.training import Batch, Loop, learning_rate, train

N_CELLS = WINDOW_FRAMES * N_MELS
N_GRAIN_FRAMES = 20000


class PaintingTrainee(keras.Model):
    """Encoder and decoder with what they lose: cells, KL, and what ears miss in the painted picture with its grain."""

    def __init__(self, network: keras.Model, hear: Callable[[Any], Heard], recipe: LatentFlowRecipe) -> None:
        """Wrap.

        Args:
            network: `latent_flow`; its flow is left alone.
            hear: From models.recipes.ears.
            recipe: Weights of the losses.
        """
        super().__init__(name="painting")
        self.encoder = network.get_layer("encoder")
        self.decoder = network.get_layer("decoder")
        self.sampling = network.get_layer("sampling")
        self.hear = hear
        self.recipe = recipe
        self.kl_weight = self.add_weight(name="kl_weight", shape=(), initializer="zeros", trainable=False)
        self.means = means_of(("squared_error", "unlikeness", "divergence", "grain_error", "gain", *NAMES))

    def call(self, shown: dict[str, Any], training: bool | None = None) -> Any:
        """Paint. {"picture", "grain"}: [batch, 100, 128] -> outputs of encoder and decoder."""
        posterior = self.encoder(shown["picture"], training=training)
        code = self.sampling((posterior["mean"], posterior["log_variance"]), training=training)
        return {
            **posterior,
            **{f"painted_{k}": v for k, v in self.decoder({"code": code, "grain": shown["grain"]}).items()},
        }

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """All losses, weighted."""
        del x, sample_weight, training
        recipe = self.recipe
        error = ops.mean(ops.square(y - y_pred["painted_mean"]))
        mean, log_variance = y_pred["mean"], y_pred["log_variance"]
        kl = kl_of_unit(mean, log_variance)
        distance, divergence = unlikeness(self.hear(y_pred["painted_picture"]), self.hear(y))
        wanted, made = graininess(y), graininess(y_pred["painted_picture"])
        grain_error = ops.mean(ops.abs(made - wanted)) / (ops.mean(wanted) + 1e-4)
        told = {
            "squared_error": error,
            "unlikeness": distance,
            "divergence": divergence,
            "grain_error": grain_error,
            "gain": ops.mean(y_pred["painted_gain"]),
            **code_use(y, y_pred["painted_mean"], mean, log_variance),
        }
        for name, value in told.items():
            self.means[name].update_state(value)
        return (
            0.5 * ops.log(error + 1e-6)
            + self.kl_weight * ops.sum(ops.maximum(kl, recipe.free_nats)) / N_CELLS
            + recipe.likeness_weight * distance
            + recipe.label_weight * divergence
            + recipe.grain_weight * grain_error
        )


def train_painting(
    network: keras.Model,
    recipe: LatentFlowRecipe,
    corpus: Corpus,
    windows: Windows,
    hear: Callable[[Any], Heard],
    *,
    out: Path,
    seed: int,
    resume: bool,
    tell: Callable[[str], None],
) -> list[dict[str, float]]:
    """Train encoder and decoder.

    Args:
        network: `latent_flow`, trained in place.
        recipe: How.
        corpus: The recordings.
        windows: Those to learn from, the pool's too.
        hear: Ears that heard nothing else.
        out: Folder of the run.
        seed: Of draws.
        resume: Go on from the run's checkpoint.
        tell: Where progress goes.

    Returns:
        Mean losses and seconds of each epoch.
    """
    trainee = PaintingTrainee(network, hear, recipe)
    n_batches = recipe.n_draws_per_epoch // recipe.batch_size
    blank = np.zeros((1, WINDOW_FRAMES, N_MELS), dtype=np.float32)
    trainee({"picture": blank, "grain": blank})
    trainee.compile(
        optimizer=keras.optimizers.Adam(
            learning_rate(recipe.learning_rate, n_batches * recipe.n_epochs),
            global_clipnorm=1.0,
            use_ema=True,
            ema_momentum=0.995,
        )
    )
    draw = PictureDraw(corpus, windows)
    bank = grain_db(0, N_GRAIN_FRAMES, seed=seed) / np.float32(PICTURE_RANGE_DB)

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([seed, epoch])
        for _ in range(n_batches):
            pictures, _labels = draw.draw(recipe.batch_size, rng)
            starts = rng.integers(0, N_GRAIN_FRAMES - WINDOW_FRAMES, recipe.batch_size)
            yield {"picture": pictures, "grain": bank[starts[:, None] + np.arange(WINDOW_FRAMES)]}, pictures

    def set_kl_weight(epoch: int) -> None:
        # Rising slowly, so that the decoder comes to lean on the code before the code becomes dear.
        trainee.kl_weight.assign(recipe.kl_weight * min(1.0, (epoch + 1) / recipe.kl_rise_epochs))

    history = train(Loop(trainee, batches, recipe.n_epochs, out, set_kl_weight), resume=resume, tell=tell)
    trainee.optimizer.finalize_variable_values(trainee.trainable_variables)
    return history
