"""Cards: what the shipped networks are and what they learnt from, written from what trainings and scores leave behind.

    python -m models.recipes.cards classifier --data DIR --run RUN --report classifiers.json \
        --segmentation segmentation.json --version cnn1d_tuned-4
    python -m models.recipes.cards fusion --run RUN --segmentation segmentation.json --version yamnet-fusion-1
    python -m models.recipes.cards dataset --data DIR

Texts are in card_texts; only what is counted is filled in here.
"""

import argparse
import csv
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from models.networks.catalogue import build
from models.recipes.recordings import fingerprint, read_recordings
from models.recipes.runs import CARD, WEIGHTS

TEXTS = Path(__file__).parent / "card_texts"
WEIGHTS_FOLDER = Path(__file__).parents[1] / "weights"
DATASET_CARD = Path(__file__).parents[2] / "docs" / "dataset.md"
WATTS_PER_CORE = 15.0
"""Assumed share of a server's power that one busy core and its memory take; nobody measured it at the plug."""
N_CORES = 2
_MEASURES = ("window_accuracy", "balanced_accuracy", "macro_f1", "recording_accuracy")
_SHOWN = ("cnn1d_tuned", "cnn1d_tuned + second opinion", "frozen_tagger")


def classifier_card(run: Path, report: Path, segmentation: Path, data: Path, version: str) -> str:
    """Write the card of the shipped classifier.

    Args:
        run: Folder of the run that was promoted.
        report: classifiers.json, as `deepasmr evaluate classifiers` writes it.
        segmentation: segmentation.json, as `deepasmr evaluate segmentation` writes it.
        data: Folder of recordings.
        version: Of the promoted weights.

    Returns:
        Markdown.
    """
    card, values = _read(run / CARD), _read(report)
    network = build(card["network"], n_labels=len(card["labels"]))
    filters = [layer.filters for layer in network.layers if type(layer).__name__.endswith("Conv1D")]
    rows = _rows(data, "recordings.csv")
    hours = sum(epoch.get("seconds", 0.0) for epoch in card["history"]) / 3600.0
    return _filled(
        "classifier",
        version=version,
        n_convolutions=len(filters),
        filters=", ".join(map(str, filters)),
        parameters=f"{network.count_params() / 1e6:.2f}",
        megabytes=_megabytes(run / WEIGHTS),
        n_labels=len(card["labels"]),
        n_made=_n_windows(card, "variety"),
        n_foley=_n_windows(card, "foley"),
        n_recordings=len(rows),
        minutes=_minutes(rows),
        fingerprint=card["data_fingerprint"],
        teacher="While training it also foretold the embedding of YAMNet (Apache-2.0, not shipped) for each second."
        if card["has_teacher"]
        else "No teacher was heard.",
        n_epochs=len(card["history"]),
        seed=card["seed"],
        commit=card["git_commit"],
        folds="on all folds" if card["held_out_fold"] is None else f"fold {card['held_out_fold']} held out",
        licences=licence_table(rows),
        scores=_score_table(values),
        labels=_label_table(values),
        caution=_caution(_read(segmentation)),
        hours=f"{hours:.1f}",
        n_cores=N_CORES,
        watts=f"{WATTS_PER_CORE:.0f}",
        watt_hours=f"{hours * N_CORES * WATTS_PER_CORE:.0f}",
    )


def fusion_card(run: Path, segmentation: Path, version: str) -> str:
    """Write the card of the second opinion.

    Args:
        run: Folder of the run of `deepasmr train fusion` that was promoted.
        segmentation: segmentation.json, as `deepasmr evaluate segmentation --second-opinion` writes it.
        version: Of the promoted weights.

    Returns:
        Markdown.
    """
    card = _read(run / CARD)
    return _filled(
        "fusion",
        version=version,
        weights=", ".join(f"{weight:.2f}" for weight in card["scores"]["weights_of_opinions"]),
        megabytes=_megabytes(run / WEIGHTS),
        tagger=card["scores"]["tagger_sha256"][:16],
        recorded_share=f"{card['recipe']['recorded_share']:.0%}",
        fingerprint=card["data_fingerprint"],
        n_epochs=card["recipe"]["n_epochs"],
        seed=card["seed"],
        commit=card["git_commit"],
        scores=(run / "fusion.md").read_text(encoding="utf-8").strip(),
        n_runs=card["scores"]["n_runs"],
        caution=_caution(_read(segmentation)),
    )


def dataset_card(data: Path) -> str:
    """Write the card of the recordings, without any of them.

    Args:
        data: Folder of recordings.

    Returns:
        Markdown.
    """
    rows, pool = _rows(data, "recordings.csv"), _rows(data, "unlabelled.csv")
    labels = sorted({row["label"] for row in rows})
    table = [
        "| label | recordings | sources | collections | minutes | assembled | pseudo | in folds 0–4 | kinds |",
        "|---" * 9 + "|",
        *(_label_row(label, [row for row in rows if row["label"] == label]) for label in labels),
    ]
    collections = Counter(row["collection"] for row in rows)
    return _filled(
        "dataset",
        n_recordings=len(rows),
        n_labels=len(labels),
        minutes=_minutes(rows),
        n_collections=len(collections),
        n_pool=len(pool),
        pool_minutes=_minutes(pool),
        fingerprint=fingerprint(read_recordings(data)),
        labels="\n".join(table),
        licences=licence_table(rows),
        collections=" · ".join(f"{name} ({n})" for name, n in collections.most_common()),
    )


