"""What a generator's training listens with: a classifier's features, and how grainy a picture is."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from models.inference.pictures import PICTURE_RANGE_DB
from models.networks.shapes import N_MELS, WINDOW_FRAMES

FEATURES = ("activation_1", "activation_2", "activation_3b", "activation_4b", "embedding")
"""What is compared: from near the picture to near the label."""
N_STRETCHES = 4
"""Graininess is compared quarter by quarter of a window."""
TREND_FRAMES = 9

Heard = tuple[list[Any], Any]
"""Features [batch, …] and the label's log probabilities [batch, n_labels]."""


def ears_of(classifier: keras.Model) -> Callable[[Any], Heard]:
    """Turn a trained classifier into ears for pictures.

    Args:
        classifier: `cnn1d_tuned`, trained on nothing but what the generator may hear. It stays as it is.

    Returns:
        From pictures [batch, 100, 128] in [0, 1] to what is heard.
    """
    classifier.trainable = False
    inner = keras.Model(
        classifier.input, [*(classifier.get_layer(name).output for name in FEATURES), classifier.output["logits"]]
    )

    def hear(pictures: Any) -> Heard:
        # The classifier takes out the level, so any reference will do.
        *features, logits = inner((pictures - 1.0) * PICTURE_RANGE_DB, training=False)
        return features, ops.log_softmax(logits)

    return hear


def unlikeness(heard: Heard, wanted: Heard) -> tuple[Any, Any]:
    """How far what is heard lies from what should be.

    Args:
        heard: Of what was painted.
        wanted: Of what was to be painted.

    Returns:
        Mean relative distance of the features, and divergence of the label's probabilities (nats).
    """
    distances = [
        ops.mean(ops.abs(one - other)) / (ops.mean(ops.abs(ops.stop_gradient(other))) + 1e-3)
        for one, other in zip(heard[0], wanted[0], strict=True)
    ]
    label = ops.exp(wanted[1])
    divergence = ops.mean(ops.sum(label * (wanted[1] - heard[1]), axis=1))
    return sum(distances) / len(distances), divergence


def graininess(pictures: Any) -> Any:
    """How much each band's level goes up and down within each quarter of a window.

    Args:
        pictures: [batch, 100, 128]

    Returns:
        Deviation from the trend over 90 ms, step from frame to frame, step from band to band. [batch, 3, 4, 127]
    """
    trend = ops.average_pool(pictures, TREND_FRAMES, strides=1, padding="same")
    deviation = ops.abs(pictures - trend)
    in_time = ops.abs(pictures - ops.roll(pictures, 1, axis=1))
    in_pitch = ops.abs(pictures[:, :, 1:] - pictures[:, :, :-1])
    shape = (-1, N_STRETCHES, WINDOW_FRAMES // N_STRETCHES, N_MELS - 1)
    of_all = [deviation[:, :, 1:], in_time[:, :, 1:], in_pitch]
    return ops.stack([ops.mean(ops.reshape(each, shape), axis=2) for each in of_all], axis=1)
