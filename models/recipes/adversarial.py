"""Training of the conditional GAN."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from models.audio import FloatArray
from models.inference.cgan import veiled
from models.networks.adversarial import NOISE_WIDTH, build_discriminator, build_generator
from models.recipes.code_use import DRAW_NAMES, draw_use, means_of
from models.recipes.corpus import Corpus, Windows
from models.recipes.recipe import CganRecipe
from models.recipes.sampling import PictureDraw
from models.recipes.training import Batch, Loop, train

REAL_TARGET = 0.9
"""One-sided label smoothing: a discriminator that is never quite sure keeps teaching."""


class Duel(keras.Model):
    """Generator and discriminator in one trainee: one loss, in which neither side's part moves the other's weights.

    The generator's loss sees the discriminator through a copy of its weights that no gradient passes into, so that one
    step of one optimizer serves both sides and the loop needs no backend of its own.
    """

    def __init__(self, n_labels: int, *, restoration_weight: float, seed: int) -> None:
        """Build both sides.

        Args:
            n_labels: Labels of the condition.
            restoration_weight: Weight of the absolute error where the picture is shown.
            seed: Of the grain on what the discriminator sees.
        """
        super().__init__(name="duel")
        self.generator = build_generator(n_labels=n_labels)
        self.discriminator = build_discriminator(n_labels=n_labels)
        self.restoration_weight = restoration_weight
        self.grain = self.add_weight(name="grain", shape=(), initializer="zeros", trainable=False)
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.means = means_of((*DRAW_NAMES, "belief_real", "belief_painted"))

    def call(self, shown: dict[str, Any], training: bool | None = None) -> Any:
        """Paint. -> [batch, 100, 128]."""
        return self.generator({name: shown[name] for name in ("picture", "noise", "labels")}, training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """What both sides lose."""
        del sample_weight
        labels, painted = x["labels"], y_pred
        real = self._grained(y)
        judged_real = self.discriminator({"picture": real, "labels": labels}, training=training)
        judged_painted = self.discriminator(
            {"picture": ops.stop_gradient(self._grained(painted)), "labels": labels}, training=training
        )
        # A real picture under another's label is as wrong as a painted one: this is what makes the label count.
        judged_wrong = self.discriminator({"picture": real, "labels": x["other_labels"]}, training=training)
        discriminator_loss = (
            _surprise(judged_real, REAL_TARGET)
            + 0.5 * _surprise(judged_painted, 0.0)
            + 0.5 * ops.sum(x["is_other"] * _bits(judged_wrong, 0.0)) / (ops.sum(x["is_other"]) + 1.0)
        )
        frozen = [ops.stop_gradient(variable.value) for variable in self.discriminator.trainable_variables]
        others = [ops.stop_gradient(variable.value) for variable in self.discriminator.non_trainable_variables]
        judged, _ = self.discriminator.stateless_call(
            frozen, others, {"picture": self._grained(painted), "labels": labels}, training=False
        )
        told = draw_use(ops.convert_to_tensor(y), painted, x["visibility"])
        told |= {"belief_real": ops.mean(judged_real), "belief_painted": ops.mean(judged_painted)}
        for name, value in told.items():
            self.means[name].update_state(value)
        generator_loss = _surprise(judged, 1.0) + self.restoration_weight * told["restoration"]
        return discriminator_loss + generator_loss

    def _grained(self, pictures: Any) -> Any:
        """Grain that hides from the discriminator what it would otherwise learn by heart. Same shape."""
        return pictures + self.grain * keras.random.normal(ops.shape(pictures), seed=self.seed_generator)


def train_cgan(
    recipe: CganRecipe,
    corpus: Corpus,
    windows: Windows,
    *,
    out: Path,
    seed: int,
    resume: bool = False,
    watch: Callable[[int, keras.Model], None] | None = None,
    tell: Callable[[str], None] = print,
) -> keras.Model:
    """Train the conditional GAN.

    Args:
        recipe: How.
        corpus: The recordings.
        windows: Labelled ones to learn from.
        out: Folder of the run.
        seed: Of weights, draws and grain.
        resume: Go on from the run's checkpoint.
        watch: Shown the number of epochs that are over and the generator, as it then is, before its
            weights are averaged.
        tell: Where progress goes.

    Returns:
        The generator, with the moving average of its weights.
    """
    keras.utils.set_random_seed(seed)
    n_labels = len(corpus.labels)
    duel = Duel(n_labels, restoration_weight=recipe.restoration_weight, seed=seed)
    draw = PictureDraw(corpus, windows)
    duel(show(*draw.draw(2, np.random.default_rng(0)), n_labels, np.random.default_rng(0)))
    duel.compile(optimizer=keras.optimizers.Adam(recipe.learning_rate, beta_1=0.5, use_ema=True, ema_momentum=0.995))

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([seed, epoch])
        for _ in range(recipe.n_draws_per_epoch // recipe.batch_size):
            pictures, labels = draw.draw(recipe.batch_size, rng)
            yield show(pictures, labels, n_labels, rng), pictures

    def set_grain(epoch: int) -> None:
        if watch is not None:
            watch(epoch, duel.generator)
        duel.grain.assign(recipe.label_noise * max(0.1, 1.0 - epoch / max(1, recipe.n_epochs - 1)))

    train(Loop(duel, batches, recipe.n_epochs, out, set_grain), resume=resume, tell=tell)
    if watch is not None:
        watch(recipe.n_epochs, duel.generator)
    duel.optimizer.finalize_variable_values(duel.trainable_variables)
    return duel.generator


def show(pictures: FloatArray, labels: Any, n_labels: int, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Lay out what both sides see.

    A quarter of the pictures is shown whole and a quarter not at all; the others lie in between.

    Args:
        pictures: In [0, 1]. [n, 100, 128]
        labels: Ordinals. [n]
        n_labels: Labels of the condition.
        rng: Where veils and noise come from.

    Returns:
        Inputs of the duel, by name.
    """
    n = len(pictures)
    strength = np.clip(rng.uniform(-0.5, 1.5, n), 0.0, 1.0).astype(np.float32)
    condition = np.eye(n_labels, dtype=np.float32)
    others = labels[rng.permutation(n)]
    return {
        "picture": veiled(pictures, strength, rng),
        "noise": rng.standard_normal((n, NOISE_WIDTH)).astype(np.float32) * strength[:, None],
        "labels": condition[labels],
        "other_labels": condition[others],
        "is_other": (others != labels).astype(np.float32)[:, None],
        "visibility": (1.0 - strength) ** 2,
    }


def _bits(judged: Any, target: float) -> Any:
    judged = ops.clip(judged, 1e-5, 1.0 - 1e-5)
    return -target * ops.log(judged) - (1.0 - target) * ops.log(1.0 - judged)


def _surprise(judged: Any, target: float) -> Any:
    """Mean cross-entropy of beliefs [batch, 1] against one target."""
    return ops.mean(_bits(judged, target))