def licence_table(rows: Sequence[dict[str, str]]) -> str:
    """Count recordings and minutes by licence, as the list states it."""
    counts = Counter(row["licence"] for row in rows)
    lines = ["| licence | recordings | minutes |", "|---|---|---|"]
    for name, n in counts.most_common():
        lines.append(f"| {name} | {n} | {_minutes([row for row in rows if row['licence'] == name], 1)} |")
    return "\n".join(lines)


def _label_row(label: str, rows: Sequence[dict[str, str]]) -> str:
    folds = Counter(row["fold"] for row in rows)
    kinds = Counter(row["sub_label"] for row in rows if row["sub_label"])
    cells = [
        label,
        len(rows),
        len({row["source_id"] for row in rows}),
        len({row["collection"] for row in rows}),
        _minutes(rows, 1),
        sum(row["assembled"] == "1" for row in rows),
        sum(row["pseudo"] == "1" for row in rows),
        " · ".join(str(folds[str(fold)]) for fold in range(5)),
        ", ".join(f"{kind} {n}" for kind, n in kinds.most_common(4)),
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def _score_table(values: dict[str, Any]) -> str:
    headings = ("protocol", "network", "runs", "windows", "balanced", "macro F1", "recordings", "nine: windows")
    lines = ["| " + " | ".join(headings) + " |", "|---" * len(headings) + "|"]
    for row in values["rows"]:
        if row["network"] in _SHOWN:
            cells = [_cell(row["all_labels"], measure) for measure in _MEASURES]
            cells.append(_cell(row["thesis_labels"], _MEASURES[0]))
            protocol = "random windows (**leaks**)" if row["is_leaking"] else "source-disjoint"
            lines.append(f"| {protocol} | {row['network']} | {row['n_runs']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _caution(values: dict[str, Any]) -> str:
    row, shipped = values["rows"][-1], values["shipped"]
    return _filled(
        "caution",
        before=f"{100 * values['expected_error_before']:.1f}",
        after=f"{100 * values['expected_error_after']:.1f}",
        temperature=values["temperature"],
        advantage=f"{shipped['background_advantage']:g}",
        least=f"{100 * shipped['min_confidence']:.0f}",
        switch=f"{shipped['switch_probability']:g}",
        precision=f"{100 * row['mix_time']['precision']:.0f}",
        recall=f"{100 * row['mix_time']['recall']:.0f}",
        event_f1=f"{row['mixes']['event_f1']:.2f}",
        strangers=f"{100 * row['stranger_share']:.0f}",
    ).strip()


def _label_table(values: dict[str, Any]) -> str:
    rows = [row for row in values["rows"] if row["network"] in _SHOWN and not row["is_leaking"]]
    lines = ["| label | " + " | ".join(row["network"] for row in rows) + " |", "|---" * (1 + len(rows)) + "|"]
    for label in values["labels"]:
        told = [row["labels"].get(label) for row in rows]
        cells = [
            " / ".join(f"{100 * each[name]:.0f}" for name in ("precision", "recall", "f1")) if each else "–"
            for each in told
        ]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _n_windows(card: dict[str, Any], variety: str) -> str:
    return f"{card['recipe'].get(variety, {}).get('n_windows', 0):,}"


def _cell(spreads: dict[str, dict[str, float]], measure: str) -> str:
    spread = spreads.get(measure)
    return f"{100 * spread['mean']:.1f} ± {100 * spread['sd']:.1f}" if spread else "–"


def _filled(name: str, **values: object) -> str:
    return Template((TEXTS / f"{name}.md").read_text(encoding="utf-8")).substitute(values)


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _rows(data: Path, name: str) -> list[dict[str, str]]:
    with (data / name).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def _minutes(rows: Sequence[dict[str, str]], n_digits: int = 0) -> str:
    return f"{sum(float(row['seconds']) for row in rows) / 60.0:.{n_digits}f}"


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f}"


def main(words: Sequence[str] | None = None) -> None:
    """Write a card."""
    parser = argparse.ArgumentParser(description="Write a card.")
    parser.add_argument("card", choices=("classifier", "fusion", "dataset"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--segmentation", type=Path)
    parser.add_argument("--version")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args(words)
    needed = {
        "classifier": ("data", "run", "report", "segmentation", "version"),
        "fusion": ("run", "segmentation", "version"),
        "dataset": ("data",),
    }
    if missing := [name for name in needed[asked.card] if getattr(asked, name) is None]:
        parser.error(f"the card of the {asked.card} needs --{', --'.join(missing)}")
    out = WEIGHTS_FOLDER / ("fusion.md" if asked.card == "fusion" else "cnn1d_tuned.md")
    if asked.card == "classifier":
        text = classifier_card(asked.run, asked.report, asked.segmentation, asked.data, asked.version)
    elif asked.card == "fusion":
        text = fusion_card(asked.run, asked.segmentation, asked.version)
    else:
        out, text = DATASET_CARD, dataset_card(asked.data)
    (asked.out or out).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
