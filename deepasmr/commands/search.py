"""`deepasmr search`: the best settings of the thesis's 1D CNN."""

import os
from pathlib import Path
from typing import Annotated

import typer


def search(
    data: Annotated[Path, typer.Option(help="Folder with recordings.csv and the files that it lists.")],
    out: Annotated[Path, typer.Option(help="Folder of the search: journal, search.json and search.md.")],
    trials: Annotated[int, typer.Option(min=1, help="Trials in all; those already in the journal count.")] = 24,
    seed: Annotated[int, typer.Option(help="Of choices, weights and draws.")] = 0,
    fold: Annotated[int, typer.Option(min=0, max=4, help="Test fold, which the search never opens.")] = 0,
) -> None:
    """Search the settings of the thesis's 1D CNN on inner folds; an interrupted search goes on."""
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    from models.recipes.corpus import open_corpus
    from models.recipes.search import search as search_settings

    corpus = open_corpus(data, out.parent / "cache", tell=typer.echo)
    found = search_settings(corpus, out, n_trials=trials, seed=seed, test_fold=fold, tell=typer.echo)
    typer.echo(f"{out / 'search.md'}: best score {found.best_score:.4f} with {found.best_params}")
