"""Water: bubbles that ring, drops, and the hiss of all that is too fine to be told apart."""

import numpy as np

from models.recipes.foley.matter import (
    N_SAMPLES,
    RATE_HZ,
    Samples,
    band_db,
    bumps,
    burst,
    gain,
    log_uniform,
    modes,
    noise,
    put,
    random_times,
    regular_times,
    scattered,
    unit,
    wander,
)


def bubble(rng: np.random.Generator, radius_m: float) -> Samples:
    """Let a bubble of air ring in water (van den Doel 2005). [n_samples]."""
    hz = 3.0 / radius_m
    damping = 0.13 / radius_m + 0.0072 * radius_m**-1.5
    n_samples = int(min(7.0 / damping, 0.25) * RATE_HZ) + 8
    time = np.arange(n_samples) / RATE_HZ
    rise = rng.choice([0.0, rng.uniform(0.0, 0.1)])
    phase = 2.0 * np.pi * hz * (time + 0.5 * rise * damping * np.square(time))
    return np.asarray(np.sin(phase) * np.exp(-damping * time) * np.minimum(time / 0.0008, 1.0))


def bubbles(
    rng: np.random.Generator, rate_hz: float, mean_m: float, spread: float, envelope: Samples | None = None
) -> Samples:
    """Let many bubbles ring.

    Args:
        rng: Where chance comes from.
        rate_hz: Bubbles a second.
        mean_m: Their median radius (m).
        spread: Standard deviation of its logarithm.
        envelope: How loud they are where; all alike by default. [44100]

    Returns:
        Samples. [44100]
    """
    out = np.zeros(N_SAMPLES)
    for at in random_times(rng, rate_hz):
        radius = float(np.clip(mean_m * np.exp(rng.normal(0.0, spread)), 0.0004, 0.015))
        loudness = (radius / mean_m) ** 1.5 * rng.random() ** 2
        if envelope is not None:
            loudness *= float(envelope[at])
        put(out, bubble(rng, radius), int(at), loudness)
    return out


def water(rng: np.random.Generator) -> Samples:
    """Let water drip, splash, pour or flow, or waves come in."""
    kind = rng.choice(["stream", "pour", "drip", "splash", "waves"])
    if kind == "drip":
        out = bubbles(rng, log_uniform(rng, 2.0, 12.0), log_uniform(rng, 0.001, 0.006), 0.4)
        return unit(out) + gain(-rng.uniform(20.0, 50.0)) * noise(rng, band_db(300.0, 5000.0))
    mean_m = log_uniform(rng, 0.0008, 0.005)
    low = log_uniform(rng, 150.0, 900.0)
    hiss = unit(noise(rng, band_db(low, log_uniform(rng, 2000.0, 9000.0), 9.0, rng.uniform(6.0, 15.0))))
    if kind in ("splash", "waves"):
        rate = 0.8 if kind == "waves" else log_uniform(rng, 1.0, 4.0)
        centres = regular_times(rng, rate, 0.4)
        envelope = 0.15 + bumps(centres, rng.uniform(0.3, 1.0, len(centres)), rng.uniform(0.4, 1.0, len(centres)), 0.25)
    else:
        envelope = np.exp(0.25 * wander(rng, 10.0))
    ringing = unit(bubbles(rng, log_uniform(rng, 60.0, 500.0), mean_m, rng.uniform(0.3, 0.7), envelope))
    return ringing + gain(rng.uniform(-18.0, 6.0)) * hiss * envelope


def rain(rng: np.random.Generator) -> Samples:
    """Let it rain, from single drops to a downpour, sometimes on something that rings."""
    bright = log_uniform(rng, 4000.0, 12000.0)
    floor = unit(noise(rng, band_db(log_uniform(rng, 200.0, 2000.0), bright, 6.0, 9.0)))
    drops = scattered(
        rng,
        log_uniform(rng, 80.0, 4000.0),
        lambda: burst(rng, log_uniform(rng, 500.0, 5000.0), bright, rng.uniform(0.002, 0.012)),
        tail=rng.uniform(0.7, 1.3),
    )
    out = unit(drops) + gain(rng.uniform(-15.0, 10.0)) * floor
    if rng.random() < 0.5:
        surface = log_uniform(rng, 150.0, 1200.0) * np.array([1.0, 1.6, 2.4])
        ring = scattered(
            rng,
            log_uniform(rng, 10.0, 120.0),
            lambda: modes(surface * rng.uniform(0.8, 1.25, 3), np.full(3, rng.uniform(0.02, 0.08)), rng.random(3), rng),
        )
        out += gain(rng.uniform(-12.0, 0.0)) * unit(ring)
    return out
