"""`deepasmr evaluate`: how good the networks are, on recordings that they never heard."""

import dataclasses
import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Subject(StrEnum):
    """What to evaluate."""

    CLASSIFIERS = "classifiers"
    GENERATORS = "generators"
    TIMBRE = "timbre"
    FIGURES = "figures"
    ALL = "all"


def evaluate(
    subject: Annotated[Subject, typer.Argument(help="What to evaluate.")],
    data: Annotated[Path, typer.Option(help="Folder with recordings.csv and the files that it lists.")],
    out: Annotated[Path, typer.Option(help="Folder for tables, in Markdown and JSON.")],
    network: Annotated[
        list[str] | None, typer.Option(help="Only these classifiers or generators; repeat for more than one.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of trainings and draws.")] = 0,
    fold: Annotated[int, typer.Option(min=0, max=4, help="Fold that the generators are judged on.")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="Variations per label.")] = 200,
    judge: Annotated[
        Path | None,
        typer.Option(help="Run of a classifier that did not hear the fold; the promoted one, which did, by default."),
    ] = None,
) -> None:
    """Evaluate classifiers (five folds by source) or generators (reconstruction, fidelity of variations and blends)."""
    # With oneDNN a step of the GAN took 0.22 s instead of 0.39 s; only serving does without it.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    from models.errors import BadSetting

    if subject in (Subject.TIMBRE, Subject.FIGURES, Subject.ALL):
        raise BadSetting(
            f"evaluate {subject} is not there yet; classifiers and generators are.",
            subject=str(subject),
        )
    if subject is Subject.CLASSIFIERS:
        _classifiers(data, out, network, seed)
    else:
        _generators(data, out, network or ["vae", "cgan"], judge=judge, fold=fold, n_per_label=samples, seed=seed)


def _classifiers(data: Path, out: Path, names: Sequence[str] | None, seed: int) -> None:
    from models.networks.classifiers import CLASSIFIERS
    from models.recipes.folds import markdown, save_report, score_over_folds
    from models.recipes.recipe import read_recipe
    from models.recipes.train import Task

    rows = []
    for name in names or list(CLASSIFIERS):
        task = Task(data, out / "cache", out / "folds", seed=seed, held_out_fold=None)
        rows.append(score_over_folds(read_recipe(name), task, tell=typer.echo))
        save_report(out, "classifiers", markdown(rows), [dataclasses.asdict(row) for row in rows])
    typer.echo(markdown(rows))


def _generators(
    data: Path, out: Path, names: Sequence[str], *, judge: Path | None, fold: int, n_per_label: int, seed: int
) -> None:
    from models.recipes.corpus import open_corpus
    from models.recipes.folds import save_report
    from models.recipes.generator_report import generator_markdown, report_generator
    from models.recipes.judge import load_judge

    corpus = open_corpus(data, out / "cache", tell=typer.echo)
    classifier = load_judge(judge)
    reports = [
        report_generator(name, classifier, corpus, fold=fold, n_per_label=n_per_label, seed=seed) for name in names
    ]
    text = generator_markdown(reports)
    save_report(out, "generators", text, [dataclasses.asdict(report) for report in reports])
    typer.echo(text)
