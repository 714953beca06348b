"""What a search for settings found, as it lies beside the weights: read, built, written for people."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import NoRecordings, WrongWeights
from models.networks.classifiers import ClassifierShape
from models.pretrained import weights_folder
from models.recipes.folds import Contender
from models.recipes.recipe import RecordedRecipe

SEARCHED = "cnn1d_searched"
"""Name in the table of the best trial, trained with the full budget."""
REPORT = "search"
FULL_EPOCHS = 4
FULL_DRAWS_PER_EPOCH = 9600


@dataclass(frozen=True)
class Search:
    """A finished search."""

    network: str
    test_fold: int
    """Never learnt from or scored while searching."""
    seed: int
    n_trials: int
    n_draws: int
    n_inner_folds: int
    data_fingerprint: str
    objective: str
    space: dict[str, list[Any]]
    best_params: dict[str, Any]
    best_score: float
    importance: dict[str, float]
    """Share of the scores' variance that each setting explains (fANOVA), the greatest first."""
    trials: list[dict[str, Any]]


def shape_of(params: dict[str, Any]) -> ClassifierShape:
    """The graph's configuration of a trial.

    Args:
        params: One value for each name of SPACE.

    Returns:
        The configuration.
    """
    growth, first = params["filter_growth"], params["n_filters"]
    return ClassifierShape(
        view="mel",
        axes="time",
        filters=tuple(8 * round(first * growth**ordinal / 8) for ordinal in range(4)),
        kernel_frames=params["kernel_frames"],
        activation=params["activation"],
        embedding_activation=params["embedding_activation"],
        dropout=params["dropout"],
        has_batch_normalisation=params["has_batch_normalisation"],
        has_max_pooling_head=params["has_max_pooling_head"],
    )


def has_search() -> bool:
    """Whether a search lies beside the weights."""
    return _beside_weights().is_file()


def read_search() -> Search:
    """Read the search that lies beside the weights.

    Raises:
        NoRecordings: if there is none.
        WrongWeights: if the file is not as `search` writes it.
    """
    path = _beside_weights()
    if not path.is_file():
        raise NoRecordings(f"There is no {path.name} beside the weights: run `deepasmr search` first.", file=str(path))
    try:
        return Search(**json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise WrongWeights(f"{path} is no record of a search: {error}.") from error


def searched_contender() -> Contender:
    """The best trial of the search that lies beside the weights, to be trained with the full budget.

    Raises:
        NoRecordings: if there is none.
    """
    params = read_search().best_params
    recipe = RecordedRecipe(
        network=SEARCHED,
        n_epochs=FULL_EPOCHS,
        batch_size=params["batch_size"],
        learning_rate=params["learning_rate"],
        n_draws_per_epoch=FULL_DRAWS_PER_EPOCH,
        optimizer=params["optimizer"],
    )
    return Contender(SEARCHED, recipe, shape_of(params))


def search_markdown(found: Search) -> str:
    """Write a search as tables: space, best trial, importance, the ten best trials."""
    lines = [
        "# Search for hyper-parameters",
        "",
        f"{found.n_trials} trials (seed {found.seed}) of a 1D CNN with four convolutions on recorded windows, "
        f"{found.n_draws} draws each, scored on {found.n_inner_folds} inner folds ({found.objective}); fold "
        f"{found.test_fold} was never opened. Data `{found.data_fingerprint}`. Best: {found.best_score:.4f}.",
        "",
        "| setting | space | best | importance |",
        "|---|---|---|---|",
    ]
    for name in sorted(found.space, key=lambda name: -found.importance.get(name, 0.0)):
        values = found.space[name]
        joined = " … ".join(f"{value:g}" for value in values) if name in ("learning_rate", "dropout") else None
        best = found.best_params[name]
        lines.append(
            f"| {name} | {joined or ', '.join(str(value) for value in values)} | "
            f"{f'{best:.3g}' if isinstance(best, float) else best} | {100 * found.importance.get(name, 0.0):.0f} % |"
        )
    complete = sorted(
        (trial for trial in found.trials if trial["state"] == "complete"), key=lambda trial: -trial["score"]
    )
    n_pruned = len(found.trials) - len(complete)
    lines += ["", f"The best of {len(complete)} trials that ran to the end ({n_pruned} were stopped early):", ""]
    lines += ["| score | " + " | ".join(found.space) + " |", "|---" * (1 + len(found.space)) + "|"]
    for trial in complete[:10]:
        cells = [trial["params"][name] for name in found.space]
        shown = [f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in cells]
        lines.append(f"| {trial['score']:.4f} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"


def _beside_weights() -> Path:
    return weights_folder() / f"{REPORT}.json"
