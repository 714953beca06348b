"""Training of the flow that draws codes of sounds for the variational autoencoder that ships."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from models.audio import FloatArray
from models.inference.codes import style_of
from models.networks.latent_flow import FRAMES_PER_SLOT, SLOT_WIDTH
from models.networks.shapes import WINDOW_FRAMES
from models.recipes.corpus import Corpus, Windows
from models.recipes.recipe import LatentFlowRecipe
from models.recipes.sampling import PictureDraw
from models.recipes.training import Batch, Loop, learning_rate, train

UNCONDITIONED_SHARE = 0.15
"""Share of the codes whose label, and of those whose style, is withheld: the flow learns both with and without."""

Scaling = tuple[FloatArray, FloatArray]
"""Mean and deviation of each number in a code's rows. [16] each"""


class FlowTrainee(keras.Model):
    """The flow with its loss."""

    def __init__(self, flow: keras.Model) -> None:
        """Wrap."""
        super().__init__(name="flowing")
        self.flow = flow

    def call(self, shown: dict[str, Any], training: bool | None = None) -> Any:
        """Velocity. -> [batch, n_slots, 16]."""
        return self.flow(shown, training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Mean squared error of the velocity."""
        del x, sample_weight, training
        return ops.mean(ops.square(y - y_pred))


def train_flow(
    network: keras.Model,
    recipe: LatentFlowRecipe,
    corpus: Corpus,
    windows: Windows,
    scaling: Scaling,
    *,
    out: Path,
    seed: int,
    resume: bool,
    tell: Callable[[str], None],
) -> list[dict[str, float]]:
    """Train the flow on the codes of a trained encoder.

    Args:
        network: `latent_flow` with a trained encoder; its flow is trained in place.
        recipe: How.
        corpus: The recordings.
        windows: Labelled windows to learn from.
        scaling: What codes are standardised by.
        out: Folder of the run.
        seed: Of draws.
        resume: Go on from the run's checkpoint.
        tell: Where progress goes.

    Returns:
        Mean losses and seconds of each epoch.
    """
    encoder = network.get_layer("encoder")
    trainee = FlowTrainee(network.get_layer("flow"))
    n_batches = recipe.n_flow_draws_per_epoch // recipe.flow_batch_size
    draw = PictureDraw(corpus, windows)

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([seed, epoch, 1])
        for _ in range(n_batches):
            pictures, labels = draw.draw(recipe.flow_batch_size, rng)
            codes = drawn_codes(encoder, pictures, scaling, rng)
            yield show(codes, np.eye(len(corpus.labels), dtype=np.float32)[labels], rng)

    n_slots = WINDOW_FRAMES // FRAMES_PER_SLOT
    trainee(show(np.zeros((1, n_slots, SLOT_WIDTH), np.float32), np.zeros((1, len(corpus.labels)), np.float32))[0])
    trainee.compile(
        optimizer=keras.optimizers.Adam(
            learning_rate(recipe.learning_rate, n_batches * recipe.n_flow_epochs),
            global_clipnorm=1.0,
            use_ema=True,
            ema_momentum=0.998,
        )
    )
    history = train(Loop(trainee, batches, recipe.n_flow_epochs, out), resume=resume, tell=tell)
    trainee.optimizer.finalize_variable_values(trainee.trainable_variables)
    return history


def show(codes: FloatArray, labels: FloatArray, rng: np.random.Generator | None = None) -> Batch:
    """Take codes part of the way into noise.

    Args:
        codes: Standardised. [n, 25, 16]
        labels: Weights. [n, n_labels]
        rng: Where noise, times and what is withheld come from.

    Returns:
        The flow's inputs, and the velocity that leads from the code to the noise.
    """
    rng = rng or np.random.default_rng(0)
    n = len(codes)
    noise = rng.standard_normal(codes.shape, dtype=np.float32)
    # Most is decided half way between noise and code (Esser et al. 2024).
    time = (1.0 / (1.0 + np.exp(-rng.standard_normal((n, 1, 1))))).astype(np.float32)
    is_styled, is_labelled = (rng.random((2, n, 1)) > UNCONDITIONED_SHARE).astype(np.float32)
    shown = {
        "code": (1.0 - time) * codes + time * noise,
        "time": time[:, 0],
        "labels": labels * is_labelled,
        "style": style_of(codes) * is_styled,
    }
    return shown, noise - codes


def drawn_codes(encoder: keras.Model, pictures: FloatArray, scaling: Scaling, rng: np.random.Generator) -> FloatArray:
    """Draw pictures' codes from their posteriors, standardised. [n, 100, 128] -> [n, 25, 16]."""
    told = encoder(pictures, training=False)
    mean = ops.convert_to_numpy(told["mean"])
    deviation = np.exp(0.5 * ops.convert_to_numpy(told["log_variance"]))
    drawn = mean + deviation * rng.standard_normal(mean.shape, dtype=np.float32)
    codes: FloatArray = ((drawn - scaling[0]) / scaling[1]).astype(np.float32)
    return codes


def scaling_of(encoder: keras.Model, draw: PictureDraw, rng: np.random.Generator) -> Scaling:
    """Measure what codes are standardised by, on two thousand windows."""
    unscaled = (np.zeros(SLOT_WIDTH, np.float32), np.ones(SLOT_WIDTH, np.float32))
    codes = np.concatenate([drawn_codes(encoder, draw.draw(64, rng)[0], unscaled, rng) for _ in range(32)])
    return codes.mean(axis=(0, 1)), np.maximum(codes.std(axis=(0, 1)), 1e-3)
