"""How well a classifier hears recordings that it never learnt from."""

from dataclasses import asdict, dataclass

import keras
import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.mel import MEL
from models.inference.classify import Classifier
from models.recipes.classifiers import level_audio
from models.recipes.corpus import WINDOW_SAMPLES, Corpus, Windows


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


def score_classifier(classifier: Classifier, corpus: Corpus, windows: Windows) -> ClassifierScores:
    """Score a classifier on labelled windows.

    Args:
        classifier: It must not have learnt from these recordings.
        corpus: The recordings.
        windows: Labelled windows.

    Returns:
        Scores.
    """
    probabilities = classifier.predict(corpus.mel_of(windows)).probabilities
    return scores_of(probabilities, windows.label, windows.recording)


def score_audio_classifier(network: keras.Model, corpus: Corpus, windows: Windows) -> ClassifierScores:
    """Score the classifier that hears raw audio.

    Args:
        network: `dense_audio`, untaught by these recordings.
        corpus: The recordings.
        windows: Labelled windows.

    Returns:
        Scores.
    """
    logits = []
    for first in range(0, len(windows), 256):
        rows = range(first, min(first + 256, len(windows)))
        starts = [int(windows.start_frame[row]) * MEL.hop_samples for row in rows]
        audio = [
            corpus.audio_of(int(windows.recording[row]), start, WINDOW_SAMPLES)
            for row, start in zip(rows, starts, strict=True)
        ]
        logits.append(keras.ops.convert_to_numpy(network(level_audio(np.stack(audio)), training=False)["logits"]))
    return scores_of(np.concatenate(logits), windows.label, windows.recording)


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
