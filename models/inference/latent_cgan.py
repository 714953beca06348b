"""The conditional GAN on codes at work: it keeps what it is shown of a code and imagines what noise hides."""

import numpy as np
import tensorflow as tf

from models.audio import FloatArray
from models.inference.codes import CodePainter
from models.networks.latent_flow import SLOT_WIDTH, STYLE_WIDTH
from models.pretrained import Pretrained

BLEND_STRENGTH = 0.3
"""How far the middle of a blend is drawn anew under the mean of the two labels' embeddings."""


def cgan_painter(trained: Pretrained) -> CodePainter:
    """Let a trained `latent_cgan` paint.

    Args:
        trained: The network with its scaling and known styles.

    Returns:
        The generator.
    """
    generator = trained.network.get_layer("generator")
    shapes = {
        "code": [None, None, SLOT_WIDTH],
        "strength": [None, 1],
        "noise": [None, None, SLOT_WIDTH],
        "labels": [None, len(trained.entry.labels)],
        "style": [None, STYLE_WIDTH],
    }
    imagine = tf.function(
        lambda shown: generator(shown, training=False),
        input_signature=[{name: tf.TensorSpec(shape, tf.float32) for name, shape in shapes.items()}],
    )

    def draw(
        codes: FloatArray, strength: float, noise: FloatArray, labels: FloatArray, style: FloatArray
    ) -> FloatArray:
        shown = {
            "code": codes,
            "strength": np.full((len(codes), 1), strength),
            "noise": noise,
            "labels": labels,
            "style": style,
        }
        drawn: FloatArray = imagine({name: tf.constant(value, tf.float32) for name, value in shown.items()}).numpy()
        return drawn

    return CodePainter(trained, draw, needs_labels=True, draws_again=True, blend_strength=BLEND_STRENGTH)
