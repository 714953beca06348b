"""The map: alike sounds together, inside its frame, the same every time."""

import numpy as np
import pytest

from models.audio import FloatArray
from models.inference.layout import N_FOR_NEIGHBOURS, framed, lay_out, principal

N_GROUPS = 3


def groups(n_sounds: int) -> tuple[FloatArray, FloatArray]:
    """Embeddings of three kinds of sounds, and which is which."""
    rng = np.random.default_rng(0)
    which = np.arange(n_sounds) % N_GROUPS
    embeddings = rng.normal(size=(N_GROUPS, 256))[which] + 0.3 * rng.normal(size=(n_sounds, 256))
    return (embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)).astype(np.float32), which


@pytest.mark.parametrize("n_sounds", [3, 20, N_FOR_NEIGHBOURS - 1, N_FOR_NEIGHBOURS, 200])
def test_alike_sounds_lie_together_and_inside(n_sounds: int) -> None:
    embeddings, which = groups(n_sounds)
    places = lay_out(embeddings, seed=0)
    assert places.shape == (n_sounds, 2)
    assert places.min() >= 0
    assert places.max() <= 1
    middles = np.stack([places[which == group].mean(axis=0) for group in range(N_GROUPS)])
    nearest = np.linalg.norm(places[:, None] - middles[None], axis=2).argmin(axis=1)
    assert (nearest == which).all()


@pytest.mark.parametrize("n_sounds", [0, 1, 2])
def test_too_few_sounds_lie_in_the_middle(n_sounds: int) -> None:
    assert (lay_out(np.ones((n_sounds, 256), dtype=np.float32), seed=0) == 0.5).all()


@pytest.mark.parametrize("n_sounds", [5, 100])
def test_equal_sounds_have_finite_places(n_sounds: int) -> None:
    assert np.isfinite(lay_out(np.full((n_sounds, 256), 0.0625, dtype=np.float32), seed=0)).all()


def test_same_sounds_same_map() -> None:
    embeddings, _ = groups(100)
    assert np.array_equal(lay_out(embeddings, seed=0), lay_out(embeddings, seed=0))


def test_a_new_map_resembles_the_one_before() -> None:
    embeddings, which = groups(150)
    before = lay_out(embeddings, seed=0)
    turned = 1 - before
    after = lay_out(embeddings, seed=0, beginning=turned)
    for group in range(N_GROUPS):
        middle = after[which == group].mean(axis=0)
        assert np.linalg.norm(middle - turned[which == group].mean(axis=0)) < np.linalg.norm(
            middle - before[which == group].mean(axis=0)
        )


def test_a_drawing_can_be_given_up() -> None:
    def give_up(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        lay_out(groups(100)[0], seed=0, on_turn=give_up)


def test_the_first_components_hold_the_most() -> None:
    spreads = principal(groups(100)[0], 5).std(axis=0)
    assert (np.diff(spreads) <= 1e-6).all()


def test_a_frame_keeps_proportions() -> None:
    places = framed(np.array([[0, 0], [10, 5]], dtype=np.float32))
    assert np.ptp(places[:, 0]) == pytest.approx(2 * np.ptp(places[:, 1]))
