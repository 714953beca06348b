"""`deepasmr evaluate timbre`: Table 2 of Moon 2020, and how often blends lie between their parents."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from models.audio import FloatArray
from models.audio.mel import MEL
from models.audio.render import render
from models.inference.generate import KINDS, PAINTERS, load_generator
from models.recipes.corpus import WINDOW_SAMPLES, Corpus, open_corpus
from models.recipes.folds import save_report
from models.recipes.made_sounds import RENDERER_SEED
from models.recipes.painters import Plain, Trained, excerpt, first_second, generator_of_run, runs_by_network
from models.recipes.timbre import FEATURES, timbre_of
from models.recipes.timbre_blends import Between, between, draw_pairs

LINEAR = "linear mix"
TAPPING = "nail_tapping"
MATERIALS = ("wood", "glass")


@dataclass(frozen=True)
class TimbreChoice:
    """What to measure, and how much of it."""

    networks: tuple[str, ...] = KINDS
    runs: Path | None = None
    """Folder of generators' runs to take instead of the promoted ones: those that did not hear the fold."""
    n_pairs: int = 100
    n_parents: int = 40
    """Windows that the pairs are drawn from: each is heard once, however many pairs it is in."""
    fold: int = 0
    """Whose windows are blended."""
    seed: int = 0


@dataclass(frozen=True)
class Table2:
    """Wood and glass tapping, and what lies between."""

    of_sound: dict[str, dict[str, float]]
    """Features by sound."""
    recordings: dict[str, str]
    """File names of the inputs."""


def evaluate_timbre(
    choice: TimbreChoice, data: Path, out: Path, *, cache: Path, tell: Callable[[str], None] = print
) -> str:
    """Measure timbre and write the report: timbre.md, timbre.json. What was heard is kept: an interrupted run goes on.

    Args:
        choice: What to measure.
        data: Folder of recordings.
        out: Folder of the report.
        cache: Folder for what is computed from the recordings.
        tell: Where progress goes.

    Returns:
        The report's Markdown.

    Raises:
        NoRecordings: if the fold has not two labels to blend.
        BadSetting: if the timbral models are not installed.
    """
    corpus = open_corpus(data, cache, tell=tell)
    if choice.runs is not None:
        runs = runs_by_network(choice.runs, corpus)
        found = [run.folder for name in PAINTERS for run in runs.get(name, ()) if run.held_out_fold == choice.fold]
        generators = [generator_of_run(run)[0] for run in found]
    else:
        generators = [load_generator(name) for name in choice.networks]
    painters: list[Plain | Trained] = [Plain(), *(Trained(generator, strength=0.0) for generator in generators)]
    table = _table2(painters, corpus)
    tell("Table 2 is measured" if table is not None else "There is no wood or no glass tapping: no Table 2")
    heard = _Heard(out / f"timbre-heard-{corpus.fingerprint}-fold{choice.fold}-seed{choice.seed}.json")
    rows = _between(choice, painters, corpus, heard, tell)
    text = _markdown(table, rows, choice)
    values = {
        "data_fingerprint": corpus.fingerprint,
        "fold": choice.fold,
        "generators": [generator.version for generator in generators],
        "table2": None if table is None else asdict(table),
        "between": [asdict(row) for row in rows],
    }
    save_report(out, "timbre", text, values)
    return text


class _Heard:
    """Features of sounds that were heard before, in a file: half a second of work each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, dict[str, float]] = {}
        if path.is_file():
            self._known = json.loads(path.read_text(encoding="utf-8"))

    def of(self, name: str, make: Callable[[], FloatArray]) -> dict[str, float]:
        """Features of a sound by its name, heard now if it never was."""
        if name not in self._known:
            self._known[name] = timbre_of(make())
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self._known), encoding="utf-8")
        return self._known[name]


def _table2(painters: Sequence[Plain | Trained], corpus: Corpus) -> Table2 | None:
    found = {material: _tapping_on(material, corpus) for material in MATERIALS}
    rows = {material: row for material, row in found.items() if row is not None}
    if len(rows) < len(MATERIALS):
        return None
    first, second = (excerpt(corpus, corpus.windows, rows[material]) for material in MATERIALS)
    of_sound = {
        f"{material} (input)": timbre_of(_rendered(first_second(mel)))
        for material, mel in zip(MATERIALS, (first, second), strict=True)
    }
    for painter in painters:
        name = LINEAR if isinstance(painter, Plain) else f"{painter.version} blend"
        of_sound[name] = timbre_of(_rendered(painter.mix(first, second, (TAPPING, TAPPING), 0)))
    recordings = {
        material: corpus.recordings[corpus.windows.recording[row]].path.name for material, row in rows.items()
    }
    return Table2(of_sound, recordings)


def _tapping_on(material: str, corpus: Corpus) -> int | None:
    """The loudest second of tapping on a material, against its own recording's usual level; None if there is none."""
    windows = corpus.windows
    is_meant = np.array([r.label == TAPPING and material in r.sub_label for r in corpus.recordings])
    rows = np.flatnonzero(is_meant[windows.recording])
    return int(rows[windows.level_dbfs[rows].argmax()]) if len(rows) else None


