"""Table 1 of Moon 2020, measured by both protocols beside the frozen tagger, with its figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.networks.classifiers import CLASSIFIERS
from models.recipes.classifier_report import Row, as_values, classifier_markdown, row_of
from models.recipes.corpus import Corpus, open_corpus
from models.recipes.figures import draw_confusion, draw_embeddings, draw_labels, draw_reliability
from models.recipes.folds import Contender, Places, Result, contender, finished, given_results, results, save_report
from models.recipes.frozen_tagger import FROZEN_TAGGER, tagger_results
from models.recipes.opinions import CLASSIFIER, ROW
from models.recipes.overheard import open_overheard
from models.recipes.protocols import Protocol, splits
from models.recipes.scores import reliability
from models.recipes.searched import SEARCHED, has_search, read_search, searched_contender
from models.recipes.second_opinions import fusion_results
from models.recipes.teacher import teacher_path

_FIGURE_10 = ("dense_audio", "cnn1d_tuned")
_ORDER = (*CLASSIFIERS, SEARCHED, FROZEN_TAGGER, ROW)
"""Of the rows in a table."""
Gathered = dict[tuple[Protocol, str], list[Result]]


@dataclass(frozen=True)
class Choice:
    """What to measure."""

    networks: tuple[str, ...]
    protocols: tuple[Protocol, ...] = tuple(Protocol)
    seeds: tuple[int, ...] = (0, 1, 2)
    runs: Path | None = None
    """Folder of finished runs to take instead of training by folds."""
    is_training: bool = True
    """Whether missing runs are trained; the report is written from the finished ones otherwise."""
    remarks: tuple[str, ...] = ()
    """What a reader of the report must know beside."""
    has_second_opinion: bool = True
    """Whether classifier and second opinion together get a row; its heads are trained where they never were."""


def default_networks() -> tuple[str, ...]:
    """The classifiers of Table 1 and, where a search lies beside the weights, its best trial."""
    return (*CLASSIFIERS, SEARCHED) if has_search() else tuple(CLASSIFIERS)


def evaluate_classifiers(
    choice: Choice, data: Path, out: Path, *, cache: Path, tell: Callable[[str], None] = print
) -> str:
    """Measure classifiers and write the report: classifiers.md, classifiers.json and figures.

    Runs are kept in out/folds; what is finished is taken as it is, what was interrupted goes on.

    Args:
        choice: What to measure.
        data: Folder of recordings.
        out: Folder of the report.
        cache: Folder for what is computed from the recordings.
        tell: Where progress goes.

    Returns:
        The report's Markdown.

    Raises:
        NoRecordings: if the data cannot be learnt from and scored, or choice.runs holds no run.
        UnknownNetwork: if a network is none.
    """
    corpus = open_corpus(data, cache, tell=tell)
    for name in choice.networks:
        _contender(name, Protocol.SOURCE_DISJOINT)
    networks = [name for name in choice.networks if name != SEARCHED or _is_searched_here(corpus)]
    places = Places(data, cache, out / "folds")
    given = given_results(choice.runs, corpus, tell=tell) if choice.runs is not None else {}
    gathered: Gathered = {}
    remarks = [*choice.remarks, *_tagger_rows(choice, corpus, places, gathered, tell)]
    if len(networks) < len(choice.networks):
        remarks.append(f"The row of {SEARCHED} is missing: its settings were chosen on other data or other folds.")
    if Protocol.SOURCE_DISJOINT in choice.protocols:
        for name, found in given.items():
            gathered[Protocol.SOURCE_DISJOINT, name] = found
    for seed in choice.seeds:
        for protocol in choice.protocols:
            for name in networks:
                if protocol is Protocol.SOURCE_DISJOINT and name in given:
                    continue
                gathered.setdefault((protocol, name), []).extend(
                    _measured(name, corpus, protocol, seed, places, choice.is_training, tell)
                )
                _write(out, _rows(gathered, corpus), corpus, remarks)
    remarks += _remarks_on_search(gathered, corpus)
    if choice.has_second_opinion:
        _second_opinion_row(corpus, places, gathered, tell)
    rows = _rows(gathered, corpus)
    text = _write(out, rows, corpus, remarks)
    tell("Drawing")
    _draw(out, rows, gathered, corpus)
    return text


def _contender(name: str, protocol: Protocol) -> Contender:
    return searched_contender() if name == SEARCHED else contender(name, protocol)


def _is_searched_here(corpus: Corpus) -> bool:
    """Whether settings were searched on these folds: elsewhere, what must be news to them was not kept from them."""
    return read_search().data_fingerprint == corpus.fingerprint


def _measured(
    name: str,
    corpus: Corpus,
    protocol: Protocol,
    seed: int,
    places: Places,
    is_training: bool,
    tell: Callable[[str], None],
) -> list[Result]:
    partings = splits(corpus, protocol, [seed])
    who = _contender(name, protocol)
    if name == SEARCHED and protocol is Protocol.SOURCE_DISJOINT:
        # Its settings were chosen on the other folds: only this one is news to them.
        partings = [split for split in partings if split.fold == read_search().test_fold]
    if not is_training:
        partings = [split for split in partings if finished(who, corpus, split, places)]
    return results(who, corpus, partings, places, tell=tell)


def _tagger_rows(
    choice: Choice, corpus: Corpus, places: Places, gathered: Gathered, tell: Callable[[str], None]
) -> list[str]:
    tagger = teacher_path(places.data)
    if tagger is None:
        return [f"The row of the frozen tagger is missing: {places.data.name} has no teacher/yamnet.tflite."]
    overheard = open_overheard(corpus, places.cache, tagger, tell=tell)
    for protocol in choice.protocols:
        # Nothing in it is random: by folds, one seed says it all.
        seeds = choice.seeds if protocol is Protocol.THESIS else choice.seeds[:1]
        gathered[protocol, FROZEN_TAGGER] = tagger_results(
            corpus, overheard, splits(corpus, protocol, seeds), places.folds, tell=tell
        )
    return []


def _second_opinion_row(corpus: Corpus, places: Places, gathered: Gathered, tell: Callable[[str], None]) -> None:
    """Add the row of classifier and second opinion, where there is a tagger and more than one fold to weigh them on."""
    found = gathered.get((Protocol.SOURCE_DISJOINT, CLASSIFIER), [])
    n_folds = {seed: sum(each.split.seed == seed for each in found) for seed in {each.split.seed for each in found}}
    weighable = [each for each in found if n_folds[each.split.seed] > 1]
    if weighable and teacher_path(places.data) is not None:
        gathered[Protocol.SOURCE_DISJOINT, ROW] = fusion_results(
            corpus, places.data, places.cache, weighable, tell=tell
        )


def _remarks_on_search(gathered: Gathered, corpus: Corpus) -> list[str]:
    searched = gathered.get((Protocol.SOURCE_DISJOINT, SEARCHED))
    if not searched:
        return []
    fold = searched[0].split.fold
    seeds = {result.split.seed for result in searched}
    same = [
        result
        for result in gathered.get((Protocol.SOURCE_DISJOINT, "cnn1d_4"), [])
        if result.split.fold == fold and result.split.seed in seeds
    ]
    remark = f"{SEARCHED} is scored on fold {fold} alone: its settings were chosen on the others."
    if same:
        scores = row_of("cnn1d_4", same, corpus).all_labels
        told, balanced = scores["window_accuracy"].mean, scores["balanced_accuracy"].mean
        remark += f" There, cnn1d_4 reaches {100 * told:.1f} % of windows, balanced {100 * balanced:.1f} %."
    return [remark]


def _rows(gathered: Gathered, corpus: Corpus) -> list[Row]:
    rows = [row_of(name, found, corpus) for (_, name), found in gathered.items() if found]
    return sorted(rows, key=lambda row: _ORDER.index(row.network))


def _write(out: Path, rows: Sequence[Row], corpus: Corpus, remarks: Sequence[str]) -> str:
    text = classifier_markdown(rows, corpus, remarks)
    save_report(out, "classifiers", text, as_values(rows, corpus, remarks))
    return text


def _draw(out: Path, rows: Sequence[Row], gathered: Gathered, corpus: Corpus) -> None:
    for row in rows:
        draw_confusion(out / f"confusion-{row.protocol}-{row.network}.png", row, corpus.labels)
    for protocol in Protocol:
        chosen = [row for row in rows if row.protocol is protocol]
        if chosen:
            draw_labels(out / f"labels-{protocol}.png", chosen)
    curves = {}
    for (protocol, name), found in gathered.items():
        if protocol is Protocol.SOURCE_DISJOINT and found:
            told = np.concatenate([result.heard.probabilities for result in found])
            label = np.concatenate([corpus.windows.label[result.heard.rows] for result in found])
            curves[name] = reliability(told, label)
    if curves:
        draw_reliability(out / "reliability.png", curves)
    compared = _figure10(gathered)
    if compared:
        draw_embeddings(out / "figure10.png", compared, corpus)


def _figure10(gathered: Gathered) -> dict[str, Result]:
    """The answers of the first and the last classifier of Table 1 on the same held-out fold, where both are there."""
    found = [
        {(each.split.seed, each.split.fold): each for each in gathered.get((Protocol.SOURCE_DISJOINT, name), [])}
        for name in _FIGURE_10
    ]
    common = sorted(set(found[0]) & set(found[1]))
    return {name: by_parting[common[0]] for name, by_parting in zip(_FIGURE_10, found, strict=True)} if common else {}
