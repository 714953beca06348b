"""`deepasmr evaluate`: how good the networks are, on recordings that they never heard."""

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FoldsBy(StrEnum):
    """What a fold must hold whole."""

    SOURCE = "source"
    COLLECTION = "collection"


class Subject(StrEnum):
    """What to evaluate."""

    CLASSIFIERS = "classifiers"
    SEGMENTATION = "segmentation"
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
    seed: Annotated[int, typer.Option(help="Of trainings and draws; the first of several.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="How often classifiers are trained on each parting.")] = 3,
    protocol: Annotated[
        list[str] | None, typer.Option(help="source_disjoint or thesis (which leaks); both by default.")
    ] = None,
    folds_by: Annotated[
        FoldsBy,
        typer.Option(
            help="source: the folds of recordings.csv. collection: folds dealt anew, so that a whole collection is in "
            "one; it tells what a new site brings, and takes runs of its own."
        ),
    ] = FoldsBy.SOURCE,
    runs: Annotated[
        Path | None,
        typer.Option(
            help="Folder of finished runs to take as they are: of classifiers, instead of training by folds; of "
            "generators, instead of the promoted ones."
        ),
    ] = None,
    finished_only: Annotated[
        bool, typer.Option("--finished-only", help="Report on the classifier runs that are there; train none.")
    ] = False,
    second_opinion: Annotated[
        bool | None,
        typer.Option(
            help="Ask the second opinion too, where the data has the tagger: a row of its own among the classifiers "
            "(by default), or who finds sounds (not by default)."
        ),
    ] = None,
    fold: Annotated[
        list[int] | None,
        typer.Option(min=0, max=4, help="Fold whose sounds promoted generators vary; repeat for more than one."),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Variations per label; a quick look needs few.")] = 200,
    pairs: Annotated[int, typer.Option(min=1, help="Blends whose timbre is compared with their parents'.")] = 100,
    watch: Annotated[
        bool, typer.Option(help="Draw Figures 12 and 15 too, from short trainings of a few minutes each.")
    ] = True,
    mixes: Annotated[int, typer.Option(min=1, help="Long recordings laid out from each fold.")] = 8,
    classifiers: Annotated[
        Path | None,
        typer.Option(
            help="Folder of cnn1d_tuned's runs by held-out fold, to judge generators by; the promoted one, which heard "
            "every fold, by default."
        ),
    ] = None,
) -> None:
    """Evaluate classifiers, how they find sounds, and generators: their labels, their timbre, their pictures.

    generators and timbre write tables, figures draws Figures 11 to 18 of Moon 2020, all does everything.
    """
    # With oneDNN a step of the GAN took 0.22 s instead of 0.39 s; only serving does without it.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # One thread learnt from 1330 windows a second, two from 1450: parallel runs pay, threads do not.
    for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(variable, "1")
    data = _dealt(data, out, folds_by)
    is_all = subject is Subject.ALL
    # Where everything is evaluated, --runs are the generators' and --classifiers the classifiers'.
    classifier_runs = classifiers if is_all else runs
    if is_all or subject is Subject.CLASSIFIERS:
        _classifiers(
            data,
            out,
            None if is_all else network,
            protocols=protocol,
            seeds=range(seed, seed + seeds),
            runs=classifier_runs,
            folds_by=folds_by,
            is_training=not finished_only,
            has_second_opinion=second_opinion is not False,
        )
    if is_all or subject is Subject.SEGMENTATION:
        _segmentation(
            data,
            out,
            classifier_runs or out / "folds",
            n_mixes=mixes,
            seed=seed,
            has_second_opinion=second_opinion is True,
        )
    networks = None if is_all else network
    if is_all or subject is Subject.GENERATORS:
        judges = classifiers or (out / "folds" if is_all else None)
        _generators(data, out, networks, runs, judges, folds=fold or [0], n_per_label=samples, seed=seed)
    if is_all or subject is Subject.TIMBRE:
        _timbre(data, out, networks, runs, fold=(fold or [0])[0], n_pairs=pairs, seed=seed)
    if is_all or subject is Subject.FIGURES:
        _figures(data, out, networks, runs, fold=(fold or [0])[0], seed=seed, is_watching=watch)


def _dealt(data: Path, out: Path, folds_by: FoldsBy) -> Path:
    from models.recipes.dealing import deal_by_collection

    return data if folds_by is FoldsBy.SOURCE else deal_by_collection(data, out / "dealt")


def _classifiers(
    data: Path,
    out: Path,
    names: Sequence[str] | None,
    *,
    protocols: Sequence[str] | None,
    seeds: Sequence[int],
    runs: Path | None,
    folds_by: FoldsBy,
    is_training: bool,
    has_second_opinion: bool,
) -> None:
    from models.recipes.dealing import REMARK
    from models.recipes.protocols import Protocol, protocol_named
    from models.recipes.table1 import Choice, default_networks, evaluate_classifiers

    choice = Choice(
        networks=tuple(names or default_networks()),
        protocols=tuple(protocol_named(name) for name in protocols or Protocol),
        seeds=tuple(seeds),
        runs=runs,
        is_training=is_training,
        remarks=(REMARK,) if folds_by is FoldsBy.COLLECTION else (),
        has_second_opinion=has_second_opinion,
    )
    typer.echo(evaluate_classifiers(choice, data, out, cache=out.parent / "cache", tell=typer.echo))


def _segmentation(data: Path, out: Path, runs: Path, *, n_mixes: int, seed: int, has_second_opinion: bool) -> None:
    from models.recipes.segmentation_report import evaluate_segmentation

    cache = out.parent / "cache"
    typer.echo(
        evaluate_segmentation(
            runs,
            data,
            out,
            cache=cache,
            n_mixes=n_mixes,
            seed=seed,
            has_second_opinion=has_second_opinion,
            tell=typer.echo,
        )
    )


def _generators(
    data: Path,
    out: Path,
    names: Sequence[str] | None,
    runs: Path | None,
    classifiers: Path | None,
    *,
    folds: Sequence[int],
    n_per_label: int,
    seed: int,
) -> None:
    from models.inference.generate import KINDS
    from models.recipes.generator_draws import amounts_for
    from models.recipes.generator_report import Choice, evaluate_generators

    choice = Choice(
        networks=tuple(names or KINDS),
        runs=runs,
        classifiers=classifiers,
        folds=tuple(folds),
        amounts=amounts_for(n_per_label),
        seed=seed,
    )
    typer.echo(evaluate_generators(choice, data, out, cache=out.parent / "cache", tell=typer.echo))


def _timbre(
    data: Path, out: Path, names: Sequence[str] | None, runs: Path | None, *, fold: int, n_pairs: int, seed: int
) -> None:
    from models.inference.generate import KINDS
    from models.recipes.timbre_report import TimbreChoice, evaluate_timbre

    choice = TimbreChoice(networks=tuple(names or KINDS), runs=runs, n_pairs=n_pairs, fold=fold, seed=seed)
    typer.echo(evaluate_timbre(choice, data, out, cache=out.parent / "cache", tell=typer.echo))


def _figures(
    data: Path, out: Path, names: Sequence[str] | None, runs: Path | None, *, fold: int, seed: int, is_watching: bool
) -> None:
    from models.inference.generate import KINDS
    from models.recipes.thesis_figures import FigureChoice, draw_figures

    choice = FigureChoice(networks=tuple(names or KINDS), runs=runs, is_watching=is_watching, fold=fold, seed=seed)
    typer.echo(draw_figures(choice, data, out, cache=out.parent / "cache", tell=typer.echo))
