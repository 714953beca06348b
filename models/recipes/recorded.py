"""Plain training on windows as they were recorded: how the classifiers of Moon 2020, Table 1, are compared."""

from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
from keras import layers

from models.audio import FloatArray
from models.audio.mel import MEL
from models.errors import BadSetting
from models.networks.classifiers import CLASSIFIERS, ClassifierShape, build_shape
from models.recipes.corpus import WINDOW_SAMPLES, Corpus, Windows
from models.recipes.recipe import RecordedRecipe
from models.recipes.sampling import row_shares
from models.recipes.training import Batch, Loop, learning_rate, train

OPTIMIZERS: dict[str, type[keras.optimizers.Optimizer]] = {
    "adam": keras.optimizers.Adam,
    "nadam": keras.optimizers.Nadam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def train_recorded(
    recipe: RecordedRecipe,
    corpus: Corpus,
    windows: Windows,
    *,
    out: Path,
    seed: int,
    shape: ClassifierShape | None = None,
    resume: bool = False,
    tell: Callable[[str], None] = print,
) -> keras.Model:
    """Train a classifier without made windows, teacher, masks or mixing.

    Args:
        recipe: How.
        corpus: The recordings.
        windows: Labelled windows to learn from.
        out: Folder of the run.
        seed: Of weights and draws.
        shape: The graph's configuration; the one that recipe.network names by default.
        resume: Go on from the run's checkpoint.
        tell: Where progress goes.

    Returns:
        The network as it is served, with the moving average of its weights.

    Raises:
        BadSetting: if there is no such optimizer.
    """
    if recipe.optimizer not in OPTIMIZERS:
        known = ", ".join(OPTIMIZERS)
        raise BadSetting(f"{recipe.optimizer!r} is no optimizer; there are {known}.", setting="optimizer")
    keras.utils.set_random_seed(seed)
    shape = shape if shape is not None else CLASSIFIERS[recipe.network]
    network = build_shape(shape, recipe.network, n_labels=len(corpus.labels))
    trainee = keras.Model(network.input, layers.Identity(name="label")(network.output["logits"]), name="trainee")
    n_batches = recipe.n_draws_per_epoch // recipe.batch_size
    trainee.compile(
        optimizer=OPTIMIZERS[recipe.optimizer](
            learning_rate(recipe.learning_rate, n_batches * recipe.n_epochs),
            use_ema=True,
            ema_momentum=recipe.averaging,
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        # On one CPU thread XLA doubled the speed of the dense network and slowed convolutions down to a fifth.
        jit_compile=shape.view == "audio",
    )
    train(
        Loop(trainee, _batches(recipe, shape.view, corpus, windows, seed), recipe.n_epochs, out),
        resume=resume,
        tell=tell,
    )
    trainee.optimizer.finalize_variable_values(trainee.trainable_variables)
    return network


def _batches(
    recipe: RecordedRecipe, view: str, corpus: Corpus, windows: Windows, seed: int
) -> Callable[[int], Iterator[Batch]]:
    cumulative = np.cumsum(row_shares(windows))

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([seed, epoch])
        for _ in range(recipe.n_draws_per_epoch // recipe.batch_size):
            rows = np.searchsorted(cumulative, rng.random(recipe.batch_size) * cumulative[-1])
            drawn = windows.where(np.minimum(rows, len(windows) - 1))
            yield seen_as(view, corpus, drawn), drawn.label

    return batches


def seen_as(view: str, corpus: Corpus, windows: Windows) -> FloatArray:
    """Windows as a network takes them.

    Args:
        view: "mel" or "audio".
        corpus: The recordings.
        windows: Which.

    Returns:
        Level in dB [n, 100, 128], or samples at an RMS of 0.1 [n, 44100].
    """
    if view == "mel":
        return corpus.mel_of(windows)
    starts = windows.start_frame.astype(np.int64) * MEL.hop_samples
    audio = np.stack(
        [
            corpus.audio_of(int(recording), int(start), WINDOW_SAMPLES)
            for recording, start in zip(windows.recording, starts, strict=True)
        ]
    )
    rms = np.sqrt(np.mean(np.square(audio), axis=1, keepdims=True))
    levelled: FloatArray = (0.1 * audio / (rms + 1e-6)).astype(np.float32)
    return levelled
