"""Which pairs of sounds are blended to compare timbres, and how often what comes out lies between the two."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.errors import NoRecordings
from models.recipes.corpus import Corpus
from models.recipes.timbre import FEATURES, between_share

Features = dict[str, float]


@dataclass(frozen=True)
class Between:
    """How often blends lie between their parents."""

    maker: str
    share: float
    """Mean over the pairs of the share of features."""
    sd: float
    of_feature: dict[str, float]
    as_recorded_share: float
    """The same with the parents as they were recorded: the renderer's own colour counts then."""
    n_pairs: int


def between(
    maker: str,
    blends: Sequence[Features],
    parents: Sequence[Sequence[Features]],
    recorded: Sequence[Sequence[Features]],
) -> Between:
    """Sum up how often blends lie between their parents.

    Args:
        maker: Who blended.
        blends: Features of each blend, as rendered.
        parents: Of its two parents, rendered in the same way.
        recorded: Of its two parents, as recorded.

    Returns:
        The shares.
    """
    shares = [between_share(blend, *pair) for blend, pair in zip(blends, parents, strict=True)]
    as_recorded = [between_share(blend, *pair) for blend, pair in zip(blends, recorded, strict=True)]
    of_feature = {
        feature: float(
            np.nanmean(
                [between_share({feature: blend[feature]}, *pair) for blend, pair in zip(blends, parents, strict=True)]
            )
        )
        for feature in FEATURES
    }
    return Between(
        maker,
        round(float(np.nanmean(shares)), 4),
        round(float(np.nanstd(shares)), 4),
        {feature: round(share, 4) for feature, share in of_feature.items()},
        round(float(np.nanmean(as_recorded)), 4),
        len(blends),
    )


def draw_pairs(
    corpus: Corpus, fold: int, *, n_parents: int, n_pairs: int, seed: int
) -> tuple[list[int], list[tuple[int, int]]]:
    """Choose windows of as many labels as there are, and pairs of windows of different labels.

    Args:
        corpus: The recordings.
        fold: Whose.
        n_parents: How many windows, going round the labels.
        n_pairs: How many pairs at most.
        seed: Of the

    Returns:
        Ordinals into corpus.windows, and pairs of them.

    Raises:
        NoRecordings: if the fold has fewer than two labels.
    """
    rng = np.random.default_rng([seed, 21])
    windows = corpus.windows
    rows = np.flatnonzero((windows.fold == fold) & (windows.label >= 0))
    labels = np.unique(windows.label[rows])
    if len(labels) < 2:
        raise NoRecordings(f"Fold {fold} has not two labels to blend.", fold=fold)
    parents = [
        int(rng.choice(rows[windows.label[rows] == labels[number % len(labels)]])) for number in range(n_parents)
    ]
    parents = list(dict.fromkeys(parents))
    apart = [
        (first, second)
        for ordinal, first in enumerate(parents)
        for second in parents[:ordinal]
        if windows.label[first] != windows.label[second]
    ]
    chosen = rng.permutation(len(apart))[:n_pairs]
    return parents, [apart[which] for which in chosen]
