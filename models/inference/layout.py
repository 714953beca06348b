"""A map of sounds: a place in the plane for each embedding, so that what sounds alike lies near.

t-SNE by openTSNE: its neighbours come from a tree and its forces from a grid, so that time grows with the number of
sounds and not with its square. Loaded by the worker that draws maps alone.

Source: Poličar, Stražar, Zupan, "openTSNE: a modular Python library for t-SNE dimensionality reduction and embedding",
Journal of Statistical Software 109 (2024).
"""

from collections.abc import Callable

import numpy as np
from openTSNE import TSNE

from models.audio import FloatArray

N_COMPONENTS = 50
"""Principal components that are kept: neighbours stay the same, and finding them takes a fifth of the time."""
N_FOR_NEIGHBOURS = 60
"""Below so many sounds there are no neighbourhoods to draw: the two directions of greatest variance do."""
PERPLEXITY = 30.0
N_EXAGGERATED = 250
N_REFINED = 500
TELLS_EVERY = 25
N_FOR_GRID = 5_000
"""From so many points on, forces from a grid cost less than forces from a tree."""
MARGIN = 0.02

OnTurn = Callable[[float], None]
"""Told the share that is done, 0 to 1; may raise to give up."""


def lay_out(
    embeddings: FloatArray,
    *,
    seed: int,
    beginning: FloatArray | None = None,
    n_threads: int = 1,
    on_turn: OnTurn = lambda _: None,
) -> FloatArray:
    """Lay sounds out by their embeddings.

    Args:
        embeddings: L2-normalised, so that Euclidean order is cosine order. [n_sounds, width]
        seed: Same embeddings, beginning and seed, same map.
        beginning: Where each sound lay on the map before, so that a new map resembles it. [n_sounds, 2]
        n_threads: How many cores to use.
        on_turn: Told how far it is.

    Returns:
        Places within 0 to 1, one scale for both axes, which have no unit. [n_sounds, 2]
    """
    n_sounds = len(embeddings)
    if n_sounds < 3:
        return np.full((n_sounds, 2), 0.5, dtype=np.float32)
    components = principal(embeddings, min(N_COMPONENTS, n_sounds - 1, embeddings.shape[1]))
    if n_sounds < N_FOR_NEIGHBOURS:
        return spread(components[:, :2])
    start = components[:, :2] if beginning is None else beginning - beginning.mean(axis=0)
    n_turns = N_EXAGGERATED + N_REFINED
    n_done = 0

    def tell(_turn: int, _error: float, _places: FloatArray) -> bool:
        nonlocal n_done
        n_done += TELLS_EVERY
        on_turn(min(n_done / n_turns, 1.0))
        return False

    places = TSNE(
        perplexity=min(PERPLEXITY, (n_sounds - 1) / 3),
        initialization=start / max(float(start[:, 0].std()), 1e-12) * 1e-4,
        early_exaggeration_iter=N_EXAGGERATED,
        n_iter=N_REFINED,
        neighbors="annoy" if n_sounds > 1000 else "exact",
        negative_gradient_method="fft" if n_sounds > N_FOR_GRID else "bh",
        n_jobs=n_threads,
        random_state=seed,
        callbacks=tell,
        callbacks_every_iters=TELLS_EVERY,
    ).fit(components)
    return framed(np.asarray(places, dtype=np.float32))


def principal(embeddings: FloatArray, n_components: int) -> FloatArray:
    """Project onto the directions in which embeddings differ most.

    Args:
        embeddings: [n_sounds, width]
        n_components: How many directions.

    Returns:
        Signs are fixed, so that the same embeddings give the same picture. [n_sounds, n_components]
    """
    centred = embeddings - embeddings.mean(axis=0)
    _, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    kept = directions[:, ::-1][:, :n_components]
    signs = np.sign(kept.sum(axis=0))
    projected: FloatArray = (centred @ (kept * np.where(signs == 0, 1, signs))).astype(np.float32)
    return projected


def spread(places: FloatArray) -> FloatArray:
    """Spread each axis by rank half-way to even, so that one far point does not press all others into a corner.

    Args:
        places: [n_sounds, 2]

    Returns:
        Places within 0 to 1. [n_sounds, 2]
    """
    span = np.ptp(places, axis=0)
    linear = (places - places.min(axis=0)) / np.where(span == 0, 1, span)
    ranks = places.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / (len(places) - 1)
    return framed(((linear + ranks) / 2).astype(np.float32))


def framed(places: FloatArray) -> FloatArray:
    """Shift and scale places into the unit square, both axes by the same factor, with a margin.

    Args:
        places: [n_sounds, 2]
    """
    low, high = places.min(axis=0), places.max(axis=0)
    scale = (1.0 - 2 * MARGIN) / max(float((high - low).max()), 1e-12)
    inside: FloatArray = (0.5 + (places - (low + high) / 2) * scale).astype(np.float32)
    return inside
