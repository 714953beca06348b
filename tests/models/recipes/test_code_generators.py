"""The generators that ship are trained in parts, each on the part before."""

import dataclasses
from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from models.errors import BadSetting
from models.inference.codes import CODE_MEAN, KNOWN_STYLES
from models.networks import weights_file
from models.networks.catalogue import build
from models.recipes.latent_cgan import train_latent_cgan
from models.recipes.latent_flow import train_parts
from models.recipes.recipe import read_recipe
from models.recipes.train import Task, train_network

pytestmark = pytest.mark.tf
SMALL = {"n_epochs": 1, "batch_size": 4, "n_draws_per_epoch": 4}
FLOW = {"n_flow_epochs": 1, "n_flow_draws_per_epoch": 4, "flow_batch_size": 4}


@pytest.fixture
def untraced() -> Iterator[None]:
    """For one step, tracing a graph takes longer than the step."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def _silent(line: str) -> None:
    """Say nothing."""


def test_the_folds_that_a_generator_learns_from_can_be_named(corpus, data, cache, tmp_path) -> None:
    task = Task(data, cache, tmp_path, seed=0, held_out_fold=0, folds=(1, 2))
    assert set(task.learnt(corpus).fold.tolist()) == {-1, 1, 2}
    with pytest.raises(BadSetting, match="held out"):
        dataclasses.replace(task, held_out_fold=2).learnt(corpus)
    with pytest.raises(BadSetting, match="codec"):
        train_network(read_recipe("latent_cgan"), task, tell=_silent)


def test_the_autoencoder_and_its_flow_are_trained_one_after_the_other_and_the_gan_on_its_codes(
    corpus, tmp_path, untraced
) -> None:
    keras.utils.set_random_seed(0)
    network = build("latent_flow", n_labels=len(corpus.labels))
    before = {part: network.get_layer(part).get_weights() for part in ("encoder", "decoder", "flow")}

    def hear(pictures):
        return [ops.mean(pictures, axis=1)], ops.log_softmax(pictures[:, 0])

    recipe = dataclasses.replace(read_recipe("latent_flow"), **SMALL, **FLOW)
    history, extras = train_parts(
        network, recipe, corpus, corpus.windows, hear, out=tmp_path, seed=0, resume=False, tell=_silent
    )
    assert len(history) == 2
    assert all(np.isfinite(list(epoch.values())).all() for epoch in history)
    for part, weights in before.items():
        assert any(
            np.abs(new - old).max() > 0 for new, old in zip(network.get_layer(part).get_weights(), weights, strict=True)
        )
    weights_file.save(tmp_path / "weights.npz", network, extras=extras)
    gan, kept = train_latent_cgan(
        dataclasses.replace(read_recipe("latent_cgan"), **SMALL),
        corpus,
        corpus.windows.where(corpus.windows.label >= 0),
        tmp_path,
        out=tmp_path / "gan",
        seed=0,
        tell=_silent,
    )
    np.testing.assert_array_equal(kept[KNOWN_STYLES], extras[KNOWN_STYLES])
    assert kept[CODE_MEAN].shape == (16,)
    pictures = np.random.default_rng(0).random((2, 100, 128)).astype(np.float32)
    np.testing.assert_allclose(
        np.asarray(gan.get_layer("encoder")(pictures)["mean"]),
        np.asarray(network.get_layer("encoder")(pictures)["mean"]),
        atol=0.05,
    )
