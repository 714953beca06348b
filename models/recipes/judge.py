"""Who judges what the generators make: a classifier's run that did not hear the sources, or the promoted one."""

import json
from pathlib import Path

from models.errors import NoRecordings
from models.inference.classify import Classifier, load_classifier
from models.networks import weights_file
from models.networks.catalogue import build
from models.recipes.runs import CARD, WEIGHTS


def load_judge(run: Path | None) -> Classifier:
    """Load the judge.

    Args:
        run: Folder of a finished classifier's run; None for the promoted classifier, which has heard every fold.

    Returns:
        The classifier.

    Raises:
        NoRecordings: if the folder holds no finished run.
        WrongWeights: if its weights are of another network.
    """
    if run is None:
        return load_classifier()
    if not (run / CARD).is_file():
        raise NoRecordings(f"{run} is no finished run: it has no {CARD}.", folder=str(run))
    card = json.loads((run / CARD).read_text(encoding="utf-8"))
    labels = tuple(card["labels"])
    network = build(card["network"], n_labels=len(labels))
    weights_file.load(run / WEIGHTS, network)
    return Classifier(network, labels, run.name)
