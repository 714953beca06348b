"""Autoencoder and variational autoencoder: the tuned classifier's layers as encoder, a decoder of five layers."""

from dataclasses import replace

import keras
from keras import KerasTensor, layers, ops

from models.networks.classifiers import CLASSIFIERS, convolved_along_time
from models.networks.layers import Sampling
from models.networks.shapes import LATENT_WIDTH, N_MELS, WINDOW_FRAMES

LOG_VARIANCE_RANGE = (-8.0, 4.0)
"""Bounds of the posterior's log variance: beyond them a step of training can explode."""

VAE_LAYERS = {"vae": 5, "vae_4": 4, "vae_6": 6}
"""Layers of the decoder of each: the source work found five best, and says that six did not learn."""
AUTOENCODERS = ("autoencoder", *VAE_LAYERS)

ENCODER = replace(CLASSIFIERS["cnn1d_tuned"], filters=(160, 192, 224, 256), n_residual_stages=0)


def build_autoencoder() -> keras.Model:
    """Build the plain autoencoder, untrained.

    Returns:
        Network from pictures in [0, 1] [batch, 100, 128] to {"picture": [batch, 100, 128]}, with the sub-networks
        `encoder` (picture -> {"mean": [batch, 256]}) and `decoder` (code -> picture).
    """
    picture = keras.Input((WINDOW_FRAMES, N_MELS), name="picture")
    features = _features(picture)
    encoder = keras.Model(picture, {"mean": layers.Dense(LATENT_WIDTH, name="mean")(features)}, name="encoder")
    decoder = build_decoder()
    return keras.Model(picture, {"picture": decoder(encoder(picture)["mean"])}, name="autoencoder")


def build_vae(name: str = "vae") -> keras.Model:
    """Build the variational autoencoder, untrained.

    Args:
        name: One of VAE_LAYERS.

    Returns:
        Network from pictures in [0, 1] [batch, 100, 128] to {"picture", "mean", "log_variance"}, with the sub-networks
        `encoder` (picture -> {"mean", "log_variance"}: [batch, 256]) and `decoder` (code -> picture).
    """
    picture = keras.Input((WINDOW_FRAMES, N_MELS), name="picture")
    features = _features(picture)
    mean = layers.Dense(LATENT_WIDTH, name="mean")(features)
    log_variance = layers.Dense(LATENT_WIDTH, name="log_variance", bias_initializer=keras.initializers.Constant(-2.0))(
        features
    )
    bounded = ops.clip(log_variance, *LOG_VARIANCE_RANGE)
    encoder = keras.Model(picture, {"mean": mean, "log_variance": bounded}, name="encoder")
    posterior = encoder(picture)
    code = Sampling(name="sampling")((posterior["mean"], posterior["log_variance"]))
    decoder = build_decoder(n_layers=VAE_LAYERS[name])
    return keras.Model(picture, {"picture": decoder(code), **posterior}, name=name)


def build_decoder(*, n_layers: int = 5) -> keras.Model:
    """Build the decoder that both share: one dense layer and convolutions along time.

    Five layers in all, as the source work found best, or four or six to compare. Time grows by repetition and
    convolution, because transposed convolutions leave a rhythm of their own in a texture.

    Args:
        n_layers: 4, 5 or 6.

    Returns:
        Network from a code [batch, 256] to a picture in [0, 1] [batch, 100, 128].
    """
    code = keras.Input((LATENT_WIDTH,), name="code")
    n_first_frames = WINDOW_FRAMES // 4
    sequence = layers.Dense(n_first_frames * 160, activation="elu", name="expansion")(code)
    sequence = layers.Reshape((n_first_frames, 160), name="sequence")(sequence)
    sequence = layers.Conv1D(192, 3, padding="same", activation="elu", name="convolution_1")(sequence)
    sequence = layers.UpSampling1D(2, name="repetition_1")(sequence)
    if n_layers > 4:
        sequence = layers.Conv1D(192, 5, padding="same", activation="elu", name="convolution_2")(sequence)
    sequence = layers.UpSampling1D(2, name="repetition_2")(sequence)
    sequence = layers.Conv1D(160, 5, padding="same", activation="elu", name="convolution_3")(sequence)
    if n_layers > 5:
        sequence = layers.Conv1D(160, 5, padding="same", activation="elu", name="convolution_3b")(sequence)
    picture = layers.Conv1D(N_MELS, 5, padding="same", activation="sigmoid", name="convolution_4")(sequence)
    return keras.Model(code, picture, name="decoder")


def _features(picture: KerasTensor) -> KerasTensor:
    """The tuned classifier's convolutions, with time kept: a picture is more than what is in it."""
    sequence = convolved_along_time(picture * 4.0 - 2.0, ENCODER)
    return layers.Flatten(name="features")(sequence)
