"""Training of the variational autoencoder that ships: ears, then painting, then the flow that draws codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.inference.codes import CODE_MEAN, CODE_SCALE, KNOWN_LABELS, KNOWN_STYLES, style_of
from models.networks.catalogue import build
from models.networks.weights_file import Arrays
from models.recipes.corpus import Corpus, Windows
from models.recipes.ears import Heard, ears_of
from models.recipes.flowing import Scaling, drawn_codes, scaling_of, train_flow
from models.recipes.painting import train_painting
from models.recipes.recipe import LatentFlowRecipe
from models.recipes.recorded import train_recorded
from models.recipes.sampling import PictureDraw, pictures_of, row_shares
from models.recipes.training import HISTORY

N_KNOWN_STYLES = 96
"""Styles kept for each label: enough to walk between, few enough to ship."""


def train_latent_flow(
    recipe: LatentFlowRecipe,
    corpus: Corpus,
    windows: Windows,
    *,
    out: Path,
    seed: int,
    resume: bool = False,
    tell: Callable[[str], None] = print,
) -> tuple[keras.Model, Arrays]:
    """Train all parts, one after the other.

    Args:
        recipe: How.
        corpus: The recordings.
        windows: Those to learn from, the pool's too. Ears are trained on no others either.
        out: Folder of the run; each part keeps its checkpoint in a folder below.
        seed: Of weights and draws.
        resume: Go on from the parts' checkpoints.
        tell: Where progress goes.

    Returns:
        The network as it is served, with its scaling and the styles of known sounds.
    """
    labelled = windows.where(windows.label >= 0)
    kept: dict[str, Any] = {"resume": resume, "seed": seed, "tell": tell}
    ears = train_recorded(recipe.ears, corpus, labelled, out=out / "ears", **kept)
    keras.utils.set_random_seed(seed)
    network = build(recipe.network, n_labels=len(corpus.labels))
    history, extras = train_parts(network, recipe, corpus, windows, ears_of(ears), out=out, **kept)
    (out / HISTORY).write_text(json.dumps(history, indent=1), encoding="utf-8")
    return network, extras


def train_parts(
    network: keras.Model,
    recipe: LatentFlowRecipe,
    corpus: Corpus,
    windows: Windows,
    hear: Callable[[Any], Heard],
    *,
    out: Path,
    seed: int,
    resume: bool,
    tell: Callable[[str], None],
) -> tuple[list[dict[str, float]], Arrays]:
    """Train painting, then the flow on the codes that came of it.

    Args:
        network: `latent_flow`, trained in place.
        recipe: How.
        corpus: The recordings.
        windows: Those to learn from, the pool's too.
        hear: Ears that heard nothing else.
        out: Folder of the run.
        seed: Of draws.
        resume: Go on from the parts' checkpoints.
        tell: Where progress goes.

    Returns:
        Mean losses and seconds of each epoch, and the extras of the weights file.
    """
    labelled = windows.where(windows.label >= 0)
    kept: dict[str, Any] = {"resume": resume, "seed": seed, "tell": tell}
    history = train_painting(network, recipe, corpus, windows, hear, out=out / "painting", **kept)
    encoder, rng = network.get_layer("encoder"), np.random.default_rng([seed, 2])
    scaling = scaling_of(encoder, PictureDraw(corpus, labelled), rng)
    history += train_flow(network, recipe, corpus, labelled, scaling, out=out / "flow", **kept)
    styles = known_styles(encoder, corpus, labelled, scaling, rng)
    return history, {CODE_MEAN: scaling[0], CODE_SCALE: scaling[1], **styles}


def known_styles(
    encoder: keras.Model, corpus: Corpus, windows: Windows, scaling: Scaling, rng: np.random.Generator
) -> Arrays:
    """Take the styles of windows of each label, spread over its recordings: where free draws get theirs.

    Args:
        encoder: Trained.
        corpus: The recordings.
        windows: Labelled ones.
        scaling: What codes are standardised by.
        rng: Where the choice comes from.

    Returns:
        Extras for the weights file.
    """
    styles, labels = [], []
    for ordinal in np.unique(windows.label):
        of_label = windows.where(windows.label == ordinal)
        n = min(N_KNOWN_STYLES, len(of_label))
        rows = np.sort(rng.choice(len(of_label), n, replace=False, p=row_shares(of_label)))
        codes = drawn_codes(encoder, pictures_of(corpus, of_label.where(rows)), scaling, rng)
        styles.append(style_of(codes))
        labels.append(np.full(n, ordinal, dtype=np.uint8))
    return {KNOWN_STYLES: np.concatenate(styles).astype(np.float16), KNOWN_LABELS: np.concatenate(labels)}
