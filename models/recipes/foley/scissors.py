"""Scissors: two blades that shear and meet."""

import numpy as np

from models.recipes.foley.matter import (
    N_SAMPLES,
    RATE_HZ,
    Samples,
    bumps,
    burst,
    log_uniform,
    modes,
    put,
    regular_times,
)
from models.recipes.foley.strokes import friction
from models.recipes.foley.struck import with_floor


def scissors(rng: np.random.Generator) -> Samples:
    """Cut."""
    snips = regular_times(rng, log_uniform(rng, 1.0, 4.5), 0.25)
    out = np.zeros(N_SAMPLES)
    metal_hz = log_uniform(rng, 2500.0, 5500.0)
    for at in snips:
        shear_s = rng.uniform(0.05, 0.25)
        envelope = bumps(np.array([at + 0.3 * shear_s]), np.array([shear_s]), np.array([1.0]), 0.7)
        out += 0.5 * friction(
            rng, envelope, log_uniform(rng, 1500.0, 4000.0), log_uniform(rng, 7000.0, 14000.0), rng.uniform(0.2, 1.5)
        )
        hz = metal_hz * np.array([1.0, 1.47, 2.09, 2.56, 3.3]) * rng.uniform(0.97, 1.03, 5)
        put(
            out,
            modes(hz, rng.uniform(0.02, 0.15, 5), rng.random(5), rng),
            int((at + 0.6 * shear_s) * RATE_HZ),
            rng.uniform(0.3, 2.0),
        )
        put(out, burst(rng, 1500.0, 14000.0, 0.004), int((at + 0.6 * shear_s) * RATE_HZ), rng.uniform(0.5, 3.0))
    return with_floor(rng, out)
