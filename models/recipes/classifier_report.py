"""Classifiers' answers gathered into rows of Table 1, and the rows written for people and for programs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from models.recipes.corpus import Corpus
from models.recipes.folds import Result
from models.recipes.protocols import Protocol
from models.recipes.scores import THESIS_LABELS, LabelScores, confusion, label_scores, of_labels, scores_of

MEASURES = ("window_accuracy", "balanced_accuracy", "macro_f1", "recording_accuracy")
HEADINGS = ("windows", "balanced", "macro F1", "recordings")
LEAK_WARNING = (
    "**Leaks**: windows of the same recordings are learnt from and scored. For comparison with Moon 2020 alone; "
    "a listener's own recordings are heard as the other table says."
)


@dataclass(frozen=True)
class Spread:
    """A measure over runs, between 0 and 1."""

    mean: float
    sd: float
    """Standard deviation over the runs: folds and seeds."""


@dataclass(frozen=True)
class Row:
    """One classifier under one protocol."""

    network: str
    protocol: Protocol
    is_leaking: bool
    n_seeds: int
    n_runs: int
    all_labels: dict[str, Spread]
    """By measure, on every scored window."""
    thesis_labels: dict[str, Spread]
    """On the windows of the thesis's nine labels, all labels being open to the classifier; empty if there are none."""
    labels: dict[str, LabelScores]
    """Pooled over the runs; windows are counted once for each seed."""
    confusion: list[list[int]]
    """[n_labels true][n_labels told], pooled over the runs."""
    runs: list[dict[str, object]]
    """Each run's own scores."""


def row_of(network: str, results: Sequence[Result], corpus: Corpus) -> Row:
    """Sum up a classifier's answers.

    Args:
        network: Name in the table.
        results: Its answers on partings by one protocol, at least one.
        corpus: The recordings.

    Returns:
        The row.
    """
    counts = np.zeros((len(corpus.labels), len(corpus.labels)), dtype=np.int64)
    runs: list[dict[str, object]] = []
    on_all, on_thesis = [], []
    for result in results:
        label, recording = corpus.windows.label[result.heard.rows], corpus.windows.recording[result.heard.rows]
        counts += confusion(result.heard.probabilities, label)
        on_all.append(scores_of(result.heard.probabilities, label, recording).as_dict())
        run: dict[str, object] = {"seed": result.split.seed, "fold": result.split.fold, "all_labels": on_all[-1]}
        chosen = of_labels(label, corpus.labels, THESIS_LABELS)
        if chosen.any():
            scores = scores_of(result.heard.probabilities[chosen], label[chosen], recording[chosen])
            on_thesis.append(scores.as_dict())
            run["thesis_labels"] = on_thesis[-1]
        runs.append(run)
    protocol = results[0].split.protocol
    return Row(
        network=network,
        protocol=protocol,
        is_leaking=protocol.is_leaking,
        n_seeds=len({result.split.seed for result in results}),
        n_runs=len(results),
        all_labels=_spreads(on_all),
        thesis_labels=_spreads(on_thesis),
        labels=label_scores(counts, corpus.labels),
        confusion=counts.tolist(),
        runs=runs,
    )


def _spreads(scores: Sequence[dict[str, float]]) -> dict[str, Spread]:
    if not scores:
        return {}
    values = {measure: np.array([each[measure] for each in scores]) for measure in MEASURES}
    return {name: Spread(round(float(value.mean()), 4), round(float(value.std()), 4)) for name, value in values.items()}


def classifier_markdown(rows: Sequence[Row], corpus: Corpus, remarks: Sequence[str] = ()) -> str:
    """Write rows as tables: per cent, mean ± standard deviation over folds and seeds.

    Args:
        rows: Of any protocols.
        corpus: What they were measured on.
        remarks: Lines that a reader must know, for instance why a row is missing.

    Returns:
        Markdown.
    """
    n_labelled = sum(recording.label is not None for recording in corpus.recordings)
    n_windows = int(np.sum(corpus.windows.label >= 0))
    lines = [
        "# Classifiers",
        "",
        f"{n_labelled} recordings, {len(corpus.labels)} labels, {n_windows} audible windows of a second; data "
        f"`{corpus.fingerprint}`. Per cent, mean ± standard deviation over the runs (folds × seeds). *nine* are the "
        "thesis's labels: all labels are open to the classifier, windows of these nine are scored.",
        *(f"\n{remark}" for remark in remarks),
    ]
    for protocol in Protocol:
        chosen = [row for row in rows if row.protocol is protocol]
        if chosen:
            lines += ["", *_protocol_lines(protocol, chosen)]
    return "\n".join(lines) + "\n"


def _protocol_lines(protocol: Protocol, rows: Sequence[Row]) -> list[str]:
    if protocol.is_leaking:
        title, about = "Protocol of the thesis: random windows (leaks)", LEAK_WARNING
    else:
        title, about = (
            "Source-disjoint folds",
            "A source is in one fold only; each fold is scored by who never heard it.",
        )
    mark = " (leaks)" if protocol.is_leaking else ""
    nine = [f"nine: {heading}" for heading in HEADINGS]
    lines = [
        f"## {title}",
        "",
        about,
        "",
        f"| network{mark} | runs | " + " | ".join((*HEADINGS, *nine)) + " |",
        "|---" * (2 + 2 * len(HEADINGS)) + "|",
    ]
    for row in rows:
        columns = (row.all_labels, row.thesis_labels)
        cells = [_cell(spreads, measure, row.n_runs) for spreads in columns for measure in MEASURES]
        lines.append(f"| {row.network} | {row.n_runs} | " + " | ".join(cells) + " |")
    lines += [
        "",
        f"Per label{mark}: precision / recall / F1, pooled over the runs.",
        "",
        "| label | windows | " + " | ".join(row.network for row in rows) + " |",
        "|---" * (2 + len(rows)) + "|",
    ]
    for label in sorted({label for row in rows for label in row.labels}):
        n_windows = max(row.labels[label].n_windows // row.n_seeds for row in rows if label in row.labels)
        cells = [_label_cell(row.labels.get(label)) for row in rows]
        lines.append(f"| {readable(label)} | {n_windows} | " + " | ".join(cells) + " |")
    return lines


def _cell(spreads: dict[str, Spread], measure: str, n_runs: int) -> str:
    if measure not in spreads:
        return "–"
    # A single run has no spread, and none is not nought.
    return f"{100 * spreads[measure].mean:.1f}" + (f" ± {100 * spreads[measure].sd:.1f}" if n_runs > 1 else "")


def _label_cell(scores: LabelScores | None) -> str:
    if scores is None:
        return "–"
    return f"{100 * scores.precision:.0f} / {100 * scores.recall:.0f} / {100 * scores.f1:.0f}"


def readable(label: str) -> str:
    """A label as people write it."""
    return label.replace("_", " ")


def as_values(rows: Sequence[Row], corpus: Corpus, remarks: Sequence[str] = ()) -> dict[str, object]:
    """Rows as JSON can hold them, with what they were measured on."""
    return {
        "data_fingerprint": corpus.fingerprint,
        "labels": list(corpus.labels),
        "thesis_labels": [label for label in THESIS_LABELS if label in corpus.labels],
        "remarks": list(remarks),
        "rows": [asdict(row) for row in rows],
    }


def shares(counts: Sequence[Sequence[int]]) -> npt.NDArray[np.float64]:
    """A confusion matrix's rows in shares of their label's windows; rows without windows stay zero."""
    matrix = np.array(counts, dtype=np.float64)
    return matrix / np.maximum(1.0, matrix.sum(axis=1, keepdims=True))
