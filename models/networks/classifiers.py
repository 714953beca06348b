"""The classifiers of Moon 2020, Table 1, as named configurations of one builder.

(a) to (e); (f) as it is told there, `cnn1d_tuned_plain`; and what became of (f) here, `cnn1d_tuned`.
"""

from dataclasses import dataclass
from typing import Literal

import keras
from keras import KerasTensor, layers

from models.networks.layers import LevelNormalisation
from models.networks.shapes import EMBEDDING_WIDTH, N_MELS, WINDOW_FRAMES, WINDOW_SAMPLES


@dataclass(frozen=True)
class ClassifierShape:
    """What tells one classifier from another; everything else is the same."""

    view: Literal["audio", "mel"]
    """What it hears: raw samples, or the log-mel picture."""
    axes: Literal["none", "time", "time_and_mel"]
    """Along what it convolves. Along time, the mel bands are channels."""
    filters: tuple[int, ...] = ()
    kernel_frames: int = 5
    activation: str = "relu"
    embedding_activation: str = "relu"
    dropout: float = 0.0
    has_batch_normalisation: bool = False
    has_max_pooling_head: bool = False
    """Whether the loudest response over time joins the mean one: a sparse trigger fills little of its second."""
    n_residual_stages: int = 0
    """How many of the last convolutions a residual pair follows."""


CLASSIFIERS: dict[str, ClassifierShape] = {
    "dense_audio": ClassifierShape(view="audio", axes="none"),
    "cnn2d": ClassifierShape(view="mel", axes="time_and_mel", filters=(32,), kernel_frames=3),
    "cnn2d_4": ClassifierShape(view="mel", axes="time_and_mel", filters=(16, 32, 48, 96), kernel_frames=3, dropout=0.2),
    "cnn1d": ClassifierShape(view="mel", axes="time", filters=(128,)),
    "cnn1d_4": ClassifierShape(view="mel", axes="time", filters=(128, 128, 160, 192), kernel_frames=3, dropout=0.3),
    "cnn1d_tuned_plain": ClassifierShape(
        view="mel",
        axes="time",
        filters=(128, 128, 160, 192),
        kernel_frames=3,
        activation="elu",
        embedding_activation="tanh",
        dropout=0.3,
    ),
    "cnn1d_tuned": ClassifierShape(
        view="mel",
        axes="time",
        filters=(160, 224, 288, 384),
        kernel_frames=3,
        activation="elu",
        embedding_activation="tanh",
        dropout=0.3,
        has_batch_normalisation=True,
        has_max_pooling_head=True,
        n_residual_stages=2,
    ),
}
_SQUEEZE = 8


def build_classifier(name: str, *, n_labels: int) -> keras.Model:
    """Build a classifier's graph, untrained.

    Args:
        name: One of CLASSIFIERS.
        n_labels: Labels that it tells apart.

    Returns:
        Network from a window ([batch, 100, 128] in dB re full scale, or [batch, 44100] samples for `dense_audio`) to
        {"logits": [batch, n_labels], "embedding": [batch, 256]}.
    """
    return build_shape(CLASSIFIERS[name], name, n_labels=n_labels)


def build_shape(shape: ClassifierShape, name: str, *, n_labels: int) -> keras.Model:
    """Build the graph of any configuration, named or being searched for.

    Args:
        shape: The configuration.
        name: Of the graph.
        n_labels: Labels that it tells apart.

    Returns:
        As build_classifier.
    """
    if shape.view == "audio":
        window = keras.Input((WINDOW_SAMPLES,), name="samples")
        features: KerasTensor = window
    else:
        window = keras.Input((WINDOW_FRAMES, N_MELS), name="window")
        features = pooled_over_time(LevelNormalisation(name="level")(window), shape)
    features = layers.Dropout(shape.dropout, name="feature_dropout", seed=1)(features)
    embedding = layers.Dense(EMBEDDING_WIDTH, activation=shape.embedding_activation, name="embedding")(features)
    kept = layers.Dropout(shape.dropout, name="embedding_dropout", seed=2)(embedding)
    logits = layers.Dense(n_labels, name="logits")(kept)
    return keras.Model(window, {"logits": logits, "embedding": embedding}, name=name)


