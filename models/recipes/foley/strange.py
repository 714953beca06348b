"""What is no trigger and sounds like one to a network that has met few of its kind: tones, hums, engines, beats.

Without these, bowls by formulas teach that every steady tone is a bowl.
"""

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
    wander,
)
from models.recipes.foley.struck import with_floor


def strange(rng: np.random.Generator) -> Samples:
    """Let something sound that nobody listens to for its own sake."""
    kinds = (_tone, _beeps, _chord, _siren, _hum, _engine, _beats)
    return with_floor(rng, kinds[rng.integers(len(kinds))](rng))


def _sine(hz: float | Samples, rng: np.random.Generator) -> Samples:
    phase = 2.0 * np.pi * np.cumsum(np.broadcast_to(hz, N_SAMPLES)) / RATE_HZ
    return np.sin(phase + rng.uniform(0.0, 2.0 * np.pi))


def _harmonics(pitch_hz: float | Samples, n: int, fall: float, rng: np.random.Generator) -> Samples:
    """A stack of harmonics, each weaker by a power of its number."""
    out = np.zeros(N_SAMPLES)
    for order in range(1, n + 1):
        if order * np.max(pitch_hz) < 0.45 * RATE_HZ:
            out += order**-fall * rng.uniform(0.4, 1.0) * _sine(order * np.asarray(pitch_hz), rng)
    return out


def _tone(rng: np.random.Generator) -> Samples:
    """One tone, steady or trembling, sometimes beginning or ending."""
    hz = log_uniform(rng, 60.0, 12000.0)
    trembling = rng.choice([0.0, rng.uniform(0.002, 0.03)])
    pitch_hz = hz * (1.0 + trembling * np.sin(2.0 * np.pi * rng.uniform(3.0, 8.0) * TIME_S))
    out = _harmonics(pitch_hz, int(rng.choice([1, 1, 1, 3, 8])), rng.uniform(0.8, 2.0), rng)
    if rng.random() < 0.3:
        out *= np.clip((TIME_S - rng.uniform(0.0, 0.7)) / rng.uniform(0.005, 0.2), 0.0, 1.0)
    return out


def _beeps(rng: np.random.Generator) -> Samples:
    """A tone switched on and off."""
    rate = log_uniform(rng, 1.0, 12.0)
    is_on = (TIME_S * rate + rng.random()) % 1.0 < rng.uniform(0.2, 0.7)
    return _harmonics(log_uniform(rng, 300.0, 4500.0), int(rng.choice([1, 3, 6])), 1.0, rng) * is_on


def _chord(rng: np.random.Generator) -> Samples:
    """Notes of a keyboard, held or struck one after another."""
    out = np.zeros(N_SAMPLES)
    root_hz = log_uniform(rng, 80.0, 700.0)
    for step in rng.choice([0, 3, 4, 5, 7, 9, 10, 12, 16, 19], int(rng.integers(2, 6)), replace=False):
        note = _harmonics(root_hz * 2.0 ** (step / 12.0), 6, rng.uniform(0.8, 1.8), rng)
        began_s = rng.choice([-0.5, rng.uniform(0.0, 0.9)])
        decay_s = rng.choice([30.0, rng.uniform(0.1, 1.5)])
        out += note * (began_s <= TIME_S) * np.exp(-np.maximum(TIME_S - began_s, 0.0) / decay_s)
    return out


def _siren(rng: np.random.Generator) -> Samples:
    """A tone that goes up and down."""
    low_hz = log_uniform(rng, 250.0, 1500.0)
    turn = 0.5 + 0.5 * np.sin(2.0 * np.pi * (log_uniform(rng, 0.2, 6.0) * TIME_S + rng.random()))
    return _harmonics(low_hz * rng.uniform(1.2, 3.0) ** turn, int(rng.choice([1, 3, 6])), 1.0, rng)


def _hum(rng: np.random.Generator) -> Samples:
    """Mains, a fan, a fridge."""
    out = _harmonics(float(rng.choice([50.0, 60.0, rng.uniform(20.0, 200.0)])), 12, rng.uniform(0.3, 1.5), rng)
    return unit(out) + gain(-rng.uniform(0.0, 30.0)) * unit(noise(rng, band_db(80.0, log_uniform(rng, 300.0, 3000.0))))


def _engine(rng: np.random.Generator) -> Samples:
    """Firing at an uneven rate, and its air."""
    firing_hz = log_uniform(rng, 15.0, 250.0) * 2.0 ** (0.05 * wander(rng, 5.0))
    air = unit(noise(rng, band_db(80.0, log_uniform(rng, 600.0, 5000.0), 6.0, 9.0)))
    return unit(_harmonics(firing_hz, 40, rng.uniform(0.4, 1.0), rng)) + gain(rng.uniform(-15.0, 6.0)) * air


def _beats(rng: np.random.Generator) -> Samples:
    """Drums: a kick, a snare, a hat."""
    out = np.zeros(N_SAMPLES)
    for at in regular_times(rng, log_uniform(rng, 2.0, 9.0), 0.02) * RATE_HZ:
        kick = modes(np.array([rng.uniform(45.0, 90.0)]), np.array([rng.uniform(0.1, 0.4)]), np.ones(1), rng)
        snare = burst(rng, 300.0, 9000.0, rng.uniform(0.08, 0.25))
        hat = burst(rng, 6000.0, 18000.0, rng.uniform(0.02, 0.08))
        put(out, (2.0 * kick, snare, 0.5 * hat)[rng.integers(3)], int(at))
    return out
