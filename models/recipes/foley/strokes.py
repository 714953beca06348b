"""Rubbed, written on, scratched and crumpled things: noise and grains that follow a moving hand."""

import numpy as np

from models.recipes.foley.matter import (
    BINS_HZ,
    FRAMES_S,
    N_SAMPLES,
    RATE_HZ,
    TIME_S,
    Samples,
    band_db,
    bumps,
    burst,
    gain,
    log_uniform,
    modes,
    noise,
    painted,
    put,
    regular_times,
    scattered,
    unit,
)
from models.recipes.foley.struck import MATERIALS, impact


def strokes(rng: np.random.Generator, rate_hz: float, unevenness: float, duty: float) -> Samples:
    """Draw the envelope of a hand that rubs; duty is the share of the time that it moves. [44100]."""
    centres = regular_times(rng, rate_hz, unevenness)
    widths = duty / rate_hz * rng.uniform(0.7, 1.2, len(centres))
    return bumps(centres, widths, np.exp(rng.normal(0.0, 0.3, len(centres))), rng.uniform(0.2, 0.6))


def friction(rng: np.random.Generator, envelope: Samples, low_hz: float, high_hz: float, roughness: float) -> Samples:
    """Rub a surface: brighter where the hand is quicker, rough by its texture. envelope: [44100] -> [44100]."""
    at_frame = np.interp(FRAMES_S, TIME_S, envelope)
    band = band_db(low_hz, high_hz, 9.0, 9.0)
    tilt = np.log2(np.maximum(BINS_HZ, 50.0) / np.sqrt(low_hz * high_hz))
    levels = band[:, None] + 4.0 * tilt[:, None] * (at_frame - at_frame.mean())[None, :]
    smooth = unit(painted(rng.standard_normal(N_SAMPLES), levels))
    grain = unit(
        scattered(
            rng,
            log_uniform(rng, 100.0, 2500.0),
            lambda: burst(rng, low_hz, high_hz, rng.uniform(0.001, 0.005)),
            tail=1.0,
        )
    )
    return (smooth + roughness * grain) * envelope


def brushing(rng: np.random.Generator) -> Samples:
    """Brush."""
    envelope = strokes(rng, log_uniform(rng, 1.0, 6.0), rng.uniform(0.05, 0.3), rng.uniform(0.7, 1.1))
    return friction(
        rng, envelope + 0.02, log_uniform(rng, 300.0, 2500.0), log_uniform(rng, 3000.0, 12000.0), rng.uniform(0.0, 0.8)
    )


def scratching(rng: np.random.Generator) -> Samples:
    """Scratch a thing that sounds along."""
    envelope = strokes(rng, log_uniform(rng, 2.5, 9.0), rng.uniform(0.05, 0.25), rng.uniform(0.5, 0.9))
    out = friction(
        rng, envelope, log_uniform(rng, 200.0, 1500.0), log_uniform(rng, 2500.0, 10000.0), rng.uniform(0.6, 2.5)
    )
    body = scattered(
        rng,
        log_uniform(rng, 60.0, 400.0),
        lambda: impact(rng, str(rng.choice(list(MATERIALS))), rng.uniform(0.3, 1.0)),
        envelope,
    )
    return out + gain(rng.uniform(-20.0, -3.0)) * unit(body) * np.sqrt(np.mean(np.square(out)))


def writing(rng: np.random.Generator) -> Samples:
    """Write on paper, on wood, sometimes pausing."""
    centres = regular_times(rng, log_uniform(rng, 4.0, 10.0), 0.45)
    widths = rng.uniform(0.04, 0.2, len(centres))
    envelope = bumps(centres, widths, np.exp(rng.normal(0.0, 0.5, len(centres))), 0.3)
    if rng.random() < 0.3:
        envelope *= (rng.uniform(0.0, 1.0) > TIME_S) if rng.random() < 0.5 else (rng.uniform(0.0, 0.8) < TIME_S)
    out = friction(
        rng, envelope, log_uniform(rng, 500.0, 2000.0), log_uniform(rng, 3000.0, 9000.0), rng.uniform(0.2, 1.2)
    )
    for at in (centres - 0.4 * widths) * RATE_HZ:
        if rng.random() < 0.6:
            put(out, impact(rng, "wood", rng.uniform(0.3, 1.0)), int(at), rng.uniform(0.02, 0.4))
    return out + 1e-4 * rng.standard_normal(N_SAMPLES)


def paper(rng: np.random.Generator) -> Samples:
    """Turn, fold or crumple paper."""
    envelope = strokes(rng, log_uniform(rng, 0.8, 3.5), 0.5, rng.uniform(0.6, 1.2)) + 0.03
    low = log_uniform(rng, 300.0, 1500.0)
    swish = unit(friction(rng, envelope, low, log_uniform(rng, 4000.0, 11000.0), 0.2))
    crackle = scattered(
        rng,
        log_uniform(rng, 60.0, 600.0),
        lambda: burst(rng, low, log_uniform(rng, 5000.0, 12000.0), rng.uniform(0.001, 0.01)),
        envelope**1.5,
        tail=1.2,
    )
    return unit(crackle) + gain(rng.uniform(-18.0, 4.0)) * swish


def crinkling(rng: np.random.Generator) -> Samples:
    """Crinkle plastic."""
    envelope = 0.1 + strokes(rng, log_uniform(rng, 1.0, 4.0), 0.5, rng.uniform(0.7, 1.3))
    low = log_uniform(rng, 1200.0, 4500.0)

    def snap() -> Samples:
        hz = low * rng.uniform(1.0, 3.5, 3)
        return modes(hz, rng.uniform(0.002, 0.012, 3), rng.random(3), rng)

    out = scattered(rng, log_uniform(rng, 40.0, 500.0), snap, envelope, tail=rng.uniform(1.0, 1.6), kinds=12)
    out = unit(out) + gain(rng.uniform(-12.0, 3.0)) * unit(
        scattered(rng, 150.0, lambda: burst(rng, low, 15000.0, rng.uniform(0.0005, 0.003)), envelope, tail=1.4)
    )
    return out + gain(-rng.uniform(18.0, 40.0)) * noise(rng, band_db(low, 12000.0)) * envelope
