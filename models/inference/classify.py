"""From windows to what they sound like: probabilities of the labels and embeddings."""

from dataclasses import dataclass

import keras
import numpy as np

from models.audio import FloatArray
from models.errors import BadSetting, UnknownNetwork
from models.networks.classifiers import CLASSIFIERS
from models.networks.shapes import N_MELS, WINDOW_FRAMES
from models.pretrained import load

WINDOWS_PER_BATCH = 128


@dataclass(frozen=True)
class Prediction:
    """What a classifier heard."""

    probabilities: FloatArray
    """[n_windows, n_labels], rows add up to 1."""
    embeddings: FloatArray
    """[n_windows, 256], rows of length 1."""


class Classifier:
    """A loaded classifier."""

    def __init__(self, network: keras.Model, labels: tuple[str, ...], version: str) -> None:
        """Hold a network.

        Args:
            network: From windows to {"logits", "embedding"}.
            labels: What the logits stand for.
            version: Of the weights.
        """
        self._network = network
        self.labels = labels
        self.version = version

    def predict(self, windows: FloatArray) -> Prediction:
        """Tell what windows sound like.

        Args:
            windows: Level in dB re full scale. [n_windows, 100, 128]

        Returns:
            Probabilities and embeddings.

        Raises:
            BadSetting: if the windows have another shape.
        """
        if windows.ndim != 3 or windows.shape[1:] != (WINDOW_FRAMES, N_MELS):
            shape = list(windows.shape)
            raise BadSetting(f"Windows come in shape [n, {WINDOW_FRAMES}, {N_MELS}], not {shape}.", shape=shape)
        logits = np.zeros((len(windows), len(self.labels)), dtype=np.float32)
        embeddings = np.zeros((len(windows), self._network.output["embedding"].shape[-1]), dtype=np.float32)
        for first in range(0, len(windows), WINDOWS_PER_BATCH):
            rows = slice(first, first + WINDOWS_PER_BATCH)
            heard = self._network(windows[rows].astype(np.float32, copy=False), training=False)
            logits[rows] = keras.ops.convert_to_numpy(heard["logits"])
            embeddings[rows] = keras.ops.convert_to_numpy(heard["embedding"])
        likelihood = np.exp(logits - logits.max(axis=1, keepdims=True))
        return Prediction(likelihood / likelihood.sum(axis=1, keepdims=True), _unit_length(embeddings))


def load_classifier(name: str = "cnn1d_tuned") -> Classifier:
    """Load a trained classifier.

    Args:
        name: A classifier of the manifest that hears mel windows.

    Returns:
        The classifier.

    Raises:
        UnknownNetwork: if it is not in the manifest or is no classifier of mel windows.
        WrongWeights: if its file is not the promoted one.
    """
    if name not in CLASSIFIERS or CLASSIFIERS[name].view != "mel":
        known = sorted(known for known, shape in CLASSIFIERS.items() if shape.view == "mel")
        raise UnknownNetwork(f"{name!r} is no classifier of mel windows; there are {', '.join(known)}.", known=known)
    trained = load(name)
    return Classifier(trained.network, trained.entry.labels, trained.entry.version)


def sound_embedding(embeddings: FloatArray) -> FloatArray:
    """Bring a sound's windows down to one point: their mean, at length 1 again.

    Args:
        embeddings: [n_windows, 256], at least one.

    Returns:
        [256]
    """
    return _unit_length(embeddings.mean(axis=0, keepdims=True))[0]


def _unit_length(vectors: FloatArray) -> FloatArray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: FloatArray = (vectors / np.maximum(length, 1e-9)).astype(np.float32)
    return unit
