"""Training of classifiers: from made windows with soft targets, with the teacher's embedding as a second task."""

from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from models.audio import FloatArray
from models.audio.mel import MEL
from models.inference.tagger import TAGGER_WIDTH
from models.networks.catalogue import build
from models.recipes.corpus import Corpus
from models.recipes.made_windows import Rows, Variety
from models.recipes.recipe import ClassifierRecipe
from models.recipes.training import Batch, Loop, learning_rate, train


def train_classifier(
    recipe: ClassifierRecipe,
    corpus: Corpus,
    variety: Variety,
    *,
    held_out_fold: int | None,
    out: Path,
    seed: int,
    resume: bool = False,
    tell: Callable[[str], None] = print,
) -> keras.Model:
    """Train a classifier.

    Args:
        recipe: How.
        corpus: The recordings.
        variety: Made windows.
        held_out_fold: The fold that it must not hear, or None.
        out: Folder of the run.
        seed: Of weights, order and masks.
        resume: Go on from the run's checkpoint.
        tell: Where progress goes.

    Returns:
        The network as it is served, with the moving average of its weights.
    """
    keras.utils.set_random_seed(seed)
    network = build(recipe.network, n_labels=len(corpus.labels))
    rows = np.arange(len(variety.fold)) if held_out_fold is None else np.flatnonzero(variety.fold != held_out_fold)
    n_batches = len(rows) // recipe.batch_size
    taught = variety.taught if recipe.teacher_weight > 0.0 else None
    batches = _made_batches(recipe, variety, rows, taught, seed)
    outputs = {"label": layers.Identity(name="label")(network.output["logits"])}
    losses: dict[str, keras.losses.Loss] = {"label": SharesCrossentropy(recipe.label_smoothing)}
    weights = {"label": 1.0}
    if taught is not None:
        # Foretold from what the embedding is made of: 256 numbers are too few for the label and the teacher's 1024.
        outputs["teacher"] = layers.Dense(TAGGER_WIDTH, name="teacher")(network.get_layer("feature_dropout").output)
        losses["teacher"] = keras.losses.MeanSquaredError()
        weights["teacher"] = recipe.teacher_weight
    trainee = keras.Model(network.input, outputs, name="trainee")
    trainee.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate(recipe.learning_rate, n_batches * recipe.n_epochs),
            weight_decay=recipe.weight_decay,
            use_ema=True,
            ema_momentum=recipe.averaging,
        ),
        loss=losses,
        loss_weights=weights,
    )
    train(Loop(trainee, batches, recipe.n_epochs, out), resume=resume, tell=tell)
    trainee.optimizer.finalize_variable_values(trainee.trainable_variables)
    return network


class SharesCrossentropy(keras.losses.Loss):
    """Cross-entropy with shares that may add up to less than one, or to nothing where nobody knows the label.

    Keras's own takes targets for a distribution: its gradient would flatten what a window without a label is taken for.
    """

    def __init__(self, smoothing: float) -> None:
        """Hold.

        Args:
            smoothing: Part of the known shares that is spread over all labels.
        """
        super().__init__(name="shares_crossentropy")
        self._smoothing = smoothing

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Compare shares with logits. [batch, n_labels] each -> [batch]."""
        known = keras.ops.mean(y_true, axis=-1, keepdims=True)
        wanted = (1.0 - self._smoothing) * y_true + self._smoothing * known
        return -keras.ops.sum(wanted * keras.ops.log_softmax(y_pred), axis=-1)


def _made_batches(
    recipe: ClassifierRecipe,
    variety: Variety,
    rows: npt.NDArray[np.int64],
    taught: npt.NDArray[np.float16] | Rows | None,
    seed: int,
) -> Callable[[int], Iterator[Batch]]:
    if taught is not None:
        sample = taught[rows[:: max(1, len(rows) // 8000)]].astype(np.float32)
        # Units of the teacher that hardly ever fire would weigh most if each were brought to a deviation of one.
        mean, spread = sample.mean(axis=0), np.maximum(sample.std(axis=0), 0.5 * sample.std())

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(rows)
        for first in range(0, len(order) - recipe.batch_size + 1, recipe.batch_size):
            # Sorted, because a memory map likes to be read in order.
            chosen = np.sort(order[first : first + recipe.batch_size])
            windows = variety.mel[chosen].astype(np.float32)
            wanted = {"label": variety.targets[chosen]}
            if taught is not None:
                wanted["teacher"] = (taught[chosen].astype(np.float32) - mean) / spread
            yield augment(windows, wanted, recipe, rng)

    return batches


def augment(
    windows: FloatArray, wanted: dict[str, FloatArray], recipe: ClassifierRecipe, rng: np.random.Generator
) -> Batch:
    """Average some windows with others, and hide parts of some, in the mel domain.

    Args:
        windows: Level in dB. [n, 100, 128]
        wanted: Targets by name. [n, width] each
        recipe: How often.
        rng: Where chance comes from.

    Returns:
        Windows and targets, new arrays.
    """
    n_windows, n_frames, n_mels = windows.shape
    partner = rng.permutation(n_windows)
    share = np.where(rng.random(n_windows) < recipe.mixup_share, rng.uniform(0.0, 0.5, n_windows), 0.0)
    share = share.astype(np.float32)
    windows = windows + share[:, None, None] * (windows[partner] - windows)
    wanted = {name: values + share[:, None] * (values[partner] - values) for name, values in wanted.items()}
    for row in np.flatnonzero(rng.random(n_windows) < recipe.mask_share):
        width = int(rng.integers(1, n_frames // 5))
        first = int(rng.integers(0, n_frames - width))
        windows[row, first : first + width] = MEL.floor_db
        width = int(rng.integers(1, n_mels // 8))
        first = int(rng.integers(0, n_mels - width))
        windows[row, :, first : first + width] = MEL.floor_db
    return windows, wanted
