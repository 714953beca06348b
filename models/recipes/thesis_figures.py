"""`deepasmr evaluate figures`: Figures 11 to 18 of Moon 2020 in our own recordings."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.audio import FloatArray
from models.audio.render import render
from models.audio.windows import WINDOW_FRAMES
from models.errors import NoRecordings
from models.inference.generate import KINDS, load_generator
from models.inference.pictures import reference_db, to_mel, to_picture
from models.networks import weights_file
from models.networks.catalogue import build
from models.recipes.classifier_report import readable
from models.recipes.corpus import Corpus, open_corpus
from models.recipes.epochs import watched_epochs
from models.recipes.folds import save_report
from models.recipes.generator_figures import Panel, draw_panels
from models.recipes.made_sounds import RENDERER_SEED
from models.recipes.painters import (
    AUTOENCODER,
    COLLAPSED,
    Plain,
    Trained,
    excerpt,
    first_second,
    generator_of_run,
    runs_by_network,
)
from models.recipes.runs import CARD, WEIGHTS

STRENGTH = 0.5
TAPPING, BRUSHING = "nail_tapping", "brushing"
COLLAPSE_LABELS = (TAPPING, BRUSHING, "whispering_woman", "eating_mukbang")
"""What the collapsed network is shown; where a label is missing, another one."""
SHOWN_EPOCHS = (0, 1, 2, 4, 8, 12)
STAND_FOR = {"vae": ("latent_flow", "vae")}
"""Networks whose runs stand for a kind, the better one first."""


@dataclass(frozen=True)
class FigureChoice:
    """What to draw."""

    networks: tuple[str, ...] = KINDS
    runs: Path | None = None
    """Folder of runs: an autoencoder's for Figure 11, a collapsed one's for Figure 14; generators' are drawn instead of
    the promoted ones."""
    is_watching: bool = True
    """Whether Figures 12 and 15 are drawn, from short trainings; finished ones are not run again."""
    fold: int = 0
    """Whose sounds are drawn."""
    seed: int = 0


@dataclass(frozen=True)
class _Drawer:
    """What all figures share."""

    corpus: Corpus
    out: Path
    sources: dict[str, int]
    """A window for each label. Ordinals into corpus.windows."""
    painters: dict[str, Trained]
    """By kind."""
    fold: int
    seed: int
    watched: Path | None
    """Folder of short trainings, or None where none are wanted."""
    tell: Callable[[str], None]

    def excerpt(self, label: str) -> FloatArray:
        return excerpt(self.corpus, self.corpus.windows, self.sources[label])

    def panel(self, title: str, mel: FloatArray, *, is_heard: bool = False) -> Panel:
        return Panel(title, mel[:WINDOW_FRAMES], render(mel, seed=RENDERER_SEED) if is_heard else None)


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
    drawer = _Drawer(corpus, out, _sources(corpus, choice), painters, choice.fold, choice.seed, watched, tell)
    lines = ["# Figures 11 to 18", ""]
    for number, told in _figures(drawer, runs):
        tell(f"figure {number}: {told}")
        lines.append(f"{number}. {told}" if (out / f"figure{number}.png").is_file() else f"{number}. Missing: {told}")
    text = "\n".join(lines) + "\n"
    save_report(out, "figures", text, {kind: painter.version for kind, painter in painters.items()})
    return text


def _figures(drawer: _Drawer, runs: dict[str, Path]) -> Iterator[tuple[int, str]]:
    if AUTOENCODER in runs:
        yield 11, _figure11(drawer, runs[AUTOENCODER])
    else:
        yield 11, "there is no run of the autoencoder."
    for number, network in ((12, "vae"), (15, "cgan")):
        yield number, _figure_of_epochs(drawer, number, network)
    yield 13, _figure13(drawer)
    if COLLAPSED in runs:
        yield 14, _figure14(drawer, runs)
    else:
        yield 14, "there is no run of the collapsed network."
    yield 16, _figure_of_variations(drawer, 16, TAPPING)
    yield 17, _figure_of_variations(drawer, 17, BRUSHING)
    yield 18, _figure18(drawer)


def _figure11(drawer: _Drawer, run: Path) -> str:
    network = _network(run)
    rows = []
    for label in (TAPPING, BRUSHING):
        source = drawer.excerpt(label)
        panels = [drawer.panel(readable(label), first_second(source))]
        panels.append(drawer.panel("autoencoder", _repainted(network, first_second(source))))
        vae = drawer.painters["vae"]
        panels += [drawer.panel(f"{vae.version}, {n}", vae.vary(source, label, n)) for n in (1, 2)]
        rows.append(panels)
    draw_panels(drawer.out / "figure11.png", "The autoencoder repeats, the variational one varies", rows)
    return "what the plain autoencoder makes of a source, and two variations by the variational one."


def _figure_of_epochs(drawer: _Drawer, number: int, network: str) -> str:
    if drawer.watched is None:
        return "the short training is left out."
    sources = [first_second(drawer.excerpt(label))[:WINDOW_FRAMES] for label in (TAPPING, BRUSHING)]
    levels_db = [reference_db(mel) for mel in sources]
    pictures = np.stack([to_picture(mel, level) for mel, level in zip(sources, levels_db, strict=True)])
    windows = drawer.corpus.windows
    painted = watched_epochs(
        network,
        drawer.corpus,
        windows.where(windows.fold != drawer.fold),
        pictures,
        [drawer.corpus.labels.index(label) for label in (TAPPING, BRUSHING)],
        out=drawer.watched / f"epochs-{network}-seed{drawer.seed}",
        seed=drawer.seed,
        tell=drawer.tell,
    )
    shown = [epoch for epoch in SHOWN_EPOCHS if epoch < len(painted)]
    rows = [
        [
            drawer.panel(readable(label), mel),
            *(drawer.panel(f"epoch {epoch}", to_mel(painted[epoch][place], level)) for epoch in shown),
        ]
        for place, (label, mel, level) in enumerate(zip((TAPPING, BRUSHING), sources, levels_db, strict=True))
    ]
    draw_panels(drawer.out / f"figure{number}.png", f"Variations by {network} while it learns, a short training", rows)
    return f"variations by the thesis's {network} after so many short epochs."


def _figure13(drawer: _Drawer) -> str:
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


def _figure14(drawer: _Drawer, runs: dict[str, Path]) -> str:
    collapsed = _network(runs[COLLAPSED])
    labels = [label for label in COLLAPSE_LABELS if label in drawer.sources]
    sources = {label: first_second(drawer.excerpt(label)) for label in labels}
    rows = [[drawer.panel(readable(label), mel) for label, mel in sources.items()]]
    vae = drawer.painters["vae"].at(0.0)
    rows.append([drawer.panel(vae.version, vae.vary(drawer.excerpt(label), label, drawer.seed)) for label in labels])
    rows.append([drawer.panel("collapsed", _repainted(collapsed, mel)) for mel in sources.values()])
    draw_panels(
        drawer.out / "figure14.png", "Four inputs (above), repainted (middle), and by a collapsed network", rows
    )
    return (
        "four inputs, what the promoted network makes of their codes, and one picture for all by a collapsed network."
    )


def _figure_of_variations(drawer: _Drawer, number: int, label: str) -> str:
    source = drawer.excerpt(label)
    row = [drawer.panel(readable(label), first_second(source), is_heard=True)]
    row += [
        drawer.panel(f"{painter.version} variation", painter.vary(source, label, drawer.seed), is_heard=True)
        for painter in drawer.painters.values()
    ]
    draw_panels(drawer.out / f"figure{number}.png", f"Variations of {readable(label)}, strength {STRENGTH:g}", [row])
    return f"a second of {readable(label)} and a variation by each generator."


def _figure18(drawer: _Drawer) -> str:
    first, second = drawer.excerpt(TAPPING), drawer.excerpt(BRUSHING)
    row = [
        drawer.panel(
            f"{painter.version} blend", painter.mix(first, second, (TAPPING, BRUSHING), drawer.seed), is_heard=True
        )
        for painter in drawer.painters.values()
    ]
    draw_panels(drawer.out / "figure18.png", "Blends of tapping and brushing, half and half", [row])
    return "the blend of Figure 13's sounds by each generator."


def _repainted(network: keras.Model, mel: FloatArray) -> FloatArray:
    """What an autoencoder makes of a second. [101, 128] in dB -> [100, 128]."""
    level_db = reference_db(mel)
    told: Any = network(to_picture(mel[None, :WINDOW_FRAMES], level_db), training=False)
    return to_mel(keras.ops.convert_to_numpy(told["picture"])[0], level_db)


def _network(run: Path) -> keras.Model:
    card = json.loads((run / CARD).read_text(encoding="utf-8"))
    network = build(card["network"], n_labels=len(card["labels"]))
    weights_file.load(run / WEIGHTS, network)
    return network


def _runs(folder: Path | None, corpus: Corpus, fold: int) -> dict[str, Path]:
    """Runs by network; of several, the first that did not hear the fold, or else the first."""
    found = runs_by_network(folder, corpus) if folder is not None else {}
    return {
        name: min(runs, key=lambda run: (run.held_out_fold != fold, run.folder)).folder for name, runs in found.items()
    }


def _sources(corpus: Corpus, choice: FigureChoice) -> dict[str, int]:
    """For each label of the fold a window louder than three quarters: the loudest may be an accident."""
    windows = corpus.windows
    sources = {}
    for ordinal, label in enumerate(corpus.labels):
        rows = np.flatnonzero((windows.fold == choice.fold) & (windows.label == ordinal))
        if len(rows):
            sources[label] = int(rows[np.argsort(windows.level_dbfs[rows])[3 * len(rows) // 4]])
    if not {TAPPING, BRUSHING} <= set(sources):
        raise NoRecordings(f"Fold {choice.fold} has no {TAPPING} or no {BRUSHING} to draw.", fold=choice.fold)
    return sources
