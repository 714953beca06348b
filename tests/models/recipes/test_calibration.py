"""A temperature makes confidences mean what they say, and no fold chooses its own."""

import numpy as np
import pytest

from models.inference.classify import probabilities_of
from models.recipes.calibration import Told, calibrate, fit_temperature, tempered


def told(sharpness: float, *, n_windows: int = 4000, seed: int = 0) -> Told:
    """A classifier whose logits are so many times too large: it is surer than it is right."""
    rng = np.random.default_rng(seed)
    honest = probabilities_of(rng.normal(0.0, 1.5, (n_windows, 5)).astype(np.float32))
    label = np.array([rng.choice(5, p=row.astype(np.float64) / row.sum(dtype=np.float64)) for row in honest])
    return Told(probabilities_of(np.log(honest) * np.float32(sharpness)), label.astype(np.int32))


@pytest.mark.parametrize("sharpness", [0.6, 1.0, 2.5])
def test_the_temperature_undoes_what_made_a_classifier_too_sure_or_not_sure_enough(sharpness: float) -> None:
    assert fit_temperature([told(sharpness)]) == pytest.approx(sharpness, rel=0.08)


def test_cross_fitting_lowers_the_calibration_error() -> None:
    calibration = calibrate({fold: told(2.5, seed=fold) for fold in range(3)})
    assert calibration.before.expected_error > 0.1
    assert calibration.after.expected_error < 0.03
    assert calibration.temperature == pytest.approx(2.5, rel=0.08)


def test_a_folds_own_windows_do_not_choose_its_temperature() -> None:
    odd = {0: told(4.0, seed=0), 1: told(1.0, seed=1), 2: told(1.0, seed=2)}
    calibration = calibrate(odd)
    assert calibration.by_fold[0] == pytest.approx(1.0, rel=0.1)
    assert calibration.by_fold[1] > 1.3


def test_tempered_probabilities_add_up_to_one_and_keep_their_order() -> None:
    probabilities = told(1.0, n_windows=20).probabilities
    calm = tempered(probabilities, 3.0)
    np.testing.assert_allclose(calm.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(calm.argsort(axis=1), probabilities.argsort(axis=1))
    assert (calm.max(axis=1) < probabilities.max(axis=1)).all()
    np.testing.assert_allclose(tempered(probabilities, 1.0), probabilities, atol=1e-5)
