"""How a variational autoencoder uses its code: a collapsed one paints the same picture whatever it is shown."""

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.inference.pictures import PICTURE_RANGE_DB
from models.recipes.code_use import LEAST_VARIANCE

_PICTURES_PER_BATCH = 256
_MOST_FOR_INFORMATION = 1024


@dataclass(frozen=True)
class LatentScores:
    """How the code is used on windows that the network never heard."""

    reconstruction_error_db: float
    """Mean absolute error of a cell."""
    other_input_error_db: float
    """The same against another input's reconstruction: near the one above it would mean collapse."""
    own_nearest_share: float
    """Swap test: share of pictures that are nearer to their own reconstruction than to another picture's."""
    kl_nats: float
    kl_of_unit_nats: list[float]
    """KL of each latent from its prior, greatest first."""
    n_active_units: int
    n_units: int
    information_nats: float
    """Mutual information of picture and code: E[KL(q(z|x) || q(z))] with q(z) the mean of the posteriors (Hoffman and
    Johnson 2016; He et al. 2019). It cannot exceed the logarithm of the number of pictures."""
    most_information_nats: float
    n_windows: int


def score_latents(network: keras.Model, pictures: FloatArray, *, seed: int = 0) -> LatentScores:
    """Measure reconstruction and use of the code, with the swap test.

    Args:
        network: From pictures to {"picture", "mean", "log_variance"}; a code of any shape.
        pictures: In [0, 1], of recordings that it did not hear. [n, 100, 128]
        seed: Of the swaps and of the samples that information is estimated with.

    Returns:
        Scores.
    """
    means, log_variances, painted = [], [], []
    for first in range(0, len(pictures), _PICTURES_PER_BATCH):
        told = network(pictures[first : first + _PICTURES_PER_BATCH], training=False)
        means.append(keras.ops.convert_to_numpy(told["mean"]))
        log_variances.append(keras.ops.convert_to_numpy(told["log_variance"]))
        painted.append(keras.ops.convert_to_numpy(told["picture"]))
    mean, log_variance = (np.concatenate(each).reshape(len(pictures), -1) for each in (means, log_variances))
    rng = np.random.default_rng(seed)
    own_db, other_db = swapped_errors_db(pictures, np.concatenate(painted), rng)
    kl = 0.5 * np.mean(np.square(mean) + np.exp(log_variance) - 1.0 - log_variance, axis=0)
    chosen = rng.permutation(len(mean))[:_MOST_FOR_INFORMATION]
    return LatentScores(
        reconstruction_error_db=round(float(own_db.mean()), 3),
        other_input_error_db=round(float(other_db.mean()), 3),
        own_nearest_share=round(float(np.mean(own_db < other_db)), 4),
        kl_nats=round(float(kl.sum()), 1),
        kl_of_unit_nats=[round(float(each), 4) for each in np.sort(kl)[::-1]],
        n_active_units=int(np.sum(mean.var(axis=0) > LEAST_VARIANCE)),
        n_units=mean.shape[1],
        information_nats=round(information_nats(mean[chosen], log_variance[chosen], rng), 2),
        most_information_nats=round(float(np.log(len(chosen))), 2),
        n_windows=len(pictures),
    )


def swapped_errors_db(
    pictures: FloatArray, painted: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Compare pictures with their own reconstructions and with another picture's.

    Args:
        pictures: In [0, 1]. [n, 100, 128]
        painted: Their reconstructions. [n, 100, 128]
        rng: Which other.

    Returns:
        Mean absolute errors of the own and of the other, in dB. [n] twice
    """
    # A whole turn by less than n gives each picture another one's reconstruction, never its own.
    order = rng.permutation(len(pictures))
    others = np.empty(len(pictures), dtype=np.int64)
    others[order] = np.roll(order, 1)
    own = np.array([np.abs(one - two).mean() for one, two in zip(painted, pictures, strict=True)])
    other = np.array([np.abs(painted[which] - two).mean() for which, two in zip(others, pictures, strict=True)])
    return (own * PICTURE_RANGE_DB).astype(np.float32), (other * PICTURE_RANGE_DB).astype(np.float32)


def information_nats(mean: FloatArray, log_variance: FloatArray, rng: np.random.Generator) -> float:
    """Estimate the mutual information of input and code, one sample of each posterior.

    Args:
        mean: Of the posteriors. [n, width]
        log_variance: Of the posteriors. [n, width]
        rng: Of the samples.

    Returns:
        Nats, at most log(n).
    """
    wide: npt.NDArray[np.float64] = mean.astype(np.float64)
    log_wide = log_variance.astype(np.float64)
    code = wide + np.exp(0.5 * log_wide) * rng.standard_normal(wide.shape)
    precision = np.exp(-log_wide)
    # log q(code_i | x_j) for all i and j, without the constant that both terms share.
    logs = -0.5 * (
        np.square(code) @ precision.T
        - 2.0 * code @ (wide * precision).T
        + np.sum(np.square(wide) * precision + log_wide, axis=1)[None]
    )
    greatest = logs.max(axis=1, keepdims=True)
    marginal = greatest[:, 0] + np.log(np.exp(logs - greatest).mean(axis=1))
    return max(0.0, float(np.mean(np.diag(logs) - marginal)))