def _between(
    choice: TimbreChoice,
    painters: Sequence[Plain | Trained],
    corpus: Corpus,
    heard: _Heard,
    tell: Callable[[str], None],
) -> list[Between]:
    parents, pairs = draw_pairs(
        corpus, choice.fold, n_parents=choice.n_parents, n_pairs=choice.n_pairs, seed=choice.seed
    )
    recorded, rendered = {}, {}
    for row in parents:
        recorded[row] = heard.of(f"recorded {row}", partial(_recorded, corpus, row))
        rendered[row] = heard.of(f"rendered {row}", partial(_source, corpus, row))
    rows = []
    for painter in painters:
        name = painter.version if isinstance(painter, Trained) else LINEAR
        blends = [
            heard.of(f"{name} {first}+{second}", partial(_blended, painter, corpus, first, second, number))
            for number, (first, second) in enumerate(pairs)
        ]
        rows.append(
            between(
                name,
                blends,
                [[rendered[row] for row in pair] for pair in pairs],
                [[recorded[row] for row in pair] for pair in pairs],
            )
        )
        tell(f"{name}: {100 * rows[-1].share:.1f} % between the parents")
    return rows


def _blended(painter: Plain | Trained, corpus: Corpus, first: int, second: int, seed: int) -> FloatArray:
    windows = corpus.windows
    labels = (corpus.labels[windows.label[first]], corpus.labels[windows.label[second]])
    sources = (excerpt(corpus, windows, first), excerpt(corpus, windows, second))
    return _rendered(painter.mix(*sources, labels, seed))


def _source(corpus: Corpus, row: int) -> FloatArray:
    return _rendered(first_second(excerpt(corpus, corpus.windows, row)))


def _rendered(mel: FloatArray) -> FloatArray:
    return render(mel, seed=RENDERER_SEED)


def _recorded(corpus: Corpus, row: int) -> FloatArray:
    windows = corpus.windows
    return corpus.audio_of(int(windows.recording[row]), int(windows.start_frame[row]) * MEL.hop_samples, WINDOW_SAMPLES)


def _markdown(table: Table2 | None, rows: Sequence[Between], choice: TimbreChoice) -> str:
    head = "| | " + " | ".join(FEATURES) + " |"
    rule = "|---" * (1 + len(FEATURES)) + "|"
    lines = ["# Timbre", ""]
    if table is not None:
        lines += [
            "The timbral models of Audio Commons, in points, on one second of tapping on wood "
            f"(`{table.recordings['wood']}`), of tapping on glass (`{table.recordings['glass']}`) and on what lies "
            "half way between. All are rendered from mel pictures in the same way.",
            "",
            head,
            rule,
            *(
                f"| {name} | " + " | ".join(f"{told[feature]:.0f}" for feature in FEATURES) + " |"
                for name, told in table.of_sound.items()
            ),
            "",
        ]
    lines += [
        f"Share (%) of features in which a blend lies between its parents, {rows[0].n_pairs} pairs of seconds of "
        f"different labels, fold {choice.fold}; the parents rendered as the blends are, in the last column as "
        "recorded.",
        "",
        "| | all | " + " | ".join(FEATURES) + " | parents as recorded |",
        "|---" * (3 + len(FEATURES)) + "|",
        *(
            f"| {row.maker} | {100 * row.share:.1f} ± {100 * row.sd:.1f} | "
            + " | ".join(f"{100 * row.of_feature[feature]:.0f}" for feature in FEATURES)
            + f" | {100 * row.as_recorded_share:.1f} |"
            for row in rows
        ),
    ]
    return "\n".join(lines) + "\n"
