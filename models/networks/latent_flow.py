"""The variational autoencoder that ships: codes that keep time, a decoder with grain, and a flow that draws codes."""

from dataclasses import replace

import keras
from keras import KerasTensor, layers, ops

from models.networks.autoencoders import LOG_VARIANCE_RANGE
from models.networks.classifiers import CLASSIFIERS, convolved_along_time
from models.networks.layers import Sampling
from models.networks.shapes import N_MELS

FRAMES_PER_SLOT = 4
"""A code has a row every 40 ms: what happens when is said by where in the code it stands, not learnt anew by heart."""
SLOT_WIDTH = 16
"""Numbers in a row; 25 rows make 400 for a second."""
STYLE_WIDTH = 2 * SLOT_WIDTH
"""Mean and deviation of a code's rows over time: what sound it is, without what happens when."""
FLOW_WIDTH = 160
FLOW_DILATIONS = (1, 2, 4, 1, 2, 4)

ENCODER = replace(CLASSIFIERS["cnn1d_tuned"], filters=(160, 256), n_residual_stages=1)
"""The tuned classifier's layers, as far as time is no coarser than a row of the code."""


def build_latent_flow(*, n_labels: int) -> keras.Model:
    """Build the variational autoencoder with its flow, untrained.

    Every part is convolutional along time, so that it takes windows of any length that is a multiple of 4 frames.

    Args:
        n_labels: Labels that the flow is conditioned on.

    Returns:
        Network from pictures in [0, 1] [batch, n_frames, 128] to {"picture", "mean", "log_variance", "velocity"}, with
        the sub-networks `encoder` (picture -> {"mean", "log_variance"}: [batch, n_slots, 16]), `decoder` and `flow`.
        Its picture is the decoder's without grain; its velocity, the flow's without a condition, is there so that one
        graph holds all weights.
    """
    picture = keras.Input((None, N_MELS), name="picture")
    encoder, decoder, flow = build_encoder(), build_decoder(), build_flow(n_labels=n_labels)
    posterior = encoder(picture)
    code = Sampling(name="sampling")((posterior["mean"], posterior["log_variance"]))
    painted = decoder({"code": code, "grain": ops.zeros_like(picture)})
    one = ops.mean(posterior["mean"], axis=(1, 2), keepdims=True)[:, 0] * 0.0
    velocity = flow(
        {
            "code": posterior["mean"],
            "time": one,
            "labels": ops.tile(one, (1, n_labels)),
            "style": ops.tile(one, (1, STYLE_WIDTH)),
        }
    )
    return keras.Model(picture, {"picture": painted["mean"], **posterior, "velocity": velocity}, name="latent_flow")


def build_encoder() -> keras.Model:
    """Build the encoder: picture [batch, n_frames, 128] -> {"mean", "log_variance"}: [batch, n_slots, 16]."""
    picture = keras.Input((None, N_MELS), name="picture")
    features = convolved_along_time(picture * 4.0 - 2.0, ENCODER)
    log_variance = layers.Conv1D(
        SLOT_WIDTH, 1, name="log_variance", bias_initializer=keras.initializers.Constant(-2.0)
    )(features)
    mean = layers.Conv1D(SLOT_WIDTH, 1, name="mean")(features)
    return keras.Model(
        picture, {"mean": mean, "log_variance": ops.clip(log_variance, *LOG_VARIANCE_RANGE)}, name="encoder"
    )


