"""Confidences that mean what they say: one temperature for a classifier, fitted on what it had not heard."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from models.audio import FloatArray
from models.inference.classify import probabilities_of
from models.recipes.scores import Reliability, reliability

LOWEST, HIGHEST = 0.2, 5.0
"""Temperatures beyond which something else is wrong."""


@dataclass(frozen=True)
class Told:
    """What a classifier told of labelled windows of the fold that it had not heard."""

    probabilities: FloatArray
    """Rows add up to 1. [n_windows, n_labels]"""
    label: npt.NDArray[np.int32]
    """Ordinal of the true label. [n_windows]"""


@dataclass(frozen=True)
class Calibration:
    """A temperature and what it does."""

    temperature: float
    """Fitted on all folds: what ships."""
    by_fold: dict[int, float]
    """Fitted on the other folds."""
    before: Reliability
    after: Reliability
    """With each fold under the temperature that the others chose."""


def calibrate(told: Mapping[int, Told]) -> Calibration:
    """Fit a temperature, and measure it by cross-fitting: no fold takes part in choosing its own.

    Args:
        told: By fold, at least two.

    Returns:
        The temperature and the expected calibration error without and with it.
    """
    by_fold = {fold: fit_temperature([told[other] for other in told if other != fold]) for fold in told}
    label = np.concatenate([each.label for each in told.values()])
    before = np.concatenate([each.probabilities for each in told.values()])
    after = np.concatenate([tempered(each.probabilities, by_fold[fold]) for fold, each in told.items()])
    return Calibration(
        temperature=round(fit_temperature(list(told.values())), 3),
        by_fold={fold: round(temperature, 3) for fold, temperature in by_fold.items()},
        before=reliability(before, label),
        after=reliability(after, label),
    )


def fit_temperature(told: list[Told]) -> float:
    """Find the temperature under which the true labels are likeliest.

    Args:
        told: At least one fold's.

    Returns:
        Between 0.2 and 5. Source: Guo et al., On calibration of modern neural networks, 2017.
    """

    def surprise(log_temperature: float) -> float:
        total, n_windows = 0.0, 0
        for each in told:
            likely = tempered(each.probabilities, float(np.exp(log_temperature)))
            total -= float(np.log(np.maximum(likely[np.arange(len(each.label)), each.label], 1e-12)).sum())
            n_windows += len(each.label)
        return total / n_windows

    best = minimize_scalar(surprise, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded")
    return float(np.exp(best.x))


def tempered(probabilities: FloatArray, temperature: float) -> FloatArray:
    """Probabilities as another temperature would have them. [n_windows, n_labels] -> same."""
    return probabilities_of(np.log(np.maximum(probabilities, 1e-12)), temperature=temperature)
