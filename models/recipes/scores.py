"""Counting hits: what a classifier told of windows against what they are."""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray

THESIS_LABELS = (
    "sand_crushing",
    "plastic_crinkling",
    "nail_tapping",
    "whispering_man",
    "whispering_woman",
    "talking_man",
    "slime",
    "brushing",
    "eating_mukbang",
)
"""The labels of Moon 2020, section 3-1, by our names."""


@dataclass(frozen=True)
class ClassifierScores:
    """Shares between 0 and 1."""

    window_accuracy: float
    balanced_accuracy: float
    """Mean over the labels of the share of their windows that were recognised."""
    macro_f1: float
    recording_accuracy: float
    """A recording's label is the one with the greatest mean probability over its audible windows."""
    n_windows: int
    n_recordings: int

    def as_dict(self) -> dict[str, float]:
        """Plain numbers, rounded to what they can carry."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def scores_of(
    probabilities: FloatArray, label: npt.NDArray[np.int32], recording: npt.NDArray[np.int32]
) -> ClassifierScores:
    """Score probabilities.

    Args:
        probabilities: [n_windows, n_labels]
        label: Ordinal of the true label. [n_windows]
        recording: Which recording. [n_windows]

    Returns:
        Scores; labels without a single window count in no mean.
    """
    told = probabilities.argmax(axis=1)
    recalls, f1s = [], []
    for ordinal in np.unique(label):
        n_hits = float(np.sum((told == ordinal) & (label == ordinal)))
        n_true, n_told = float(np.sum(label == ordinal)), float(np.sum(told == ordinal))
        recalls.append(n_hits / n_true)
        f1s.append(2.0 * n_hits / (n_true + n_told))
    names, which = np.unique(recording, return_inverse=True)
    summed = np.zeros((len(names), probabilities.shape[1]))
    np.add.at(summed, which, probabilities)
    first = np.array([np.flatnonzero(which == ordinal)[0] for ordinal in range(len(names))])
    return ClassifierScores(
        window_accuracy=float(np.mean(told == label)),
        balanced_accuracy=float(np.mean(recalls)),
        macro_f1=float(np.mean(f1s)),
        recording_accuracy=float(np.mean(summed.argmax(axis=1) == label[first])),
        n_windows=len(label),
        n_recordings=len(names),
    )


def confusion(probabilities: FloatArray, label: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Count what was told for what was true. -> [n_labels true, n_labels told]."""
    n_labels = probabilities.shape[1]
    counts = np.zeros((n_labels, n_labels), dtype=np.int64)
    np.add.at(counts, (label, probabilities.argmax(axis=1)), 1)
    return counts


@dataclass(frozen=True)
class LabelScores:
    """One label, between 0 and 1."""

    precision: float
    """Share of the windows told to be this that are; 0 if none was told."""
    recall: float
    f1: float
    n_windows: int
    """How many windows of this label were scored."""


def label_scores(counts: npt.NDArray[np.int64], labels: tuple[str, ...]) -> dict[str, LabelScores]:
    """Score each label by itself.

    Args:
        counts: As `confusion` gives. [n_labels true, n_labels told]
        labels: What the rows and columns stand for.

    Returns:
        Scores of the labels that have windows, in the order of labels.
    """
    hits, n_true, n_told = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    return {
        label: LabelScores(
            precision=round(float(hits[ordinal] / max(1, n_told[ordinal])), 4),
            recall=round(float(hits[ordinal] / n_true[ordinal]), 4),
            f1=round(float(2 * hits[ordinal] / (n_true[ordinal] + n_told[ordinal])), 4),
            n_windows=int(n_true[ordinal]),
        )
        for ordinal, label in enumerate(labels)
        if n_true[ordinal]
    }


def of_labels(label: npt.NDArray[np.int32], labels: tuple[str, ...], chosen: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Which windows are of some labels.

    Args:
        label: Ordinals. [n_windows]
        labels: What they stand for.
        chosen: The labels to look for; those that are not among labels are of no window.

    Returns:
        [n_windows]
    """
    return np.isin(label, [labels.index(name) for name in chosen if name in labels])


@dataclass(frozen=True)
class Reliability:
    """How often a classifier is right when it is so sure, in equally wide bins of confidence."""

    confidence: list[float]
    """Mean of each bin."""
    accuracy: list[float]
    """Share of each bin's windows that were told right."""
    n_windows: list[int]
    expected_error: float
    """Expected calibration error: the mean distance between the two, weighted by the bins' windows."""


def reliability(probabilities: FloatArray, label: npt.NDArray[np.int32], *, n_bins: int = 15) -> Reliability:
    """Compare confidence with hits.

    Args:
        probabilities: [n_windows, n_labels]
        label: Ordinal of the true label. [n_windows]
        n_bins: Bins between 0 and 1.

    Returns:
        The curve. Source: Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    is_hit = (probabilities.argmax(axis=1) == label).astype(np.float64)
    which = np.minimum((confidence * n_bins).astype(np.int64), n_bins - 1)
    n_windows = np.bincount(which, minlength=n_bins)
    divisor = np.maximum(1, n_windows)
    mean_confidence = np.bincount(which, confidence, n_bins) / divisor
    accuracy = np.bincount(which, is_hit, n_bins) / divisor
    error = float(np.sum(n_windows * np.abs(accuracy - mean_confidence)) / max(1, len(label)))
    return Reliability(mean_confidence.tolist(), accuracy.tolist(), n_windows.tolist(), error)
