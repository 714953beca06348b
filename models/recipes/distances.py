"""How far two sets of sounds lie apart in an embedding, and how widely one set is spread.

The libraries for these (frechet-audio-distance, fadtk, kadtk) bring PyTorch and their own embeddings with them for what
is a page of linear algebra.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist, pdist

from models.audio import FloatArray

KERNEL_SCALE = 100.0
"""What kernel audio distances are multiplied by, as their authors' toolkit does."""


def frechet_distance(first: FloatArray, second: FloatArray) -> float:
    """Frechet audio distance: between Gaussians fitted to both sets (Kilgour et al. 2019).

    Where a set has fewer sounds than the embedding has dimensions the distance is too great, for real sounds as for
    generated ones: it is to be compared at one size only.

    Args:
        first: Embeddings. [n, width]
        second: Embeddings. [m, width]

    Returns:
        Squared distance of the means plus that of the covariances, from 0.
    """
    one, two = first.astype(np.float64), second.astype(np.float64)
    one_mean, two_mean = one.mean(axis=0), two.mean(axis=0)
    one, two = (one - one_mean) / np.sqrt(len(one) - 1), (two - two_mean) / np.sqrt(len(two) - 1)
    # The trace of the root of both covariances' product, without ever forming them: stable where they are singular.
    root = np.linalg.svd(one @ two.T, compute_uv=False).sum()
    apart = np.sum(np.square(one_mean - two_mean)) + np.sum(np.square(one)) + np.sum(np.square(two)) - 2.0 * root
    return max(0.0, float(apart))


def kernel_distance(first: FloatArray, reference: FloatArray) -> float:
    """Kernel audio distance: unbiased squared maximum mean discrepancy with a Gaussian kernel (Chung et al. 2025).

    Args:
        first: Embeddings. [n, width]
        reference: Embeddings of real sounds; their median distance is the kernel's width. [m, width]

    Returns:
        Times KERNEL_SCALE; around 0, and a little below it at times, for sets of one kind.
    """
    width = float(np.median(pdist(reference)))
    if width == 0.0:
        width = 1.0

    def kernel(one: FloatArray, two: FloatArray) -> npt.NDArray[np.float64]:
        return np.exp(-cdist(one, two, "sqeuclidean") / (2.0 * width**2))

    def within(one: FloatArray) -> float:
        values = kernel(one, one)
        return float((values.sum() - np.trace(values)) / (len(one) * (len(one) - 1)))

    apart = within(first) + within(reference) - 2.0 * float(kernel(first, reference).mean())
    return KERNEL_SCALE * apart


def spread(embeddings: FloatArray) -> float:
    """Mean distance of two different sounds of a set. [n, width], n at least 2."""
    return float(pdist(embeddings).mean())


def nearest(
    embeddings: FloatArray, known: FloatArray, *, left_out: Callable[[int], npt.NDArray[np.bool_]] | None = None
) -> FloatArray:
    """Find how far each sound is from the nearest known one.

    Args:
        embeddings: [n, width]
        known: [m, width]
        left_out: Which known ones do not count for the sound of this ordinal, a mask [m].

    Returns:
        [n]
    """
    squares = np.sum(np.square(known), axis=1)
    distance = np.zeros(len(embeddings), dtype=np.float32)
    for ordinal, embedding in enumerate(embeddings):
        apart = squares - 2.0 * (known @ embedding) + np.sum(np.square(embedding))
        if left_out is not None:
            apart = np.where(left_out(ordinal), np.inf, apart)
        # Found by the quick formula, measured by the exact one: the quick one cancels where it matters, at copies.
        distance[ordinal] = np.linalg.norm(known[int(apart.argmin())] - embedding)
    return distance
