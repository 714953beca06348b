"""Training of the autoencoder and the variational one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from models.audio import FloatArray
from models.inference.vae import KNOWN_CODES, KNOWN_LABELS
from models.networks.catalogue import build
from models.networks.shapes import LATENT_WIDTH, N_MELS, WINDOW_FRAMES
from models.networks.weights_file import Arrays
from models.recipes.code_use import NAMES, code_use, kl_of_unit, means_of
from models.recipes.corpus import Corpus, Windows
from models.recipes.recipe import AutoencoderRecipe
from models.recipes.sampling import PictureDraw, pictures_of, row_shares
from models.recipes.training import Batch, Loop, learning_rate, train

N_CELLS = WINDOW_FRAMES * N_MELS
N_KNOWN_CODES = 96
"""Codes kept for each label: enough to walk between, few enough to ship."""


class AutoencoderTrainee(keras.Model):
    """Adds what training needs to a network that paints its input: the loss and the weight of its KL term."""

    def __init__(self, network: keras.Model, *, free_nats: float) -> None:
        """Wrap.

        Args:
            network: `autoencoder` or one of the `vae`s.
            free_nats: Nats of each latent, averaged over the batch, that cost nothing.
        """
        super().__init__(name="trainee")
        self.network = network
        self.free_nats = free_nats
        self.kl_weight = self.add_weight(name="kl_weight", shape=(), initializer="zeros", trainable=False)
        self.means = means_of(("squared_error", *(NAMES if "log_variance" in network.output else ())))

    def call(self, pictures: Any, training: bool | None = None) -> Any:
        """Paint. [batch, 100, 128] -> the network's outputs."""
        return self.network(pictures, training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Negative log-likelihood per cell, with the best-fitting deviation, and KL per cell."""
        del x, sample_weight, training
        error = ops.mean(ops.square(y - y_pred["picture"]))
        told = {"squared_error": error}
        # The deviation that explains the error best is the error itself: no weight between picture and code to tune.
        loss = 0.5 * ops.log(error + 1e-6)
        if "log_variance" in y_pred:
            mean, log_variance = y_pred["mean"], y_pred["log_variance"]
            told |= code_use(y, y_pred["picture"], mean, log_variance)
            kl = kl_of_unit(mean, log_variance)
            loss = loss + self.kl_weight * ops.sum(ops.maximum(kl, self.free_nats)) / N_CELLS
        for name, value in told.items():
            self.means[name].update_state(value)
        return loss


def train_autoencoder(
    recipe: AutoencoderRecipe,
    corpus: Corpus,
    windows: Windows,
    *,
    out: Path,
    seed: int,
    resume: bool = False,
    watch: Callable[[int, keras.Model], None] | None = None,
    tell: Callable[[str], None] = print,
) -> tuple[keras.Model, Arrays]:
    """Train the autoencoder or the variational one.

    Args:
        recipe: How.
        corpus: The recordings.
        windows: Those to learn from, the pool's too.
        out: Folder of the run.
        seed: Of weights and draws.
        resume: Go on from the run's checkpoint.
        watch: Shown the number of epochs that are over and the network, as it then is, before its
            weights are averaged.
        tell: Where progress goes.

    Returns:
        The network as it is served and, for the variational one, the codes of known sounds.
    """
    keras.utils.set_random_seed(seed)
    network = build(recipe.network, n_labels=len(corpus.labels))
    trainee = AutoencoderTrainee(network, free_nats=recipe.free_nats)
    n_batches = recipe.n_draws_per_epoch // recipe.batch_size
    trainee(np.zeros((1, WINDOW_FRAMES, N_MELS), dtype=np.float32))
    trainee.compile(
        optimizer=keras.optimizers.Adam(
            learning_rate(recipe.learning_rate, n_batches * recipe.n_epochs),
            global_clipnorm=1.0,
            use_ema=True,
            ema_momentum=0.995,
        )
    )
    draw = PictureDraw(corpus, windows)

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([seed, epoch])
        for _ in range(n_batches):
            pictures, _labels = draw.draw(recipe.batch_size, rng)
            yield pictures, pictures

    def set_kl_weight(epoch: int) -> None:
        if watch is not None:
            watch(epoch, network)
        # Rising slowly, so that the decoder comes to lean on the code before the code becomes dear.
        trainee.kl_weight.assign(recipe.kl_weight * min(1.0, (epoch + 1) / recipe.kl_rise_epochs))

    train(Loop(trainee, batches, recipe.n_epochs, out, set_kl_weight), resume=resume, tell=tell)
    if watch is not None:
        watch(recipe.n_epochs, network)
    trainee.optimizer.finalize_variable_values(trainee.trainable_variables)
    if recipe.network == "autoencoder":
        return network, {}
    return network, known_codes(network, corpus, windows.where(windows.label >= 0), seed)


def known_codes(network: keras.Model, corpus: Corpus, windows: Windows, seed: int) -> Arrays:
    """Encode windows of each label, spread over its recordings: where free draws of a trigger come from.

    Args:
        network: A trained `vae`, of any number of layers.
        corpus: The recordings.
        windows: Labelled ones that it learnt from.
        seed: Of the choice.

    Returns:
        Extras for the weights file.
    """
    rng = np.random.default_rng([seed, 1])
    rows = []
    for ordinal in range(len(corpus.labels)):
        of_label = np.flatnonzero(windows.label == ordinal)
        shares = row_shares(windows.where(of_label))
        chosen = rng.choice(len(of_label), min(N_KNOWN_CODES, len(of_label)), replace=False, p=shares)
        rows.append(of_label[np.sort(chosen)])
    # All at once: every look at pictures measures the levels of all recordings.
    known = windows.where(np.concatenate(rows))
    codes = encode(network, pictures_of(corpus, known))
    return {KNOWN_CODES: codes.astype(np.float16), KNOWN_LABELS: known.label.astype(np.uint8)}


def encode(network: keras.Model, pictures: FloatArray) -> FloatArray:
    """Mean codes of pictures, in batches. [n, 100, 128] -> [n, 256]."""
    encoder = network.get_layer("encoder")
    codes = np.zeros((len(pictures), LATENT_WIDTH), dtype=np.float32)
    for first in range(0, len(pictures), 256):
        codes[first : first + 256] = ops.convert_to_numpy(
            encoder(pictures[first : first + 256], training=False)["mean"]
        )
    return codes
