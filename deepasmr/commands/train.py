"""`deepasmr train`: a network from a folder of recordings."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer


def train(
    network: Annotated[
        str,
        typer.Argument(
            help="dense_audio, cnn2d, cnn2d_4, cnn1d, cnn1d_4, cnn1d_tuned, autoencoder, vae, vae_4, vae_6, "
            "vae_collapsed, latent_flow, latent_cgan, cgan, vocoder or fusion.",
        ),
    ],
    data: Annotated[Path, typer.Option(help="Folder with recordings.csv and the files that it lists.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the run; runs/NETWORK-seedN by default.")] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and chance.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run's checkpoint.")] = False,
    fold: Annotated[
        int, typer.Option(min=-1, max=4, help="Fold to hold out and score on; -1 learns from all and scores nothing.")
    ] = 0,
    learn: Annotated[
        str | None,
        typer.Option(help="For generators: folds to learn from instead of all but --fold, such as 1,2."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs in all, instead of the recipe's: with --resume, where to stop.")
    ] = None,
    codec: Annotated[
        Path | None, typer.Option(help="For latent_cgan: run of latent_flow on the same folds, whose codes it draws.")
    ] = None,
    runs: Annotated[
        Path | None, typer.Option(help="For fusion: folder of cnn1d_tuned's runs, one for each held-out fold.")
    ] = None,
) -> None:
    """Train NETWORK on the recordings in a folder.

    Writes weights.npz and card.json (recipe, seed, data fingerprint, git commit, scores) into the run's folder.
    """
    # With oneDNN a step of the GAN took 0.22 s instead of 0.39 s; only serving does without it.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    from models.recipes.recipe import read_recipe
    from models.recipes.train import Task, train_network

    run = out if out is not None else Path("runs") / f"{network}-seed{seed}"
    if network == "fusion":
        _fusion(data, run, runs, seed)
        return
    recipe = read_recipe(network)
    if epochs is not None:
        recipe = replace(recipe, n_epochs=epochs)
    held_out_fold = None if fold < 0 else fold
    task = Task(
        data,
        run.parent / "cache",
        run,
        seed=seed,
        held_out_fold=held_out_fold,
        resume=resume,
        folds=_folds(learn),
        codec=codec,
    )
    train_network(recipe, task, tell=typer.echo)
    typer.echo(f"{run}")


def _folds(learn: str | None) -> tuple[int, ...] | None:
    from models.errors import BadSetting

    if learn is None:
        return None
    try:
        return tuple(int(fold) for fold in learn.split(","))
    except ValueError as error:
        raise BadSetting(f"--learn is a list of folds such as 1,2, not {learn!r}.", setting="learn") from error


def _fusion(data: Path, run: Path, runs: Path | None, seed: int) -> None:
    from models.errors import BadSetting
    from models.recipes.second_opinions import train_second_opinion

    if runs is None:
        raise BadSetting(
            "train fusion needs --runs: it learns how much to believe cnn1d_tuned from its held-out folds."
        )
    train_second_opinion(data, runs, run, seed=seed, tell=typer.echo)
    typer.echo(f"{run}")