def build_decoder() -> keras.Model:
    """Build the decoder: what a code says, and how much of the given grain lies on it.

    Noise has no shape that a code could tell: a decoder that must foretell it paints its average, which is smooth as no
    sound is. So grain comes in from outside (models.audio.grain) and the decoder says where and how strong it is.

    Returns:
        Network from {"code": [batch, n_slots, 16], "grain": [batch, n_frames, 128] in pictures' units} to {"mean",
        "gain", "picture"}: [batch, n_frames, 128]; picture = mean + gain * grain, between 0 and 1.
    """
    code = keras.Input((None, SLOT_WIDTH), name="code")
    grain = keras.Input((None, N_MELS), name="grain")
    sequence = layers.Conv1D(224, 3, padding="same", activation="elu", name="convolution_1")(code)
    deeper = layers.Conv1D(224, 3, padding="same", activation="elu", name="convolution_2")(sequence)
    sequence = layers.UpSampling1D(2, name="repetition_1")(layers.Add(name="sum_2")([sequence, deeper]))
    sequence = layers.Conv1D(192, 5, padding="same", activation="elu", name="convolution_3")(sequence)
    sequence = layers.UpSampling1D(2, name="repetition_2")(sequence)
    sequence = layers.Conv1D(192, 5, padding="same", activation="elu", name="convolution_4")(sequence)
    mean = layers.Conv1D(N_MELS, 5, padding="same", activation="sigmoid", name="convolution_5")(sequence)
    gain = layers.Conv1D(N_MELS, 3, padding="same", name="gain")(sequence)
    gain = 1.5 * ops.sigmoid(gain)
    painted = ops.clip(mean + gain * grain, 0.0, 1.0)
    return keras.Model({"code": code, "grain": grain}, {"mean": mean, "gain": gain, "picture": painted}, name="decoder")


def build_flow(*, n_labels: int) -> keras.Model:
    """Build the flow: which way a noisy code goes to become one of a sound (Lipman et al. 2023, straight paths).

    Args:
        n_labels: Labels of the condition.

    Returns:
        Network from {"code": [batch, n_slots, 16], standardised and noisy, "time": [batch, 1], 0 a code and 1 noise,
        "labels": [batch, n_labels] weights, all zero for no condition, "style": [batch, 32], all zero for none} to the
        velocity from code to noise. [batch, n_slots, 16]
    """
    code = keras.Input((None, SLOT_WIDTH), name="code")
    time = keras.Input((1,), name="time")
    labels = keras.Input((n_labels,), name="labels")
    style = keras.Input((STYLE_WIDTH,), name="style")
    phase = time * ops.convert_to_tensor([[1.0, 2.0, 4.0, 8.0]], dtype="float32") * 1.5707963
    told = layers.Concatenate(name="told")([ops.sin(phase), ops.cos(phase), time, labels * 3.0, style])
    told = layers.Dense(256, activation="elu", name="condition_1")(told)
    told = layers.Dense(256, activation="elu", name="condition_2")(told)
    sequence = layers.Conv1D(FLOW_WIDTH, 3, padding="same", name="entry")(code)
    for ordinal, dilation in enumerate(FLOW_DILATIONS, 1):
        sequence = modulated(sequence, told, dilation, ordinal)
    velocity = layers.Conv1D(SLOT_WIDTH, 3, padding="same", kernel_initializer="zeros", name="velocity")(
        layers.LayerNormalization(name="last_normalisation")(sequence)
    )
    return keras.Model({"code": code, "time": time, "labels": labels, "style": style}, velocity, name="flow")


def modulated(sequence: KerasTensor, told: KerasTensor, dilation: int, ordinal: int) -> KerasTensor:
    """Add what a dilated convolution finds, scaled and shifted as a condition says (Perez et al. 2018).

    Args:
        sequence: [batch, n_slots, width]
        told: The condition. [batch, n_told]
        dilation: Of the convolution.
        ordinal: For names.

    Returns:
        [batch, n_slots, width]
    """
    width = sequence.shape[-1]
    scale = layers.Dense(width, kernel_initializer="zeros", name=f"to_scale_{ordinal}")(told)
    scale = layers.Reshape((1, width), name=f"scale_{ordinal}")(scale)
    shift = layers.Dense(width, name=f"to_shift_{ordinal}")(told)
    shift = layers.Reshape((1, width), name=f"shift_{ordinal}")(shift)
    found = layers.LayerNormalization(name=f"normalisation_{ordinal}")(sequence)
    found = layers.Activation("silu", name=f"modulated_{ordinal}")(found * (1.0 + scale) + shift)
    found = layers.Conv1D(
        width, 5, padding="same", dilation_rate=dilation, activation="silu", name=f"convolution_{ordinal}"
    )(found)
    found = layers.Conv1D(width, 1, kernel_initializer="zeros", name=f"projection_{ordinal}")(found)
    return layers.Add(name=f"sum_{ordinal}")([sequence, found])
