"""What a finished training leaves behind: weights, and a card that says how they came about."""

import dataclasses
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from models.networks import weights_file
from models.networks.weights_file import Arrays
from models.recipes.corpus import Corpus
from models.recipes.recipe import Recipe

WEIGHTS = "weights.npz"
CARD = "card.json"


@dataclass(frozen=True)
class RunCard:
    """A run in numbers."""

    network: str
    seed: int
    held_out_fold: int | None
    data_fingerprint: str
    labels: tuple[str, ...]
    git_commit: str
    recipe: dict[str, Any]
    has_teacher: bool
    history: list[dict[str, float]]
    scores: dict[str, Any]
    learnt_folds: tuple[int, ...] | None = None
    """What it learnt from beside the pool; None stands for all but the held-out fold."""


def record_run(
    out: Path,
    network: keras.Model,
    *,
    recipe: Recipe,
    corpus: Corpus,
    seed: int,
    held_out_fold: int | None,
    has_teacher: bool,
    scores: dict[str, Any],
    extras: Arrays | None = None,
    learnt_folds: tuple[int, ...] | None = None,
) -> RunCard:
    """Write a run's weights and card.

    Args:
        out: The run's folder.
        network: As it is served.
        recipe: How it was trained.
        corpus: What on.
        seed: Of everything random.
        held_out_fold: What it did not hear.
        has_teacher: Whether a teacher was heard.
        scores: On the held-out fold; empty if nothing was held out.
        extras: Arrays beside the weights.
        learnt_folds: What it learnt from, where that is not all but the held-out fold.

    Returns:
        The card.
    """
    out.mkdir(parents=True, exist_ok=True)
    weights_file.save(out / WEIGHTS, network, extras=extras)
    history_path = out / "history.json"
    card = RunCard(
        network=recipe.network,
        seed=seed,
        held_out_fold=held_out_fold,
        data_fingerprint=corpus.fingerprint,
        labels=corpus.labels,
        git_commit=git_commit(),
        recipe=dataclasses.asdict(recipe),
        has_teacher=has_teacher,
        history=json.loads(history_path.read_text(encoding="utf-8")) if history_path.exists() else [],
        scores=scores,
        learnt_folds=learnt_folds,
    )
    (out / CARD).write_text(json.dumps(dataclasses.asdict(card), indent=1), encoding="utf-8")
    return card


def git_commit() -> str:
    """The commit of this code, "-dirty" if it was changed since, or "unknown" outside of a checkout."""
    here = Path(__file__).parent
    try:
        commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=here, capture_output=True, check=True)
        changed = subprocess.run(["git", "status", "--porcelain", "models"], cwd=here, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit.stdout.decode().strip() + ("-dirty" if changed.stdout.strip() else "")
