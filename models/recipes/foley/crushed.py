"""Steps, bites, squelches and fire: thousands of grains where a foot, a jaw or a flame lets them be."""

import numpy as np

from models.recipes.foley.matter import (
    BINS_HZ,
    FRAMES_S,
    N_SAMPLES,
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
    regular_times,
    scattered,
    unit,
    wander,
)
from models.recipes.foley.strokes import paper, strokes
from models.recipes.foley.water import bubbles


def _granular_steps(
    rng: np.random.Generator, low_hz: tuple[float, float], high_hz: tuple[float, float], rate: float
) -> Samples:
    """Walk, heel and toe, on what gives way in grains; bands are ranges to draw from (Hz)."""
    centres = regular_times(rng, rate, 0.15)
    widths = rng.uniform(0.12, 0.5, len(centres))
    envelope = bumps(centres, widths, rng.uniform(0.6, 1.0, len(centres)), rng.uniform(0.15, 0.4))
    if rng.random() < 0.5:
        envelope = np.maximum(
            envelope, bumps(centres + widths * 0.6, 0.6 * widths, rng.uniform(0.3, 0.8, len(centres)), 0.3)
        )
    low, high = log_uniform(rng, *low_hz), log_uniform(rng, *high_hz)
    crunch = scattered(
        rng,
        log_uniform(rng, 300.0, 6000.0),
        lambda: burst(rng, low * rng.uniform(0.7, 1.4), high, rng.uniform(0.001, 0.008)),
        envelope**1.5,
        tail=rng.uniform(0.6, 1.3),
        kinds=8,
    )
    thud = unit(noise(rng, band_db(60.0, 200.0, 12.0, 18.0))) * envelope**3
    return unit(crunch) + gain(rng.uniform(-25.0, -2.0)) * thud + 1e-4 * rng.standard_normal(N_SAMPLES)


def sand(rng: np.random.Generator) -> Samples:
    """Crush sand underfoot or in the hand."""
    return _granular_steps(rng, (500.0, 2500.0), (4000.0, 12000.0), log_uniform(rng, 0.8, 3.0))


def snow_leaves(rng: np.random.Generator) -> Samples:
    """Walk in snow, or in dry leaves."""
    if rng.random() < 0.5:
        return _granular_steps(rng, (150.0, 900.0), (2000.0, 6000.0), log_uniform(rng, 1.0, 2.6))
    steps = _granular_steps(rng, (600.0, 2500.0), (5000.0, 12000.0), log_uniform(rng, 1.0, 2.6))
    return unit(steps) + gain(rng.uniform(-10.0, 2.0)) * unit(paper(rng))


def eating(rng: np.random.Generator) -> Samples:
    """Chew something between crisp and wet."""
    rate = log_uniform(rng, 1.0, 3.0)
    centres = regular_times(rng, rate, 0.2)
    envelope = bumps(centres, rng.uniform(0.08, 0.3, len(centres)), rng.uniform(0.5, 1.0, len(centres)), 0.2)
    jaw_hz = np.array([log_uniform(rng, 150.0, 500.0), log_uniform(rng, 700.0, 1800.0)])
    crunch = scattered(
        rng,
        log_uniform(rng, 100.0, 1500.0),
        lambda: burst(rng, jaw_hz[0], log_uniform(rng, 2500.0, 10000.0), rng.uniform(0.002, 0.012)),
        envelope**1.5,
        tail=1.3,
    )
    wet = bubbles(
        rng, log_uniform(rng, 20.0, 150.0), log_uniform(rng, 0.002, 0.008), 0.6, np.roll(envelope, 3000) + 0.02
    )
    smack = scattered(
        rng,
        log_uniform(rng, 5.0, 40.0),
        lambda: modes(jaw_hz * rng.uniform(0.8, 1.3, 2), rng.uniform(0.008, 0.03, 2), rng.random(2), rng),
        envelope,
    )
    crisp = rng.random()
    out = crisp * unit(crunch) + (1.0 - crisp) * (unit(wet) + unit(smack))
    return out + 1e-3 * rng.standard_normal(N_SAMPLES)


def slime(rng: np.random.Generator) -> Samples:
    """Squeeze and stretch slime."""
    envelope = strokes(rng, log_uniform(rng, 1.0, 5.0), 0.4, rng.uniform(0.5, 1.0)) + 0.03
    pops = bubbles(rng, log_uniform(rng, 30.0, 300.0), log_uniform(rng, 0.0015, 0.009), 0.6, envelope)
    at_frame = np.interp(FRAMES_S, TIME_S, envelope)
    centre = log_uniform(rng, 300.0, 1500.0) * 2.0 ** (0.8 * wander(rng, 6.0, len(FRAMES_S)) + at_frame)
    levels = -12.0 * np.abs(np.log2(np.maximum(BINS_HZ, 50.0))[:, None] - np.log2(centre)[None, :])
    squelch = unit(painted(rng.standard_normal(N_SAMPLES), levels)) * envelope
    stick = scattered(
        rng,
        log_uniform(rng, 40.0, 400.0),
        lambda: burst(rng, 400.0, log_uniform(rng, 3000.0, 9000.0), rng.uniform(0.001, 0.006)),
        envelope,
        tail=1.2,
    )
    return unit(pops) + gain(rng.uniform(-10.0, 4.0)) * squelch + gain(rng.uniform(-10.0, 4.0)) * unit(stick)


def fire(rng: np.random.Generator) -> Samples:
    """Let wood burn."""
    rumble = unit(noise(rng, band_db(40.0, log_uniform(rng, 120.0, 500.0), 6.0, 9.0))) * np.exp(0.4 * wander(rng, 8.0))
    hiss = unit(noise(rng, band_db(1500.0, 9000.0, 6.0, 6.0)))
    crackle = scattered(
        rng,
        log_uniform(rng, 6.0, 120.0),
        lambda: burst(
            rng, log_uniform(rng, 300.0, 3000.0), log_uniform(rng, 4000.0, 14000.0), rng.uniform(0.001, 0.02)
        ),
        tail=1.5,
        kinds=10,
    )
    return unit(crackle) + gain(rng.uniform(-20.0, 0.0)) * rumble + gain(rng.uniform(-30.0, -8.0)) * hiss
