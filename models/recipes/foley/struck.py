"""Struck things: fingernails, keys, clockwork, bowls."""

from collections.abc import Callable
from typing import Final

import numpy as np

from models.recipes.foley.matter import (
    N_SAMPLES,
    RATE_HZ,
    TIME_S,
    Samples,
    band_db,
    burst,
    gain,
    log_uniform,
    modes,
    noise,
    put,
    regular_times,
    unit,
)

MATERIALS: Final[dict[str, tuple[float, float, float, float]]] = {
    "wood": (150.0, 900.0, 0.02, 0.09),
    "glass": (1200.0, 4500.0, 0.08, 0.5),
    "plastic": (300.0, 1800.0, 0.01, 0.04),
    "metal": (500.0, 3500.0, 0.15, 0.9),
    "cardboard": (90.0, 400.0, 0.015, 0.05),
    "ceramic": (700.0, 3000.0, 0.04, 0.2),
}
"""Lowest mode in Hz, from and to; its decay by 60 dB in seconds, from and to."""


def impact(rng: np.random.Generator, material: str, hardness: float) -> Samples:
    """Strike something of a material with something soft (0) to hard (1). [n_samples]."""
    low, high, short, long = MATERIALS[material]
    base = log_uniform(rng, low, high)
    ratios = np.cumsum(rng.uniform(0.35, 1.1, 7)) + 0.6
    ratios /= ratios[0]
    t60 = log_uniform(rng, short, long) / ratios ** rng.uniform(0.3, 1.0)
    gains = rng.uniform(0.3, 1.0, 7) * ratios ** (-1.5 + 1.2 * hardness)
    ring = modes(base * ratios, t60, gains, rng)
    click = burst(rng, 800.0, 4000.0 + 9000.0 * hardness, rng.uniform(0.001, 0.004))
    out = np.zeros(max(len(ring), len(click)))
    out[: len(ring)] += ring
    out[: len(click)] += click * rng.uniform(0.2, 1.5) * hardness
    return out


def _hits(
    rng: np.random.Generator, times_s: Samples, hit: Callable[[], Samples], spread: float = 0.4, kinds: int = 3
) -> Samples:
    """Strike at given times, in one of a few ways each; spread is of the logarithm of loudness."""
    out = np.zeros(N_SAMPLES)
    drawn = [hit() for _ in range(kinds)]
    for at in times_s:
        put(out, drawn[rng.integers(kinds)], int(at * RATE_HZ), float(np.exp(rng.normal(0.0, spread))))
    return out


def with_floor(rng: np.random.Generator, out: Samples) -> Samples:
    """Lay the hiss of a room under a sound, 25 to 60 dB below it."""
    floor = noise(rng, band_db(log_uniform(rng, 50.0, 300.0), log_uniform(rng, 800.0, 9000.0), 6.0, 6.0))
    return unit(out) + gain(-rng.uniform(25.0, 60.0)) * unit(floor)


def tapping(rng: np.random.Generator) -> Samples:
    """Tap with one finger or in rolls."""
    material = str(rng.choice(list(MATERIALS)))
    hardness = rng.uniform(0.3, 1.0)
    if rng.random() < 0.4:
        rolls = regular_times(rng, log_uniform(rng, 1.0, 3.0), 0.2)
        times = (rolls[:, None] + np.arange(rng.integers(3, 6))[None, :] * rng.uniform(0.03, 0.09)).ravel()
        times = times + rng.normal(0.0, 0.006, len(times))
    else:
        times = regular_times(rng, log_uniform(rng, 1.5, 12.0), rng.uniform(0.05, 0.5))
    return with_floor(rng, _hits(rng, times, lambda: impact(rng, material, hardness)))


def typing(rng: np.random.Generator) -> Samples:
    """Type: every key goes down and comes up."""
    body_hz = log_uniform(rng, 120.0, 600.0)

    def key() -> Samples:
        thock = modes(body_hz * rng.uniform(0.8, 3.0, 4), rng.uniform(0.008, 0.04, 4), rng.random(4), rng)
        click = burst(rng, log_uniform(rng, 1000.0, 4000.0), 12000.0, rng.uniform(0.001, 0.005))
        out = np.zeros(max(len(thock), len(click) + 400))
        out[: len(thock)] += thock * rng.uniform(0.2, 1.2)
        offset = int(rng.integers(0, 400))
        out[offset : offset + len(click)] += 2.0 * click
        return out

    down = regular_times(rng, log_uniform(rng, 3.0, 11.0), rng.uniform(0.3, 0.6))
    up = down + rng.uniform(0.05, 0.13) + rng.normal(0.0, 0.01, len(down))
    out = _hits(rng, down, key, kinds=5) + rng.uniform(0.15, 0.7) * _hits(rng, up, key, kinds=4)
    return with_floor(rng, out)


def clock(rng: np.random.Generator) -> Samples:
    """Let a clock go, tick and tock unlike each other."""
    base = log_uniform(rng, 900.0, 5000.0)

    def tick() -> Samples:
        ring = modes(base * rng.uniform(0.6, 2.5, 5), rng.uniform(0.004, 0.05, 5), rng.random(5), rng)
        click = burst(rng, 2000.0, 14000.0, rng.uniform(0.0008, 0.003))
        put(ring, click, 0, rng.uniform(0.5, 3.0))
        return ring

    rate = float(rng.choice([1.0, 2.0, 4.0, 5.0, log_uniform(rng, 1.0, 6.0)]))
    times = regular_times(rng, rate, 0.01)
    pair = [tick(), tick()]
    out = np.zeros(N_SAMPLES)
    for turn, at in enumerate(times):
        put(out, pair[turn % 2], int(at * RATE_HZ), rng.uniform(0.9, 1.0))
        if rate < 3.0 and rng.random() < 0.5:
            put(out, pair[0], int((at + rng.uniform(0.015, 0.05)) * RATE_HZ), rng.uniform(0.1, 0.4))
    return with_floor(rng, out)


def bowl(rng: np.random.Generator) -> Samples:
    """Strike a singing bowl, now or a while ago, or let chimes sound."""
    out = np.zeros(N_SAMPLES)
    chimes = rng.random() < 0.4
    strikes = regular_times(rng, log_uniform(rng, 2.0, 10.0), 0.6) if chimes else np.array([rng.uniform(-3.0, 0.9)])
    bars = log_uniform(rng, 600.0, 3000.0) * 2.0 ** (rng.choice([0, 2, 4, 7, 9, 12], 5) / 12.0)
    for at in strikes:
        base = float(rng.choice(bars)) if chimes else log_uniform(rng, 90.0, 1000.0)
        ratios = (
            np.array([1.0, 2.76, 5.4, 8.93])
            if chimes
            else np.array([1.0, 2.71, 5.03, 7.87, 11.1]) * rng.uniform(0.97, 1.03, 5)
        )
        hz = np.concatenate((base * ratios, base * ratios + rng.uniform(0.3, 6.0, len(ratios))))
        t60 = np.tile((rng.uniform(1.0, 5.0) if chimes else rng.uniform(4.0, 20.0)) / ratios**0.6, 2)
        gains = np.tile(rng.uniform(0.2, 1.0, len(ratios)) * ratios**-0.7, 2)
        time = TIME_S - at
        heard = time >= 0.0
        for mode in np.flatnonzero(hz < 18000.0):
            out += (
                heard
                * gains[mode]
                * np.exp(-6.91 * np.maximum(time, 0.0) / t60[mode])
                * np.sin(2.0 * np.pi * hz[mode] * time + rng.uniform(0.0, 6.28))
            )
    return with_floor(rng, out)
