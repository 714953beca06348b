"""Training of the conditional GAN that draws codes of sounds."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from models.audio import FloatArray
from models.inference.codes import CODE_MEAN, CODE_SCALE, KNOWN_LABELS, KNOWN_STYLES, style_of
from models.networks import weights_file
from models.networks.catalogue import build
from models.networks.latent_cgan import build_discriminator
from models.networks.latent_flow import FRAMES_PER_SLOT, SLOT_WIDTH
from models.networks.shapes import WINDOW_FRAMES
from models.networks.weights_file import Arrays
from models.recipes.code_use import DRAW_NAMES, draw_use, means_of
from models.recipes.corpus import Corpus, Windows
from models.recipes.flowing import drawn_codes
from models.recipes.recipe import LatentCganRecipe
from models.recipes.runs import WEIGHTS
from models.recipes.sampling import PictureDraw
from models.recipes.training import Batch, Loop, train

KEPT = (CODE_MEAN, CODE_SCALE, KNOWN_STYLES, KNOWN_LABELS)


class LatentDuel(keras.Model):
    """Generator and discriminator of codes in one trainee: one loss, in which neither moves the other's weights."""

    def __init__(self, generator: keras.Model, recipe: LatentCganRecipe, *, n_labels: int) -> None:
        """Hold the generator and build the discriminator.

        Args:
            generator: Of `latent_cgan`.
            recipe: Weights of the losses.
            n_labels: Labels of the condition.
        """
        super().__init__(name="latent_duel")
        self.generator = generator
        self.discriminator = build_discriminator(n_labels=n_labels)
        self.recipe = recipe
        self.means = means_of((*DRAW_NAMES, "style_error", "matching", "score_real", "score_drawn"))

    def call(self, shown: dict[str, Any], training: bool | None = None) -> Any:
        """Draw. -> [batch, n_slots, 16]."""
        names = ("code", "strength", "noise", "labels", "style")
        return self.generator({name: shown[name] for name in names}, training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """What both sides lose: hinges, and for the generator what it should have kept."""
        del sample_weight
        drawn, recipe = y_pred, self.recipe
        y, labels, other_labels = (ops.convert_to_tensor(each) for each in (y, x["labels"], x["other_labels"]))
        real = self.discriminator({"code": y, "labels": labels}, training=training)
        fake = self.discriminator({"code": ops.stop_gradient(drawn), "labels": labels}, training=training)
        # A real code under another's label is as wrong as a drawn one: this is what makes the label count.
        wrong = self.discriminator({"code": y, "labels": other_labels}, training=training)
        wrong_share = ops.sum(x["is_other"] * ops.relu(1.0 + wrong["score"])) / (ops.sum(x["is_other"]) + 1.0)
        discriminator_loss = (
            ops.mean(ops.relu(1.0 - real["score"])) + 0.5 * ops.mean(ops.relu(1.0 + fake["score"])) + 0.5 * wrong_share
        )
        frozen = [ops.stop_gradient(variable.value) for variable in self.discriminator.trainable_variables]
        others = [ops.stop_gradient(variable.value) for variable in self.discriminator.non_trainable_variables]
        judged, _ = self.discriminator.stateless_call(frozen, others, {"code": drawn, "labels": labels}, training=False)
        told = draw_use(y, drawn, ops.square(1.0 - x["strength"][:, 0]))
        style_error = ops.mean(ops.abs(_style(drawn) - x["style"]))
        matching = ops.mean(ops.abs(ops.mean(judged["features"], 0) - ops.stop_gradient(ops.mean(real["features"], 0))))
        told |= {"style_error": style_error, "matching": matching}
        told |= {"score_real": ops.mean(real["score"]), "score_drawn": ops.mean(fake["score"])}
        for name, value in told.items():
            self.means[name].update_state(value)
        generator_loss = (
            recipe.restoration_weight * told["restoration"]
            + recipe.style_weight * style_error
            + recipe.matching_weight * matching
            - ops.mean(judged["score"])
        )
        return discriminator_loss + generator_loss


def train_latent_cgan(
    recipe: LatentCganRecipe,
    corpus: Corpus,
    windows: Windows,
    codec: Path,
    *,
    out: Path,
    seed: int,
    resume: bool = False,
    tell: Callable[[str], None] = print,
) -> tuple[keras.Model, Arrays]:
    """Train the conditional GAN on codes.

    Args:
        recipe: How.
        corpus: The recordings.
        windows: Labelled ones to learn from.
        codec: Folder of a finished run of `latent_flow` on the same windows, whose encoder and decoder it takes.
        out: Folder of the run.
        seed: Of weights and draws.
        resume: Go on from the run's checkpoint.
        tell: Where progress goes.

    Returns:
        The network as it is served, with the codec's scaling and styles.
    """
    keras.utils.set_random_seed(seed)
    n_labels = len(corpus.labels)
    network = build(recipe.network, n_labels=n_labels)
    trained = build("latent_flow", n_labels=n_labels)
    extras = weights_file.load(codec / WEIGHTS, trained)
    for part in ("encoder", "decoder"):
        network.get_layer(part).set_weights(trained.get_layer(part).get_weights())
    encoder = network.get_layer("encoder")
    scaling = (extras[CODE_MEAN].astype(np.float32), extras[CODE_SCALE].astype(np.float32))
    duel = LatentDuel(network.get_layer("generator"), recipe, n_labels=n_labels)
    draw = PictureDraw(corpus, windows)

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([seed, epoch])
        for _ in range(recipe.n_draws_per_epoch // recipe.batch_size):
            pictures, labels = draw.draw(recipe.batch_size, rng)
            codes = drawn_codes(encoder, pictures, scaling, rng)
            yield show(codes, labels, n_labels, rng), codes

    blank = np.zeros((2, WINDOW_FRAMES // FRAMES_PER_SLOT, SLOT_WIDTH), dtype=np.float32)
    shown = show(blank, np.zeros(2, dtype=np.int32), n_labels, np.random.default_rng(0))
    duel(shown)
    duel.discriminator({"code": blank, "labels": shown["labels"]})
    duel.compile(optimizer=keras.optimizers.Adam(recipe.learning_rate, beta_1=0.5, use_ema=True, ema_momentum=0.998))
    train(Loop(duel, batches, recipe.n_epochs, out), resume=resume, tell=tell)
    duel.optimizer.finalize_variable_values(duel.trainable_variables)
    return network, {name: extras[name] for name in KEPT}


def show(codes: FloatArray, labels: Any, n_labels: int, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Lay out what both sides see.

    Args:
        codes: Standardised. [n, 25, 16]
        labels: Ordinals. [n]
        n_labels: Labels of the condition.
        rng: Where strengths and noise come from.

    Returns:
        Inputs of the duel, by name.
    """
    n = len(codes)
    condition = np.eye(n_labels, dtype=np.float32)
    others = labels[rng.permutation(n)]
    return {
        "code": codes,
        "strength": np.clip(rng.uniform(-0.1, 1.4, (n, 1)), 0.0, 1.0).astype(np.float32),
        "noise": rng.standard_normal(codes.shape, dtype=np.float32),
        "labels": condition[labels],
        "style": style_of(codes),
        "other_labels": condition[others],
        "is_other": (others != labels).astype(np.float32)[:, None],
    }


def _style(codes: Any) -> Any:
    """As models.inference.latent_flow.style_of, with a gradient. [n, 25, 16] -> [n, 32]."""
    mean = ops.mean(codes, axis=1)
    deviation = ops.sqrt(ops.var(codes, axis=1) + 1e-4)
    return ops.concatenate([mean, deviation], axis=1)
