"""Pictures of how classifiers hear: who is taken for whom, label by label, how sure, and what lies near what."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.manifold import TSNE

from models.audio import FloatArray
from models.recipes.classifier_report import Row, readable, shares
from models.recipes.corpus import Corpus
from models.recipes.folds import Result
from models.recipes.scores import THESIS_LABELS, Reliability

DPI = 90
N_POINTS_PER_LABEL = 120
FEWEST_IN_BIN = 20
"""A bin with fewer windows says nothing of how sure a classifier may be."""
N_COLOURED_LABELS = 6
"""As in Moon 2020, Figure 10."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c564b")
"""Told apart by colour-blind eyes too (Okabe and Ito)."""


def draw_confusion(path: Path, row: Row, labels: Sequence[str]) -> None:
    """Draw what is told (columns) for what is true (rows), in per cent of the label's windows.

    Args:
        path: PNG to write.
        row: One classifier.
        labels: What rows and columns stand for.
    """
    matrix = 100.0 * shares(row.confusion)
    side = 2.5 + 0.42 * len(labels)
    figure = Figure(figsize=(side + 0.6, side), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(matrix, cmap="Blues", vmin=0.0, vmax=100.0)
    names = [readable(label) for label in labels]
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=9)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    for true, told in zip(*np.nonzero(matrix >= 1.0), strict=True):
        share = matrix[true, told]
        axes.text(
            told, true, f"{share:.0f}", ha="center", va="center", fontsize=8, color="white" if share > 55 else "#222222"
        )
    axes.set_xlabel("told")
    axes.set_ylabel("true")
    axes.set_title(_title(row) + "\nper cent of the true label's windows", fontsize=11)
    figure.colorbar(image, ax=axes, shrink=0.6, label="%")
    figure.savefig(path, dpi=DPI)


def draw_labels(path: Path, rows: Sequence[Row]) -> None:
    """Draw the F1 of each label, classifiers side by side.

    Args:
        path: PNG to write.
        rows: Of one protocol, at least one.
    """
    labels = sorted({label for row in rows for label in row.labels})
    figure = Figure(figsize=(7.5, 1.2 + len(labels) * (0.14 + 0.11 * len(rows))), layout="constrained")
    axes = figure.add_subplot()
    height = 0.8 / len(rows)
    for ordinal, row in enumerate(rows):
        values = [100.0 * row.labels[label].f1 if label in row.labels else 0.0 for label in labels]
        places = np.arange(len(labels)) + (ordinal - (len(rows) - 1) / 2) * height
        axes.barh(places, values, height, label=row.network, color=COLOURS[ordinal % len(COLOURS)])
    axes.set_yticks(range(len(labels)), [readable(label) for label in labels], fontsize=9)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0.0, 100.0)
    axes.set_xlabel("F1 (%)")
    axes.grid(axis="x", alpha=0.3)
    axes.set_title("Label by label, " + _protocol_name(rows[0]), fontsize=11)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    figure.savefig(path, dpi=DPI)


def draw_reliability(path: Path, curves: dict[str, Reliability]) -> None:
    """Draw how often a classifier is right when it is so sure: on the diagonal, its confidence means what it says.

    Args:
        path: PNG to write.
        curves: By the name in the legend, at most eight.
    """
    figure = Figure(figsize=(5.6, 5.8), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 100], [0, 100], color="#999999", linewidth=1, linestyle="--")
    for ordinal, (name, curve) in enumerate(curves.items()):
        kept = np.array(curve.n_windows) >= FEWEST_IN_BIN
        axes.plot(
            100.0 * np.array(curve.confidence)[kept],
            100.0 * np.array(curve.accuracy)[kept],
            marker="o",
            markersize=4,
            color=COLOURS[ordinal % len(COLOURS)],
            label=f"{name}  (ECE {100.0 * curve.expected_error:.1f} %)",
        )
    axes.set_xlim(0.0, 100.0)
    axes.set_ylim(0.0, 100.0)
    axes.set_xlabel("confidence (%)")
    axes.set_ylabel("windows told right (%)")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", fontsize=9)
    axes.set_title("Reliability on held-out folds", fontsize=11)
    figure.savefig(path, dpi=DPI)


def draw_embeddings(path: Path, results: dict[str, Result], corpus: Corpus, *, seed: int = 0) -> None:
    """Draw Figure 10 of Moon 2020: which held-out windows lie near which, for several classifiers.

    Args:
        path: PNG to write.
        results: Answers on one and the same parting, by the classifier's name; at least one.
        corpus: The recordings.
        seed: Of the choice of windows and of the t-SNE.
    """
    first = next(iter(results.values())).heard
    label = corpus.windows.label[first.rows]
    known = [corpus.labels.index(name) for name in THESIS_LABELS if name in corpus.labels] or np.unique(label).tolist()
    coloured = sorted(known, key=lambda ordinal: -int(np.sum(label == ordinal)))[:N_COLOURED_LABELS]
    rng = np.random.default_rng(seed)
    rows = np.concatenate(
        [rng.permutation(np.flatnonzero(label == ordinal))[:N_POINTS_PER_LABEL] for ordinal in coloured]
    )
    figure = Figure(figsize=(5.2 * len(results), 5.4), layout="constrained")
    panels: Sequence[Axes] = figure.subplots(1, len(results), squeeze=False)[0]
    for axes, (name, result) in zip(panels, results.items(), strict=True):
        points = flattened(result.heard.embeddings[rows], seed=seed)
        for colour, ordinal in zip(COLOURS, coloured, strict=False):
            chosen = label[rows] == ordinal
            shown_label = readable(corpus.labels[ordinal])
            x, y = points[chosen].T
            axes.scatter(x, y, s=9, color=colour, label=shown_label, linewidths=0)
        axes.set_title(name, fontsize=11)
        axes.set_xticks([])
        axes.set_yticks([])
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, frameon=False, markerscale=2.0)
    figure.savefig(path, dpi=DPI)


def flattened(embeddings: FloatArray, *, seed: int) -> FloatArray:
    """Bring embeddings into the plane by t-SNE.

    Args:
        embeddings: [n_points, width]
        seed: Of the t-SNE.

    Returns:
        [n_points, 2]
    """
    perplexity = min(30.0, max(2.0, (len(embeddings) - 1) / 3.0))
    plane: FloatArray = TSNE(
        n_components=2, perplexity=perplexity, init="pca", learning_rate="auto", random_state=seed
    ).fit_transform(embeddings)
    return plane


def _title(row: Row) -> str:
    return f"{row.network}, {_protocol_name(row)}"


def _protocol_name(row: Row) -> str:
    return "random windows (leaks)" if row.is_leaking else "source-disjoint folds"
