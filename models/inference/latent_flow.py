"""The flow of the variational autoencoder at work: codes go into noise, as far as asked, and back."""

from itertools import pairwise

import numpy as np
import tensorflow as tf

from models.audio import FloatArray
from models.inference.codes import CodePainter
from models.networks.latent_flow import SLOT_WIDTH, STYLE_WIDTH
from models.pretrained import Pretrained

STEPS = 8
"""Steps from noise to a code; from half way it takes half as many."""
GUIDANCE = 4.0
"""How much further than told the flow goes towards its label (Ho and Salimans 2022); 1 is as told.

Of free draws on a fold that was held out the classifier recognised 66 % at 1, 71 % at 1.5, 79 % at 2.5, 83 % at 4."""


def flow_painter(trained: Pretrained) -> CodePainter:
    """Let a trained `latent_flow` paint: variation is a way into noise and back (Meng et al. 2022).

    Args:
        trained: The network with its scaling and known styles.

    Returns:
        The generator.
    """
    flow = trained.network.get_layer("flow")
    shapes = {
        "code": [None, None, SLOT_WIDTH],
        "time": [None, 1],
        "labels": [None, len(trained.entry.labels)],
        "style": [None, STYLE_WIDTH],
    }
    # Called layer by layer, the flow would cost more in calls than in sums.
    velocity_of = tf.function(
        lambda shown: flow(shown, training=False),
        input_signature=[{name: tf.TensorSpec(shape, tf.float32) for name, shape in shapes.items()}],
    )

    def draw(
        codes: FloatArray, strength: float, noise: FloatArray, labels: FloatArray, style: FloatArray
    ) -> FloatArray:
        n = len(codes)
        drawn = (1.0 - strength) * codes + strength * noise
        told = {"labels": np.concatenate([labels, np.zeros_like(labels)]), "style": np.concatenate([style, style])}
        times = np.linspace(strength, 0.0, max(2, round(STEPS * strength)) + 1)
        for time, following in pairwise(times.tolist()):
            shown = {"code": np.concatenate([drawn, drawn]), "time": np.full((2 * n, 1), time), **told}
            velocity = velocity_of({name: tf.constant(value, tf.float32) for name, value in shown.items()}).numpy()
            towards = velocity[n:] + GUIDANCE * (velocity[:n] - velocity[n:])
            drawn = drawn + (following - time) * towards
        codes_drawn: FloatArray = drawn.astype(np.float32)
        return codes_drawn

    return CodePainter(trained, draw, needs_labels=False, draws_again=False, blend_strength=0.0)
