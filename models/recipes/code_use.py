"""Whether a generator has collapsed, told batch by batch while it is trained.

A variational autoencoder collapses when it does not use its code, a GAN when all it draws is alike.
"""

from typing import Any

import keras
from keras import ops

LEAST_VARIANCE = 0.01
"""A latent is active if its mean varies by more than this over the batch (Burda et al. 2016)."""
NAMES = ("kl_nats", "active_units", "swapped_error", "information_nats")
DRAW_NAMES = ("restoration", "swapped_restoration", "spread")


def code_use(pictures: Any, painted: Any, mean: Any, log_variance: Any) -> dict[str, Any]:
    """Measure the use of the code; of a collapsed one nothing is active, and any other picture's painting does as well.

    Args:
        pictures: [batch, 100, 128]
        painted: Their reconstructions, same shape.
        mean: Of the posteriors. [batch, …]
        log_variance: Same shape.

    Returns:
        By NAMES: KL from the prior (nats), active units, squared error of each picture against its neighbour's
        reconstruction (the swap test), and how much a posterior's mean tells of which picture it belongs to (nats; at
        most the logarithm of the batch).
    """
    kl = kl_of_unit(mean, log_variance)
    mean, log_variance = (ops.reshape(each, (ops.shape(mean)[0], -1)) for each in (mean, log_variance))
    distance = ops.square(mean[:, None] - mean[None]) / ops.exp(log_variance)[None] + log_variance[None]
    likelihood = ops.log_softmax(-0.5 * ops.sum(distance, axis=2), axis=1)
    n = ops.cast(ops.shape(mean)[0], "float32")
    return {
        "kl_nats": ops.sum(kl),
        "active_units": ops.sum(ops.cast(ops.var(mean, axis=0) > LEAST_VARIANCE, "float32")),
        "swapped_error": ops.mean(ops.square(pictures - ops.roll(painted, 1, axis=0))),
        "information_nats": ops.mean(ops.diagonal(likelihood)) + ops.log(n),
    }


def draw_use(real: Any, drawn: Any, visibility: Any) -> dict[str, Any]:
    """Measure what draws keep of what was shown, and how varied they are.

    Args:
        real: What was partly shown. [batch, n_rows, width]
        drawn: What was drawn from it, same shape.
        visibility: How much of each was shown, 0 to 1. [batch]

    Returns:
        By DRAW_NAMES: absolute error where something was shown, the same against the neighbour's draw (swap test), and
        the deviation of draws over the batch as a share of the real ones' (of collapsed ones nearly 0).
    """

    def error(painted: Any) -> Any:
        return ops.mean(visibility * ops.mean(ops.abs(painted - real), axis=(1, 2)))

    return {
        "restoration": error(drawn),
        "swapped_restoration": error(ops.roll(drawn, 1, axis=0)),
        "spread": ops.mean(ops.std(drawn, axis=0)) / (ops.mean(ops.std(real, axis=0)) + 1e-6),
    }


def kl_of_unit(mean: Any, log_variance: Any) -> Any:
    """KL of each latent from the standard normal prior, averaged over the batch. [batch, …] -> […] (nats)."""
    return 0.5 * ops.mean(ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance, axis=0)


def means_of(names: tuple[str, ...]) -> dict[str, keras.metrics.Mean]:
    """Means over an epoch, by name."""
    return {name: keras.metrics.Mean(name=name) for name in names}
