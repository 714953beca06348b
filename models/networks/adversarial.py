"""The conditional GAN: generator and discriminator of four 2D convolutions each, conditioned on an embedded label."""

import keras
from keras import KerasTensor, layers

from models.networks.shapes import N_MELS, WINDOW_FRAMES

NOISE_WIDTH = 64
LABEL_WIDTH = 32
N_LABEL_PLANES = 4
"""Pictures of the condition (a spectrum each, the same at all times) that the generator sees beside its input."""


def build_generator(*, n_labels: int) -> keras.Model:
    """Build the generator, untrained.

    It paints a picture from another one, from noise and from a label. How much it may keep is decided by what it is
    shown: the caller veils the input picture, from fully shown (a reconstruction) to noise alone (a free draw).
    The condition is a row of weights over the labels, so that two labels blend by the mean of their embeddings.

    Args:
        n_labels: Labels that it was conditioned on.

    Returns:
        Network from {"picture": [batch, 100, 128] in [0, 1], "noise": [batch, 64], "labels": [batch, n_labels] weights
        that add up to 1} to a picture in [0, 1] [batch, 100, 128].
    """
    picture = keras.Input((WINDOW_FRAMES, N_MELS), name="picture")
    noise = keras.Input((NOISE_WIDTH,), name="noise")
    labels = keras.Input((n_labels,), name="labels")
    embedded = layers.Dense(LABEL_WIDTH, use_bias=False, name="label_embedding")(labels)
    plane = layers.Concatenate(name="shown")([layers.Reshape((WINDOW_FRAMES, N_MELS, 1))(picture), _planes(embedded)])
    plane = layers.Conv2D(24, 4, strides=2, padding="same", name="convolution_1")(plane)
    plane = layers.LeakyReLU(0.2, name="activation_1")(plane)
    plane = layers.Conv2D(64, 4, strides=2, padding="same", name="convolution_2")(plane)
    plane = layers.LeakyReLU(0.2, name="activation_2")(plane)
    imagined = layers.Dense(25 * 32 * 8, name="imagination")(layers.Concatenate()([noise, embedded]))
    imagined = layers.LeakyReLU(0.2)(layers.Reshape((25, 32, 8))(imagined))
    plane = layers.Concatenate(name="seen_and_imagined")([plane, imagined])
    plane = layers.Conv2DTranspose(32, 4, strides=2, padding="same", name="convolution_3")(plane)
    plane = layers.LeakyReLU(0.2, name="activation_3")(plane)
    plane = layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="sigmoid", name="convolution_4")(plane)
    painted = layers.Reshape((WINDOW_FRAMES, N_MELS), name="painted")(plane)
    return keras.Model({"picture": picture, "noise": noise, "labels": labels}, painted, name="generator")


def build_discriminator(*, n_labels: int) -> keras.Model:
    """Build the discriminator, untrained.

    Args:
        n_labels: Labels that it is told.

    Returns:
        Network from {"picture": [batch, 100, 128], "labels": [batch, n_labels]} to the belief that the picture is a
        real one with this label, in [0, 1]. [batch, 1]
    """
    picture = keras.Input((WINDOW_FRAMES, N_MELS), name="picture")
    labels = keras.Input((n_labels,), name="labels")
    embedded = layers.Dense(LABEL_WIDTH, use_bias=False, name="label_embedding")(labels)
    plane = layers.Concatenate(name="told")([layers.Reshape((WINDOW_FRAMES, N_MELS, 1))(picture), _planes(embedded)])
    for ordinal, n_filters in enumerate((16, 32, 48, 64), 1):
        plane = layers.Conv2D(
            n_filters, 4, strides=2, padding="same", activation="tanh", name=f"convolution_{ordinal}"
        )(plane)
    features = layers.Dropout(0.3, seed=3, name="dropout")(layers.Flatten(name="features")(plane))
    belief = layers.Dense(1, activation="sigmoid", name="belief")(features)
    return keras.Model({"picture": picture, "labels": labels}, belief, name="discriminator")


def _planes(embedded: KerasTensor) -> KerasTensor:
    """Draw a condition as spectra that last. [batch, width] -> [batch, n_frames, n_mels, n_planes]."""
    spectra = layers.Dense(N_MELS * N_LABEL_PLANES, activation="tanh", name="label_spectra")(embedded)
    spectra = layers.Reshape((1, N_MELS, N_LABEL_PLANES), name="label_plane")(spectra)
    return layers.UpSampling2D((WINDOW_FRAMES, 1), name="label_planes")(spectra)
