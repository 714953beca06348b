"""Opinions of folds that nobody had heard, fused with weights that were chosen on other folds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.errors import NoRecordings
from models.recipes.folds import Result
from models.recipes.fusion import chosen_weights, fused_probabilities

CLASSIFIER = "cnn1d_tuned"
ROW = f"{CLASSIFIER} + second opinion"
"""Name of the row in tables."""


@dataclass(frozen=True)
class Told:
    """All opinions of one fold that none of them had heard."""

    result: Result
    opinions: FloatArray
    """Logarithms of probabilities. [n_windows, n_opinions, n_labels]"""
    label: npt.NDArray[np.int32]
    """[n_windows]"""


def cross_fitted(told: Sequence[Told], chosen: Sequence[int] = (0, 1, 2)) -> list[Result]:
    """Fuse opinions, each fold with weights that were chosen on the other folds of its seed.

    Args:
        told: All opinions of at least two folds a seed.
        chosen: Which opinions take part: classifier, heads, regression.

    Returns:
        Answers in the order of told; embeddings stay the classifier's.

    Raises:
        NoRecordings: if a seed has a single fold.
    """
    fused = []
    for each in told:
        others = [
            other
            for other in told
            if other.result.split.seed == each.result.split.seed and other.result.split.fold != each.result.split.fold
        ]
        if not others:
            raise NoRecordings("Weights of opinions are chosen on other folds: give runs of two folds or more.")
        weights = weights_on(others, chosen)
        probabilities = fused_probabilities(each.opinions[:, chosen], weights)
        fused.append(replace(each.result, heard=replace(each.result.heard, probabilities=probabilities)))
    return fused


def weights_on(told: Sequence[Told], chosen: Sequence[int]) -> npt.NDArray[np.float64]:
    """Choose the weights of some opinions on folds that none of them had heard. [n_chosen]."""
    return chosen_weights(
        np.concatenate([each.opinions[:, chosen] for each in told]), np.concatenate([each.label for each in told])
    )
