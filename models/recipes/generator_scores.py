"""How well the generators reconstruct, vary and blend, judged by a classifier."""

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.windows import WINDOW_FRAMES
from models.inference.classify import Classifier
from models.inference.generate import Generator, mix, vary
from models.inference.pictures import PICTURE_RANGE_DB
from models.recipes.corpus import Corpus, Windows
from models.recipes.sampling import held_out, pictures_of

LEAST_FOR_A_BLEND = 0.5
"""A blend is faithful when its two labels' probabilities add up to more than this (Moon 2020, Table 3)."""


@dataclass(frozen=True)
class LatentScores:
    """How the variational autoencoder uses its code, on windows that it never heard."""

    reconstruction_error_db: float
    """Mean absolute error of a cell."""
    other_input_error_db: float
    """The same against another input's reconstruction: near the one above it would mean collapse."""
    kl_nats: float
    n_active_units: int
    """Latents whose mean varies by more than 0.01 over the inputs."""
    n_windows: int


def score_latents(network: keras.Model, corpus: Corpus, fold: int) -> LatentScores:
    """Measure reconstruction and use of the code, with the swap test.

    Args:
        network: `vae`.
        corpus: The recordings.
        fold: A fold that it did not hear.

    Returns:
        Scores.
    """
    pictures = pictures_of(corpus, held_out(corpus.windows, fold))
    means, log_variances, painted = [], [], []
    for first in range(0, len(pictures), 256):
        told = network(pictures[first : first + 256], training=False)
        means.append(keras.ops.convert_to_numpy(told["mean"]))
        log_variances.append(keras.ops.convert_to_numpy(told["log_variance"]))
        painted.append(keras.ops.convert_to_numpy(told["picture"]))
    mean, log_variance, paint = np.concatenate(means), np.concatenate(log_variances), np.concatenate(painted)
    others = paint[np.random.default_rng(0).permutation(len(paint))]
    kl = 0.5 * np.mean(np.square(mean) + np.exp(log_variance) - 1.0 - log_variance, axis=0)
    return LatentScores(
        reconstruction_error_db=round(float(np.abs(paint - pictures).mean()) * PICTURE_RANGE_DB, 3),
        other_input_error_db=round(float(np.abs(others - pictures).mean()) * PICTURE_RANGE_DB, 3),
        kl_nats=round(float(kl.sum()), 1),
        n_active_units=int(np.sum(mean.var(axis=0) > 0.01)),
        n_windows=len(pictures),
    )


@dataclass(frozen=True)
class Fidelity:
    """Share of generated windows that the classifier hears as what they should be."""

    overall: float
    """Mean over the labels."""
    of_label: dict[str, float]
    n_per_label: int


def variation_fidelity(
    generator: Generator,
    classifier: Classifier,
    corpus: Corpus,
    windows: Windows,
    *,
    strength: float,
    n_per_label: int,
    seed: int = 0,
) -> Fidelity:
    """Vary windows of each label and ask the classifier.

    Args:
        generator: A loaded generator.
        classifier: The judge.
        corpus: The recordings.
        windows: What to draw sources from; labels without a window are left out.
        strength: Of the variations, 0 to 1.
        n_per_label: Variations for each label.
        seed: Of sources and variations.

    Returns:
        Fidelity, per label and on the mean.
    """
    rng = np.random.default_rng(seed)
    of_label: dict[str, float] = {}
    for ordinal, label in enumerate(corpus.labels):
        rows = np.flatnonzero(windows.label == ordinal)
        if not len(rows):
            continue
        chosen = rng.choice(rows, n_per_label, replace=len(rows) < n_per_label)
        made = [
            vary(generator, source, label=label, strength=strength, seconds=1.0, seed=seed + number)[:WINDOW_FRAMES]
            for number, source in enumerate(_sources(corpus, windows, chosen))
        ]
        told = classifier.predict(np.stack(made)).probabilities.argmax(axis=1)
        of_label[label] = round(float(np.mean(told == ordinal)), 3)
    return Fidelity(round(float(np.mean(list(of_label.values()))), 4), of_label, n_per_label)


def source_fidelity(
    classifier: Classifier, corpus: Corpus, windows: Windows, *, n_per_label: int, seed: int = 0
) -> Fidelity:
    """Ask the classifier about the sources themselves, drawn as for variations.

    Args:
        classifier: The judge.
        corpus: The recordings.
        windows: What to draw from.
        n_per_label: Windows for each label.
        seed: Of the draw.

    Returns:
        Fidelity, per label and on the mean.
    """
    rng = np.random.default_rng(seed)
    of_label: dict[str, float] = {}
    for ordinal, label in enumerate(corpus.labels):
        rows = np.flatnonzero(windows.label == ordinal)
        if len(rows):
            chosen = rng.choice(rows, n_per_label, replace=len(rows) < n_per_label)
            told = classifier.predict(_sources(corpus, windows, chosen)).probabilities.argmax(axis=1)
            of_label[label] = round(float(np.mean(told == ordinal)), 3)
    return Fidelity(round(float(np.mean(list(of_label.values()))), 4), of_label, n_per_label)


def blend_fidelity(
    generator: Generator,
    classifier: Classifier,
    corpus: Corpus,
    windows: Windows,
    *,
    labels: tuple[str, str] = ("nail_tapping", "brushing"),
    n_blends: int = 100,
    seed: int = 0,
) -> float:
    """Blend windows of two labels half and half and ask the classifier, as in Moon 2020, Table 3.

    Args:
        generator: A loaded generator.
        classifier: The judge.
        corpus: The recordings.
        windows: What to draw sources from.
        labels: The two labels.
        n_blends: How many blends.
        seed: Of the sources.

    Returns:
        Share of blends whose two labels' probabilities add up to more than a half.
    """
    rng = np.random.default_rng(seed)
    ordinals = [corpus.labels.index(label) for label in labels]
    drawn = [rng.choice(np.flatnonzero(windows.label == ordinal), n_blends) for ordinal in ordinals]
    made = [
        mix(
            generator,
            first,
            second,
            first_label=labels[0],
            second_label=labels[1],
            blend=0.5,
            seconds=1.0,
            seed=seed + number,
        )[:WINDOW_FRAMES]
        for number, (first, second) in enumerate(
            zip(_sources(corpus, windows, drawn[0]), _sources(corpus, windows, drawn[1]), strict=True)
        )
    ]
    probabilities = classifier.predict(np.stack(made)).probabilities
    return round(float(np.mean(probabilities[:, ordinals].sum(axis=1) > LEAST_FOR_A_BLEND)), 4)


def _sources(corpus: Corpus, windows: Windows, rows: npt.NDArray[np.int64]) -> FloatArray:
    return corpus.mel_of(windows.where(rows))