def pooled_over_time(picture: KerasTensor, shape: ClassifierShape) -> KerasTensor:
    """Convolve a picture and forget when things happened in it.

    Args:
        picture: [batch, n_frames, n_mels]
        shape: Filters, kernel, activation.

    Returns:
        [batch, n_features]
    """
    if shape.axes == "time":
        sequence = convolved_along_time(picture, shape)
        mean = layers.GlobalAveragePooling1D(name="mean_over_time")(sequence)
        if not shape.has_max_pooling_head:
            return mean
        peak = layers.GlobalMaxPooling1D(name="peak_over_time")(sequence)
        return layers.Concatenate(name="mean_and_peak")([mean, peak])
    plane = layers.Reshape((WINDOW_FRAMES, N_MELS, 1), name="plane")(picture)
    for ordinal, n_filters in enumerate(shape.filters, 1):
        plane = layers.Conv2D(n_filters, shape.kernel_frames, padding="same", name=f"convolution_{ordinal}")(plane)
        plane = layers.Activation(shape.activation, name=f"activation_{ordinal}")(plane)
        plane = layers.MaxPooling2D(2, name=f"pool_{ordinal}")(plane)
    return layers.GlobalAveragePooling2D(name="mean_over_plane")(plane)


def convolved_along_time(picture: KerasTensor, shape: ClassifierShape) -> KerasTensor:
    """The convolutions that the tuned classifier and the autoencoders' encoder have in common.

    Args:
        picture: [batch, n_frames, n_mels], mel bands as channels.
        shape: Filters, kernel, activation.

    Returns:
        [batch, n_frames / 2 ** n_convolutions rounded up, n_filters]
    """
    sequence = picture
    first_residual = len(shape.filters) - shape.n_residual_stages + 1
    for ordinal, n_filters in enumerate(shape.filters, 1):
        sequence = _convolved(sequence, shape, n_filters, str(ordinal))
        sequence = layers.Activation(shape.activation, name=f"activation_{ordinal}")(sequence)
        sequence = layers.MaxPooling1D(2, padding="same", name=f"pool_{ordinal}")(sequence)
        if ordinal >= first_residual:
            sequence = _refined(sequence, shape, ordinal)
    return sequence


def _refined(sequence: KerasTensor, shape: ClassifierShape, ordinal: int) -> KerasTensor:
    """Add what two more convolutions find (He et al. 2016), weighed by squeeze and excitation (Hu et al. 2018)."""
    n_filters = sequence.shape[-1]
    found = _convolved(sequence, shape, n_filters, f"{ordinal}a")
    found = layers.Activation(shape.activation, name=f"activation_{ordinal}a")(found)
    found = _convolved(found, shape, n_filters, f"{ordinal}b")
    squeezed = layers.GlobalAveragePooling1D(keepdims=True, name=f"squeeze_{ordinal}")(found)
    squeezed = layers.Dense(n_filters // _SQUEEZE, activation=shape.activation, name=f"narrow_{ordinal}")(squeezed)
    weight = layers.Dense(n_filters, activation="sigmoid", name=f"excite_{ordinal}")(squeezed)
    weighed = layers.Multiply(name=f"weighed_{ordinal}")([found, weight])
    summed = layers.Add(name=f"sum_{ordinal}")([sequence, weighed])
    return layers.Activation(shape.activation, name=f"activation_{ordinal}b")(summed)


def _convolved(sequence: KerasTensor, shape: ClassifierShape, n_filters: int, name: str) -> KerasTensor:
    convolved = layers.Conv1D(
        n_filters,
        shape.kernel_frames,
        padding="same",
        use_bias=not shape.has_batch_normalisation,
        name=f"convolution_{name}",
    )(sequence)
    if not shape.has_batch_normalisation:
        return convolved
    return layers.BatchNormalization(momentum=0.95, name=f"normalisation_{name}")(convolved)
