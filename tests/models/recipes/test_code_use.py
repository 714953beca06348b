"""A code that is used and one that is not are told apart while a network is trained."""

import numpy as np
import pytest
from keras import ops

from models.recipes.code_use import code_use, draw_use

pytestmark = pytest.mark.tf


def _told(mean: np.ndarray, log_variance: np.ndarray, painted: np.ndarray | None) -> dict[str, float]:
    pictures = np.random.default_rng(0).random((8, 10, 4)).astype(np.float32)
    used = code_use(pictures, pictures if painted is None else painted, mean, log_variance)
    return {name: float(value) for name, value in used.items()}


def test_a_code_that_says_everything_tells_which_picture_it_is_of() -> None:
    mean = np.random.default_rng(1).standard_normal((8, 5, 2)).astype(np.float32)
    told = _told(mean, np.full_like(mean, -6.0), None)
    assert told["information_nats"] == pytest.approx(np.log(8.0), abs=0.05)
    assert told["active_units"] == 10
    assert told["kl_nats"] == pytest.approx(
        0.5 * float((mean**2).mean(axis=0).sum() + 10 * (np.exp(-6.0) + 5.0)), rel=1e-4
    )
    assert told["swapped_error"] > 0.1


def test_a_collapsed_code_tells_nothing() -> None:
    mean = np.zeros((8, 5, 2), dtype=np.float32)
    told = _told(mean, np.zeros_like(mean), np.full((8, 10, 4), 0.5, dtype=np.float32))
    assert told["information_nats"] == pytest.approx(0.0, abs=1e-5)
    assert (told["active_units"], told["kl_nats"]) == (0.0, 0.0)


def test_draws_that_are_all_alike_have_no_spread_and_fail_the_swap_test() -> None:
    real = np.random.default_rng(0).random((8, 20, 4)).astype(np.float32)
    shown = np.ones(8, dtype=np.float32)
    kept = draw_use(real, ops.convert_to_tensor(real), shown)
    assert float(kept["restoration"]) == 0.0
    assert float(kept["swapped_restoration"]) > 0.2
    assert float(kept["spread"]) == pytest.approx(1.0, abs=1e-3)
    alike = draw_use(real, ops.convert_to_tensor(np.repeat(real[:1], 8, axis=0)), shown)
    assert float(alike["restoration"]) == pytest.approx(float(alike["swapped_restoration"]))
    assert float(alike["spread"]) == pytest.approx(0.0, abs=1e-6)
    hidden = draw_use(real, ops.convert_to_tensor(real[::-1].copy()), np.zeros(8, dtype=np.float32))
    assert float(hidden["restoration"]) == 0.0
