"""Honest figures: train on four folds, test on the fifth, by source; mean and spread over the five."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.recipes.recipe import Recipe
from models.recipes.recordings import N_FOLDS
from models.recipes.runs import CARD
from models.recipes.train import Task, train_network

MEASURES = ("window_accuracy", "balanced_accuracy", "macro_f1", "recording_accuracy")


@dataclass(frozen=True)
class FoldScores:
    """One network over the folds."""

    network: str
    seed: int
    n_folds: int
    mean: dict[str, float]
    spread: dict[str, float]
    """Standard deviation over the folds."""


def score_over_folds(
    recipe: Recipe,
    task: Task,
    *,
    folds: Sequence[int] = tuple(range(N_FOLDS)),
    tell: Callable[[str], None] = print,
) -> FoldScores:
    """Train and score a classifier on each fold; folds already done under task.out are taken as they are.

    Args:
        recipe: Of a classifier.
        task: Data, cache, folder for the folds' runs, seed.
        folds: Which folds to hold out in turn.
        tell: Where progress goes.

    Returns:
        Mean and spread of the scores.
    """
    found: list[dict[str, float]] = []
    for fold in folds:
        out = task.out / f"{recipe.network}-fold{fold}"
        if not (out / CARD).exists():
            tell(f"{recipe.network}: holding out fold {fold}")
            train_network(recipe, replace(task, out=out, held_out_fold=fold, resume=True), tell=tell)
        found.append(json.loads((out / CARD).read_text(encoding="utf-8"))["scores"])
    values = {measure: np.array([scores[measure] for scores in found]) for measure in MEASURES}
    return FoldScores(
        network=recipe.network,
        seed=task.seed,
        n_folds=len(found),
        mean={measure: round(float(value.mean()), 4) for measure, value in values.items()},
        spread={measure: round(float(value.std()), 4) for measure, value in values.items()},
    )


def markdown(rows: Sequence[FoldScores]) -> str:
    """Write scores as a table: per cent, mean ± standard deviation over the folds."""
    lines = [
        "| network | folds | windows | balanced | macro F1 | recordings |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [f"{100 * row.mean[measure]:.1f} ± {100 * row.spread[measure]:.1f}" for measure in MEASURES]
        lines.append(f"| {row.network} | {row.n_folds} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def save_report(out: Path, name: str, text: str, values: object) -> None:
    """Write a report twice: for people and for programs.

    Args:
        out: Folder.
        name: File name without suffix.
        text: Markdown.
        values: What JSON can hold.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.md").write_text(text, encoding="utf-8")
    (out / f"{name}.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
