"""`deepasmr evaluate figures`: Figures 11 to 18 of Moon 2020 in our own recordings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models.inference.generate import KINDS, load_generator
from models.recipes.classifier_report import readable
from models.recipes.corpus import Corpus, open_corpus
from models.recipes.drawer import BRUSHING, TAPPING, Drawer, sources_of
from models.recipes.folds import save_report
from models.recipes.generator_figures import draw_panels
from models.recipes.painters import (
    AUTOENCODER,
    COLLAPSED,
    Plain,
    Trained,
    first_second,
    generator_of_run,
    runs_by_network,
)

STRENGTH = 0.5
NOT_TRAINED = "there is no run of its network, and short trainings were not asked for."
SHOWN_EPOCHS = (0, 1, 2, 4, 8, 12)
STAND_FOR = {"vae": ("latent_flow", "vae"), "cgan": ("latent_cgan", "cgan")}
"""Networks whose runs stand for a kind, the better one first."""


@dataclass(frozen=True)
class FigureChoice:
    """What to draw."""

    networks: tuple[str, ...] = KINDS
    runs: Path | None = None
    """Folder of runs: of an autoencoder for Figure 11, of a collapsed one for Figure 14; generators in it are drawn
    instead of the promoted ones."""
    is_watching: bool = True
    """Whether short trainings are run for Figures 12 and 15, and for 11 and 14 where there is no run."""
    fold: int = 0
    """Whose sounds are drawn."""
    seed: int = 0


def draw_figures(
    choice: FigureChoice, data: Path, out: Path, *, cache: Path, tell: Callable[[str], None] = print
) -> str:
    """Draw all figures for which there are networks: figureNN.png, with figures.md that says what they show.

    Args:
        choice: What to draw.
        data: Folder of recordings.
        out: Folder of the pictures.
        cache: Folder for what is computed from the recordings.
        tell: Where progress goes.

    Returns:
        Markdown.

    Raises:
        NoRecordings: if the fold has no tapping or no brushing.
    """
    corpus = open_corpus(data, cache, tell=tell)
    runs = _runs(choice.runs, corpus, choice.fold)
    painters = {}
    for kind in choice.networks:
        found = next((runs[name] for name in STAND_FOR.get(kind, (kind,)) if name in runs), None)
        generator = generator_of_run(found)[0] if found is not None else load_generator(kind)
        painters[kind] = Trained(generator, strength=STRENGTH)
    out.mkdir(parents=True, exist_ok=True)
    watched = out / "epochs" if choice.is_watching else None
    drawer = Drawer(corpus, out, sources_of(corpus, choice.fold), painters, choice.fold, choice.seed, watched, tell)
    lines = ["# Figures 11 to 18", ""]
    for number, told in _figures(drawer, runs):
        tell(f"figure {number}: {told}")
        lines.append(f"{number}. {told}" if (out / f"figure{number}.png").is_file() else f"{number}. Missing: {told}")
    text = "\n".join(lines) + "\n"
    save_report(out, "figures", text, {kind: painter.version for kind, painter in painters.items()})
    return text


def _figures(drawer: Drawer, runs: dict[str, Path]) -> Iterator[tuple[int, str]]:
    yield 11, _figure11(drawer, runs)
    yield 12, _figure_of_epochs(drawer, 12, "vae")
    yield 13, _figure13(drawer)
    yield 14, _figure14(drawer, runs)
    yield 15, _figure_of_epochs(drawer, 15, "cgan")
    yield 16, _figure_of_variations(drawer, 16, TAPPING)
    yield 17, _figure_of_variations(drawer, 17, BRUSHING)
    yield 18, _figure18(drawer)


def _figure11(drawer: Drawer, runs: dict[str, Path]) -> str:
    repeated = drawer.repainted(AUTOENCODER, runs.get(AUTOENCODER))
    if repeated is None:
        return NOT_TRAINED
    vae = drawer.painters["vae"]
    rows = [
        [
            drawer.panel(readable(label), first_second(drawer.excerpt(label))),
            drawer.panel(_named(AUTOENCODER, runs), repeated[label]),
            *(drawer.panel(f"{vae.version}, {n}", vae.vary(drawer.excerpt(label), label, n)) for n in (1, 2)),
        ]
        for label in (TAPPING, BRUSHING)
    ]
    draw_panels(drawer.out / "figure11.png", "The autoencoder repeats, the variational one varies", rows)
    return "what the plain autoencoder makes of a source, and two variations by the variational one."


def _named(title: str, runs: dict[str, Path], network: str | None = None) -> str:
    return title if (network or title) in runs else f"{title}, short training"


def _figure_of_epochs(drawer: Drawer, number: int, network: str) -> str:
    epochs = drawer.epochs(network)
    if epochs is None:
        return NOT_TRAINED
    shown = [epoch for epoch in SHOWN_EPOCHS if epoch < len(epochs)]
    rows = [
        [
            drawer.panel(readable(label), first_second(drawer.excerpt(label))),
            *(drawer.panel(f"epoch {epoch}", epochs[epoch][label]) for epoch in shown),
        ]
        for label in (TAPPING, BRUSHING)
    ]
    draw_panels(drawer.out / f"figure{number}.png", f"Variations by {network} while it learns, a short training", rows)
    return f"variations by the thesis's {network} after so many short epochs."


def _figure13(drawer: Drawer) -> str:
    first, second = drawer.excerpt(TAPPING), drawer.excerpt(BRUSHING)
    pair = (TAPPING, BRUSHING)
    vae = drawer.painters["vae"]
    row = [
        drawer.panel(readable(TAPPING), first_second(first), is_heard=True),
        drawer.panel(readable(BRUSHING), first_second(second), is_heard=True),
        drawer.panel(f"{vae.version} blend", vae.mix(first, second, pair, drawer.seed), is_heard=True),
        drawer.panel("linear mix", Plain().mix(first, second, pair, drawer.seed), is_heard=True),
    ]
    draw_panels(drawer.out / "figure13.png", "Two sounds, their blend and their linear mix", [row])
    return "tapping and brushing, their blend by the variational autoencoder and the plain mean of the two pictures."


def _figure14(drawer: Drawer, runs: dict[str, Path]) -> str:
    collapsed = drawer.repainted(COLLAPSED, runs.get(COLLAPSED))
    if collapsed is None:
        return NOT_TRAINED
    vae = drawer.painters["vae"].at(0.0)
    labels = list(drawer.sources)
    rows = [
        [drawer.panel(readable(label), first_second(drawer.excerpt(label))) for label in labels],
        [drawer.panel(vae.version, vae.vary(drawer.excerpt(label), label, drawer.seed)) for label in labels],
        [drawer.panel(_named("collapsed", runs, COLLAPSED), collapsed[label]) for label in labels],
    ]
    draw_panels(
        drawer.out / "figure14.png", "Four inputs, repainted from their codes, and by a collapsed network", rows
    )
    return "inputs, what the healthy network makes of their codes, and what a collapsed one makes of them."


def _figure_of_variations(drawer: Drawer, number: int, label: str) -> str:
    source = drawer.excerpt(label)
    row = [drawer.panel(readable(label), first_second(source), is_heard=True)]
    row += [
        drawer.panel(f"{painter.version} variation", painter.vary(source, label, drawer.seed), is_heard=True)
        for painter in drawer.painters.values()
    ]
    draw_panels(drawer.out / f"figure{number}.png", f"Variations of {readable(label)}, strength {STRENGTH:g}", [row])
    return f"a second of {readable(label)} and a variation by each generator."


def _figure18(drawer: Drawer) -> str:
    first, second = drawer.excerpt(TAPPING), drawer.excerpt(BRUSHING)
    row = [
        drawer.panel(
            f"{painter.version} blend", painter.mix(first, second, (TAPPING, BRUSHING), drawer.seed), is_heard=True
        )
        for painter in drawer.painters.values()
    ]
    draw_panels(drawer.out / "figure18.png", "Blends of tapping and brushing, half and half", [row])
    return "the blend of Figure 13's sounds by each generator."


def _runs(folder: Path | None, corpus: Corpus, fold: int) -> dict[str, Path]:
    """Runs by network; of several, the first that did not hear the fold, or else the first."""
    found = runs_by_network(folder, corpus) if folder is not None else {}
    return {
        name: min(runs, key=lambda run: (run.held_out_fold != fold, run.folder)).folder for name, runs in found.items()
    }
