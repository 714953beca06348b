"""Finished runs of a classifier, each by the fold that it did not hear."""

import json
from pathlib import Path

from models.errors import NoRecordings
from models.inference.classify import Classifier
from models.recipes.corpus import Corpus
from models.recipes.judge import load_judge
from models.recipes.runs import CARD


def classifiers_by_fold(runs: Path, corpus: Corpus, *, network: str = "cnn1d_tuned") -> dict[int, Classifier]:
    """Load the classifier of each fold; of several seeds, the first.

    Args:
        runs: Holds the runs' folders, whatever they are called.
        corpus: What they must have learnt from.
        network: Which classifier.

    Returns:
        By held-out fold, in order.

    Raises:
        NoRecordings: if there are fewer than two folds' runs.
    """
    found: dict[int, tuple[int, Path]] = {}
    for path in sorted(runs.glob(f"*/{CARD}")):
        card = json.loads(path.read_text(encoding="utf-8"))
        fold, seed = card["held_out_fold"], card["seed"]
        is_ours = card["network"] == network and card["data_fingerprint"] == corpus.fingerprint and fold is not None
        if is_ours and (fold not in found or seed < found[fold][0]):
            found[fold] = (seed, path.parent)
    if len(found) < 2:
        raise NoRecordings(
            f"{runs} holds runs of {network} on this data for {len(found)} folds; two are the fewest.",
            folder=str(runs),
        )
    return {fold: load_judge(found[fold][1]) for fold in sorted(found)}
