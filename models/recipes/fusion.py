"""Training of the second opinion: heads and a regression on what the tagger hears, and the weights of all opinions.

The classifier knows the recordings that it learnt from by heart, so nothing is trained on what it tells of those: heads
and regression learn from the tagger's embeddings alone, and the weights of the opinions are chosen on what held-out
folds were told to be. The weights that a fold is scored with are chosen on the other folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from models.audio import FloatArray
from models.networks.fusion import LEAST_LOG, N_HEADS, build_fusion
from models.recipes.corpus import Corpus
from models.recipes.recipe import FusionRecipe
from models.recipes.sampling import row_shares

_REGRESSION_STEPS = 100


@dataclass(frozen=True)
class Lessons:
    """What the second opinion learns from."""

    corpus: Corpus
    overheard: npt.NDArray[np.float16]
    """The tagger's embeddings of corpus.windows. [n_windows, 1024]"""
    made: npt.NDArray[np.float16]
    """The tagger's embeddings of made windows. [n_made, 1024]"""
    targets: FloatArray
    """Of the made windows, shares of the labels; all zero where nobody knows. [n_made, n_labels]"""
    fold: npt.NDArray[np.int32]
    """Of the made windows. [n_made]"""


def train_fusion(recipe: FusionRecipe, lessons: Lessons, *, held_out_fold: int | None, seed: int) -> keras.Model:
    """Train heads and regression; the opinions still weigh alike.

    Args:
        recipe: How.
        lessons: From what.
        held_out_fold: The fold that must not be heard, or None.
        seed: Of weights, order and draws.

    Returns:
        The fusion's graph.
    """
    keras.utils.set_random_seed(seed)
    windows = lessons.corpus.windows
    # What has no label has no fold either: -1 leaves nothing else out.
    unheard = -1 if held_out_fold is None else held_out_fold
    recorded = np.flatnonzero((windows.label >= 0) & (windows.fold != unheard))
    made = np.flatnonzero((lessons.targets.sum(axis=1) > 0.0) & (lessons.fold != unheard))
    fusion = build_fusion(n_labels=len(lessons.corpus.labels))
    shown = lessons.made[made].astype(np.float32)
    mean, spread = shown.mean(axis=0), shown.std(axis=0)
    # Units of the tagger that hardly ever fire would weigh most if each were brought to a deviation of one.
    spread = np.maximum(spread, 0.5 * np.sqrt(np.mean(np.square(spread))))
    standard = fusion.get_layer("standard")
    standard.set_weights([mean, np.square(spread), *standard.get_weights()[2:]])
    standard.finalize_state()
    heard = (lessons.overheard[recorded].astype(np.float32) - mean) / spread
    label = windows.label[recorded]
    _fit_regression(fusion.get_layer("regression"), recipe, heard, label)
    shares = row_shares(windows.where(recorded))
    n_drawn = round(len(made) * recipe.recorded_share / (1.0 - recipe.recorded_share))
    targets = np.eye(len(lessons.corpus.labels), dtype=np.float32)[label]
    for ordinal in range(N_HEADS):
        drawn = np.random.default_rng([seed, ordinal]).choice(len(recorded), n_drawn, p=shares)
        _fit_head(
            fusion.get_layer(f"head_{ordinal}"),
            recipe,
            np.concatenate([(shown - mean) / spread, heard[drawn]]),
            np.concatenate([lessons.targets[made], targets[drawn]]),
        )
    return fusion


def _fit_head(head: keras.Model, recipe: FusionRecipe, embeddings: FloatArray, targets: FloatArray) -> None:
    head.compile(
        optimizer=keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing),
    )
    head.fit(embeddings, targets, epochs=recipe.n_epochs, batch_size=recipe.batch_size, verbose=0)


def _fit_regression(
    layer: keras.layers.Dense, recipe: FusionRecipe, embeddings: FloatArray, label: npt.NDArray[np.int32]
) -> None:
    regression = LogisticRegression(
        C=recipe.regression_strength, class_weight="balanced", max_iter=_REGRESSION_STEPS, tol=1e-3
    ).fit(embeddings, label)
    kernel, bias = (np.zeros(variable.shape, dtype=np.float32) for variable in layer.weights)
    coefficients, intercepts = regression.coef_, regression.intercept_
    if len(regression.classes_) == 2:
        # Of two classes the library keeps the second one's odds alone.
        coefficients, intercepts = np.concatenate([-coefficients, coefficients]), np.array([-1.0, 1.0]) * intercepts
    kernel[:, regression.classes_] = coefficients.T
    bias[regression.classes_] = intercepts
    layer.set_weights([kernel, bias])


def tagger_opinions(fusion: keras.Model, embeddings: npt.NDArray[np.float16]) -> FloatArray:
    """What heads and regression tell of windows.

    Args:
        fusion: With trained heads and regression.
        embeddings: The tagger's. [n_windows, 1024]

    Returns:
        Logarithms of probabilities: heads, regression. [n_windows, 2, n_labels]
    """
    _, heads, regression = fusion.get_layer("weighed").input
    apart = keras.Model(fusion.input["tagger"], [heads, regression])
    told = apart.predict(embeddings.astype(np.float32), batch_size=1024, verbose=0)
    return np.stack([np.maximum(_log_softmax(each), LEAST_LOG) for each in told], axis=1)


def classifier_opinion(probabilities: FloatArray) -> FloatArray:
    """Logarithms of what a classifier told. [n_windows, n_labels] -> [n_windows, 1, n_labels]."""
    logs: FloatArray = np.log(np.maximum(probabilities, np.float32(np.exp(LEAST_LOG))))[:, None]
    return logs


def chosen_weights(told: FloatArray, label: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Choose how much each opinion counts: what makes the truth likeliest, which also makes confidences true.

    Args:
        told: Logarithms of probabilities, of windows that none of them learnt from. [n_windows, n_opinions, n_labels]
        label: What the windows are. [n_windows]

    Returns:
        None below zero. [n_opinions]
    """
    logs = told.astype(np.float64)
    truth = logs[np.arange(len(label)), :, label]

    def surprise(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        fused = _log_softmax(np.einsum("nol,o->nl", logs, weights))
        expected = np.einsum("nol,nl->no", logs, np.exp(fused))
        return -float(fused[np.arange(len(label)), label].mean()), (expected - truth).mean(axis=0)

    n_opinions = told.shape[1]
    start = np.full(n_opinions, 1.0 / n_opinions)
    found: npt.NDArray[np.float64] = minimize(
        surprise, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * n_opinions
    ).x
    return found


def fused_probabilities(told: FloatArray, weights: Sequence[float] | npt.NDArray[np.float64]) -> FloatArray:
    """Weigh opinions as the fusion's graph does. [n_windows, n_opinions, n_labels] -> [n_windows, n_labels]."""
    return np.exp(_log_softmax(np.einsum("nol,o->nl", told, np.asarray(weights)))).astype(np.float32)


def set_weights_of_opinions(fusion: keras.Model, weights: npt.NDArray[np.float64]) -> None:
    """Let the graph weigh opinions so."""
    layer = fusion.get_layer("weighed")
    layer.set_weights([weights.astype(np.float32), np.zeros(layer.offsets.shape, dtype=np.float32)])


def _log_softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: npt.NDArray[np.floating] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result
