"""The peer that every classifier is measured against: a frozen tagger's embeddings with logistic regression on top."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from models.audio import FloatArray
from models.recipes.corpus import Corpus
from models.recipes.folds import Result
from models.recipes.heard import Heard, load_heard, save_heard
from models.recipes.protocols import Split

FROZEN_TAGGER = "frozen_tagger"
REGULARISATION_C = 0.01


def tagger_results(
    corpus: Corpus,
    overheard: npt.NDArray[np.float16],
    partings: Sequence[Split],
    folds: Path,
    *,
    tell: Callable[[str], None] = print,
) -> list[Result]:
    """Measure the frozen tagger on partings of a corpus.

    Args:
        corpus: The recordings.
        overheard: The tagger's embedding of every window. [n_windows of the corpus, 1024]
        partings: By one protocol.
        folds: Folder where answers are kept; those about other data count for nothing.
        tell: Where progress goes.

    Returns:
        Its answers, in the order of partings. Nothing in it is random: by folds, one seed says it all.
    """
    results = []
    for split in partings:
        out = folds / split.run_name(FROZEN_TAGGER)
        heard = load_heard(out, corpus, split.scored)
        if heard is None:
            tell(f"{out.name}: learns from {len(split.learnt)} windows, is scored on {len(split.scored)}")
            heard = _regression(corpus, overheard, split)
            save_heard(out, heard, corpus)
        results.append(Result(split, heard))
    return results


def fitted(overheard: FloatArray, label: npt.NDArray[np.int32]) -> Pipeline:
    """Fit standardisation and logistic regression on the tagger's embeddings.

    Args:
        overheard: [n_windows, 1024]
        label: Ordinals. [n_windows]

    Returns:
        Both, in this order.
    """
    regression: Pipeline = make_pipeline(
        StandardScaler(), LogisticRegression(C=REGULARISATION_C, class_weight="balanced", max_iter=500)
    )
    return regression.fit(overheard, label)


def _regression(corpus: Corpus, overheard: npt.NDArray[np.float16], split: Split) -> Heard:
    regression = fitted(overheard[split.learnt].astype(np.float32), corpus.windows.label[split.learnt])
    probabilities = np.zeros((len(split.scored), len(corpus.labels)), dtype=np.float32)
    told = regression.predict_proba(overheard[split.scored].astype(np.float32))
    probabilities[:, regression.classes_] = told
    return Heard(split.scored, probabilities, np.zeros((len(split.scored), 0), dtype=np.float32))
