"""What a network paints while it learns, from a short training that is watched."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import keras
import numpy as np

from models.audio import FloatArray
from models.inference.cgan import veiled
from models.networks.adversarial import NOISE_WIDTH
from models.recipes.adversarial import train_cgan
from models.recipes.autoencoders import train_autoencoder
from models.recipes.corpus import Corpus, Windows
from models.recipes.recipe import AutoencoderRecipe, CganRecipe, read_recipe

N_EPOCHS = 12
BATCH_SIZE = 16
"""Small, so that few draws make many steps."""
N_DRAWS_PER_EPOCH = 1280
N_CGAN_DRAWS_PER_EPOCH = 256
"""In all a tenth, or a twentieth, of what a whole training sees: enough to watch what comes first."""
STRENGTH = 0.5
_PAINTED = "painted.npy"


def watched_epochs(
    network: str,
    corpus: Corpus,
    windows: Windows,
    pictures: FloatArray,
    labels: list[int],
    *,
    out: Path,
    seed: int,
    tell: Callable[[str], None] = print,
) -> FloatArray:
    """Train a network of the thesis for a little while and let it paint the same pictures after each epoch.

    Args:
        network: "vae" and "cgan" vary the pictures; "autoencoder" and "vae_collapsed" repaint them.
        corpus: The recordings.
        windows: Those to learn from.
        pictures: What is painted, in [0, 1]. [n, 100, 128]
        labels: Ordinals of their labels.
        out: Folder of the run; where it is finished it is not run again.
        seed: Of weights, draws and variations.
        tell: Where progress goes.

    Returns:
        In [0, 1]; the first is untrained. [N_EPOCHS + 1, n, 100, 128]
    """
    kept = out / _PAINTED
    if kept.is_file():
        return cast(FloatArray, np.load(kept, allow_pickle=False).astype(np.float32))
    painted: list[FloatArray] = []
    recipe = replace(read_recipe(network), n_epochs=N_EPOCHS, batch_size=BATCH_SIZE)
    if isinstance(recipe, CganRecipe):
        short = replace(recipe, n_draws_per_epoch=N_CGAN_DRAWS_PER_EPOCH)

        def watch_cgan(_: int, generator: keras.Model) -> None:
            painted.append(_varied_by_cgan(generator, pictures, labels, len(corpus.labels), seed))

        labelled = windows.where(windows.label >= 0)
        train_cgan(short, corpus, labelled, out=out, seed=seed, watch=watch_cgan, tell=tell)
    elif isinstance(recipe, AutoencoderRecipe):
        shorter = replace(recipe, n_draws_per_epoch=N_DRAWS_PER_EPOCH)

        def watch_autoencoder(_: int, trained: keras.Model) -> None:
            if network == "vae":
                painted.append(_varied_by_vae(trained, pictures, seed))
            else:
                painted.append(keras.ops.convert_to_numpy(trained(pictures, training=False)["picture"]))

        train_autoencoder(shorter, corpus, windows, out=out, seed=seed, watch=watch_autoencoder, tell=tell)
    frames = np.stack(painted)
    np.save(kept, frames.astype(np.float16), allow_pickle=False)
    return frames


def _varied_by_vae(network: keras.Model, pictures: FloatArray, seed: int) -> FloatArray:
    """A sample around each picture's code, as the thesis varied."""
    told = network.get_layer("encoder")(pictures, training=False)
    mean, log_variance = (keras.ops.convert_to_numpy(told[name]) for name in ("mean", "log_variance"))
    noise = np.random.default_rng(seed).standard_normal(mean.shape).astype(np.float32)
    code = mean + np.exp(0.5 * log_variance) * noise
    return cast(FloatArray, keras.ops.convert_to_numpy(network.get_layer("decoder")(code, training=False)))


def _varied_by_cgan(
    generator: keras.Model, pictures: FloatArray, labels: list[int], n_labels: int, seed: int
) -> FloatArray:
    rng = np.random.default_rng(seed)
    shown = {
        "picture": veiled(pictures, np.full(len(pictures), STRENGTH, dtype=np.float32), rng),
        "noise": STRENGTH * rng.standard_normal((len(pictures), NOISE_WIDTH)).astype(np.float32),
        "labels": np.eye(n_labels, dtype=np.float32)[labels],
    }
    return cast(FloatArray, keras.ops.convert_to_numpy(generator(shown, training=False)))
