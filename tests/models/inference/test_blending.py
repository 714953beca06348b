"""What a blend owes to its parents."""

import numpy as np
import pytest

from models.inference.blending import BALANCE_SHARE, balanced, both_at_once
from models.inference.pictures import PICTURE_RANGE_DB

RNG = np.random.default_rng(0)
FIRST, SECOND = (RNG.random((2, 100, 128)).astype(np.float32) for _ in range(2))


def _spectrum(pictures: np.ndarray) -> np.ndarray:
    """Mean power of each band. [n, 100, 128] -> [n, 128] in dB."""
    return 10.0 * np.log10(np.mean(10.0 ** (pictures * PICTURE_RANGE_DB / 10.0), axis=1))


def test_both_sounds_at_once_have_the_powers_of_both() -> None:
    np.testing.assert_allclose(both_at_once(FIRST, SECOND, 0.0), FIRST, atol=1e-5)
    np.testing.assert_allclose(both_at_once(FIRST, SECOND, 1.0), SECOND, atol=1e-5)
    loud, quiet = np.full((1, 100, 128), 0.9, np.float32), np.full((1, 100, 128), 0.2, np.float32)
    # Half of a power is 3 dB less of it.
    np.testing.assert_allclose(both_at_once(loud, quiet, 0.5), 0.9 - 3.01 / PICTURE_RANGE_DB, atol=1e-4)


@pytest.mark.parametrize("blend", [0.0, 1.0])
def test_nothing_is_turned_where_a_blend_is_one_of_its_parents(blend: float) -> None:
    painted = RNG.random((2, 100, 128)).astype(np.float32)
    np.testing.assert_array_equal(balanced(painted, FIRST, SECOND, blend), painted)


def test_a_blend_that_is_duller_than_both_parents_is_turned_towards_the_mean_of_them() -> None:
    bands = np.linspace(0.0, 1.0, 128, dtype=np.float32)
    dull = np.broadcast_to(0.5 - 0.3 * bands, (2, 100, 128)).astype(np.float32)
    bright = np.broadcast_to(0.4 + 0.2 * bands, (2, 100, 128)).astype(np.float32)
    flat = np.full_like(dull, 0.5)
    wanted = (_spectrum(bright) + _spectrum(flat)) / 2.0
    before = np.abs(_spectrum(dull) - wanted).mean()
    after = np.abs(_spectrum(balanced(dull, bright, flat, 0.5)) - wanted).mean()
    assert after == pytest.approx((1.0 - BALANCE_SHARE) * before, rel=0.05)
