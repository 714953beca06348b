"""The conditional GAN that ships: it draws the codes of the variational autoencoder that ships, not pictures."""

import keras
from keras import KerasTensor, layers, ops

from models.networks.latent_flow import SLOT_WIDTH, STYLE_WIDTH, build_decoder, build_encoder, modulated
from models.networks.shapes import N_MELS

GENERATOR_WIDTH = 160
GENERATOR_DILATIONS = (1, 2, 4, 1)
DISCRIMINATOR_FILTERS = (96, 128, 160)


def build_latent_cgan(*, n_labels: int) -> keras.Model:
    """Build the conditional GAN on codes, untrained.

    Args:
        n_labels: Labels of the condition.

    Returns:
        Network from {"picture": [batch, n_frames, 128] in [0, 1], "strength": [batch, 1], "noise": [batch, n_slots,
        16], "labels": [batch, n_labels] weights, "style": [batch, 32]} to a picture without grain, with the
        sub-networks `encoder` and `decoder` (of models.networks.latent_flow) and `generator`.
    """
    picture = keras.Input((None, N_MELS), name="picture")
    strength = keras.Input((1,), name="strength")
    noise = keras.Input((None, SLOT_WIDTH), name="noise")
    labels = keras.Input((n_labels,), name="labels")
    style = keras.Input((STYLE_WIDTH,), name="style")
    encoder, decoder, generator = build_encoder(), build_decoder(), build_generator(n_labels=n_labels)
    condition = {"strength": strength, "noise": noise, "labels": labels, "style": style}
    code = generator({"code": encoder(picture)["mean"], **condition})
    painted = decoder({"code": code, "grain": ops.zeros_like(picture)})["mean"]
    return keras.Model({"picture": picture, **condition}, painted, name="latent_cgan")


def build_generator(*, n_labels: int) -> keras.Model:
    """Build the generator: what it is shown of a code it keeps, what noise hides it imagines.

    Args:
        n_labels: Labels of the condition.

    Returns:
        Network from {"code": [batch, n_slots, 16] standardised, "strength": [batch, 1], "noise": [batch, n_slots, 16],
        "labels": [batch, n_labels] weights, "style": [batch, 32]} to a code. At strength 0 it is the one shown.
    """
    code = keras.Input((None, SLOT_WIDTH), name="code")
    strength = keras.Input((1,), name="strength")
    noise = keras.Input((None, SLOT_WIDTH), name="noise")
    labels = keras.Input((n_labels,), name="labels")
    style = keras.Input((STYLE_WIDTH,), name="style")
    share = layers.Reshape((1, 1), name="share")(strength)
    shown = (1.0 - share) * code + share * noise
    told = layers.Concatenate(name="told")([strength, labels * 3.0, style])
    told = layers.Dense(192, activation="elu", name="condition_1")(told)
    told = layers.Dense(192, activation="elu", name="condition_2")(told)
    sequence = layers.Conv1D(GENERATOR_WIDTH, 3, padding="same", name="entry")(shown)
    for ordinal, dilation in enumerate(GENERATOR_DILATIONS, 1):
        sequence = modulated(sequence, told, dilation, ordinal)
    imagined = layers.Conv1D(SLOT_WIDTH, 3, padding="same", name="imagined")(
        layers.LayerNormalization(name="last_normalisation")(sequence)
    )
    drawn = (1.0 - share) * code + share * imagined
    inputs = {"code": code, "strength": strength, "noise": noise, "labels": labels, "style": style}
    return keras.Model(inputs, drawn, name="generator")


def build_discriminator(*, n_labels: int) -> keras.Model:
    """Build the discriminator: a projection of what it finds on the label (Miyato and Koyama 2018), spectrally normed.

    Args:
        n_labels: Labels that it is told.

    Returns:
        Network from {"code": [batch, n_slots, 16], "labels": [batch, n_labels]} to {"score": [batch, 1], "features":
        [batch, width]}.
    """
    code = keras.Input((None, SLOT_WIDTH), name="code")
    labels = keras.Input((n_labels,), name="labels")
    sequence: KerasTensor = code
    for ordinal, n_filters in enumerate(DISCRIMINATOR_FILTERS, 1):
        convolution = layers.Conv1D(n_filters, 5, padding="same", strides=1 if ordinal == 1 else 2)
        sequence = layers.SpectralNormalization(convolution, name=f"convolution_{ordinal}")(sequence)
        sequence = layers.LeakyReLU(0.2, name=f"activation_{ordinal}")(sequence)
    mean = layers.GlobalAveragePooling1D(name="mean_over_time")(sequence)
    peak = layers.GlobalMaxPooling1D(name="peak_over_time")(sequence)
    features = layers.Concatenate(name="features")([mean, peak])
    told = layers.Dense(2 * DISCRIMINATOR_FILTERS[-1], use_bias=False, name="label_embedding")(labels)
    score = layers.Dense(1, name="score")(features) + ops.mean(told * features, axis=1, keepdims=True) * 16.0
    return keras.Model({"code": code, "labels": labels}, {"score": score, "features": features}, name="discriminator")
