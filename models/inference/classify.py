"""From windows to what they sound like: probabilities of the labels and embeddings."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from models.audio import FloatArray
from models.audio.segmentation import ALONE, WITH_SECOND_OPINION, Caution
from models.errors import BadSetting, UnknownNetwork
from models.inference.second_opinion import SecondOpinion, load_second_opinion
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

    def __init__(
        self,
        network: keras.Model,
        labels: tuple[str, ...],
        version: str,
        *,
        temperature: float = 1.0,
        second_opinion: SecondOpinion | None = None,
    ) -> None:
        """Hold a network.

        Args:
            network: From windows to {"logits", "embedding"}.
            labels: What the logits stand for.
            version: Of the weights.
            temperature: What the logits are divided by, so that a confidence of 70 % is right 70 times in a hundred.
            second_opinion: Who else is asked about windows whose samples are at hand.
        """
        self._n_embedding = int(network.output["embedding"].shape[-1])
        # Called layer by layer, a network costs as much as sixty windows more; as a graph, a quarter of a second once.
        self._hear = tf.function(
            lambda windows: network(windows, training=False),
            input_signature=[tf.TensorSpec([None, WINDOW_FRAMES, N_MELS], tf.float32)],
        )
        self._network = network
        self._temperature = temperature
        self._second_opinion = second_opinion
        self.labels = labels
        self.embedded_with = version
        """The weights by which embeddings are made; a second opinion leaves them alone."""
        self.version = version if second_opinion is None else f"{version}+{second_opinion.version}"

    def asking(self, second_opinion: SecondOpinion) -> "Classifier":
        """The same classifier, asking somebody else too."""
        return Classifier(
            self._network,
            self.labels,
            self.embedded_with,
            temperature=self._temperature,
            second_opinion=second_opinion,
        )

    @property
    def hears_samples(self) -> bool:
        """Whether `predict` tells more when it is given the samples under the windows."""
        return self._second_opinion is not None

    @property
    def caution(self) -> Caution:
        """How much must speak for a sound in a recording that it heard."""
        return ALONE if self._second_opinion is None else WITH_SECOND_OPINION

    def embed(self, windows: FloatArray) -> FloatArray:
        """Embeddings alone. [n_windows, 100, 128] in dB -> [n_windows, 256], rows of length 1."""
        return self.predict(windows).embeddings

    def predict(self, windows: FloatArray, seconds: FloatArray | None = None) -> Prediction:
        """Tell what windows sound like.

        Args:
            windows: Level in dB re full scale. [n_windows, 100, 128]
            seconds: The samples under them, for the second opinion; without, the network alone tells.
                [n_windows, 44100]

        Returns:
            Probabilities and embeddings.

        Raises:
            BadSetting: if the windows have another shape.
        """
        if windows.ndim != 3 or windows.shape[1:] != (WINDOW_FRAMES, N_MELS):
            shape = list(windows.shape)
            raise BadSetting(f"Windows come in shape [n, {WINDOW_FRAMES}, {N_MELS}], not {shape}.", shape=shape)
        logits = np.zeros((len(windows), len(self.labels)), dtype=np.float32)
        embeddings = np.zeros((len(windows), self._n_embedding), dtype=np.float32)
        for first in range(0, len(windows), WINDOWS_PER_BATCH):
            rows = slice(first, first + WINDOWS_PER_BATCH)
            heard = self._hear(windows[rows].astype(np.float32, copy=False))
            logits[rows] = heard["logits"].numpy()
            embeddings[rows] = heard["embedding"].numpy()
        if self._second_opinion is not None and seconds is not None and len(windows):
            fused = self._second_opinion.logits(logits, self._second_opinion.hear(seconds))
            return Prediction(
                probabilities_of(fused, temperature=self._second_opinion.temperature), _unit_length(embeddings)
            )
        return Prediction(probabilities_of(logits, temperature=self._temperature), _unit_length(embeddings))


def probabilities_of(logits: FloatArray, *, temperature: float = 1.0) -> FloatArray:
    """Turn logits into probabilities.

    Args:
        logits: [n_windows, n_labels]
        temperature: Above one, less sure of everything; below one, surer. The likeliest label stays the likeliest.

    Returns:
        Rows add up to 1. [n_windows, n_labels]
    """
    scaled = (logits - logits.max(axis=1, keepdims=True)) / np.float32(temperature)
    likelihood = np.exp(scaled)
    probabilities: FloatArray = (likelihood / likelihood.sum(axis=1, keepdims=True)).astype(np.float32)
    return probabilities


def load_ears() -> Classifier:
    """Load what labels the catalogue: the tuned classifier, with a second opinion where DEEPASMR_TAGGER names a tagger.

    Returns:
        The classifier.

    Raises:
        NotATagger: if the variable names anything but a YAMNet.
        WrongWeights: if a file is not the promoted one.
    """
    return load_classifier(second_opinion=load_second_opinion())


def load_classifier(name: str = "cnn1d_tuned", *, second_opinion: SecondOpinion | None = None) -> Classifier:
    """Load a trained classifier.

    Args:
        name: A classifier of the manifest that hears mel windows.
        second_opinion: Who else is asked.

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
    entry = trained.entry
    return Classifier(
        trained.network,
        entry.labels,
        entry.version,
        temperature=entry.temperature,
        second_opinion=second_opinion,
    )


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
