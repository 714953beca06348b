"""Promotion: the deliberate step by which a run's weights become those that everybody uses."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.audio.mel import MEL
from models.errors import NoRecordings, WrongWeights
from models.networks.fusion import FUSION
from models.pretrained import CLASSIFIER, ManifestEntry, manifest, weights_folder
from models.recipes.runs import CARD, WEIGHTS

LARGEST_BYTES = 15_000_000
MANIFEST = "manifest.toml"


def promote(
    run: Path,
    *,
    version: str | None = None,
    scores: dict[str, Any] | None = None,
    temperature: float = 1.0,
    name: str | None = None,
) -> ManifestEntry:
    """Copy a run's weights among the promoted ones and enter them in the manifest.

    The classifier may bring other labels: the other networks keep theirs until they are trained anew (`left_behind`).

    Args:
        run: Folder of a finished run.
        version: Name of this state of the weights, such as "cnn1d_tuned-1"; the next number by default.
        scores: What the manifest says about them: from folds, since promoted weights have heard everything. By
            default what the run's card says of the fold that it had not heard.
        temperature: Of a classifier, from models.recipes.calibration over the folds.
        name: What it will be asked for by; the network's own name by default.

    Returns:
        The new entry.

    Raises:
        NoRecordings: if the folder holds no finished run.
        WrongWeights: if the file is too large to keep in git, or its labels differ from the promoted classifier's.
    """
    if not (run / CARD).is_file():
        raise NoRecordings(f"{run} is no finished run: it has no {CARD}.", folder=str(run))
    card = json.loads((run / CARD).read_text(encoding="utf-8"))
    content = (run / WEIGHTS).read_bytes()
    if len(content) > LARGEST_BYTES:
        raise WrongWeights(
            f"{run / WEIGHTS} has {len(content)} bytes; {LARGEST_BYTES} is the most that git should hold."
        )
    folder = weights_folder()
    entries = manifest() if (folder / MANIFEST).exists() else {}
    labels = tuple(card["labels"])
    name = name or card["network"]
    known = next((entries[other].labels for other in (CLASSIFIER, *entries) if other in entries), labels)
    if name != CLASSIFIER and labels != known:
        raise WrongWeights(
            f"{run} was trained on other labels than the classifier: {_difference(known, labels)}. Train it on the "
            f"same recordings, or promote a {CLASSIFIER} of its labels first."
        )
    version = version or _next_version(name, entries)
    entry = ManifestEntry(
        name=name,
        file=f"{version}.npz",
        sha256=hashlib.sha256(content).hexdigest(),
        version=version,
        labels=labels,
        mel=MEL,
        data_fingerprint=card["data_fingerprint"],
        card=f"{name}.md",
        scores=_scores_of(card) if scores is None else scores,
        network=card["network"],
        temperature=temperature,
    )
    before = entries.get(name)
    (folder / entry.file).write_bytes(content)
    entries[name] = entry
    part = folder / f"{MANIFEST}.part"
    part.write_text(_toml(entries), encoding="utf-8")
    os.replace(part, folder / MANIFEST)
    if before is not None and before.file != entry.file:
        (folder / before.file).unlink(missing_ok=True)
    return entry


def left_behind(entries: Mapping[str, ManifestEntry]) -> list[str]:
    """Tell in plain sentences what must be trained anew because the classifier has learnt other labels.

    Args:
        entries: The manifest.

    Returns:
        A sentence for each network whose labels are not the classifier's.
    """
    if CLASSIFIER not in entries:
        return []
    labels = entries[CLASSIFIER].labels
    sentences = []
    for name in sorted(entries):
        if entries[name].labels == labels:
            continue
        until = "is refused" if name == FUSION else "does without labels that it does not know"
        sentences.append(
            f"{name} has other labels ({_difference(labels, entries[name].labels)}): it {until} until it is trained "
            f"on the same recordings (deepasmr train {entries[name].network} --data DIR) and promoted."
        )
    return sentences


def _difference(labels: tuple[str, ...], others: tuple[str, ...]) -> str:
    lacks, adds = sorted(set(labels) - set(others)), sorted(set(others) - set(labels))
    said = [f"{verb} {', '.join(names)}" for verb, names in (("lacks", lacks), ("adds", adds)) if names]
    return "; ".join(said) or "in another order"


def _next_version(name: str, entries: Mapping[str, ManifestEntry]) -> str:
    """Count on from the version that is replaced: cnn1d_tuned-3 gives cnn1d_tuned-4."""
    stem, number = name, 0
    if name in entries and (counted := re.fullmatch(r"(.+)-(\d+)", entries[name].version)):
        stem, number = counted[1], int(counted[2])
    return f"{stem}-{number + 1}"


def _scores_of(card: dict[str, Any]) -> dict[str, Any]:
    fold, scores = card["held_out_fold"], card["scores"]
    return {"held_out_fold": fold, **scores} if scores and fold is not None else {}


def _toml(entries: dict[str, ManifestEntry]) -> str:
    labels = (entries.get(CLASSIFIER) or next(iter(entries.values()))).labels
    lines = ["# The trained weights that everybody uses. Written by models.recipes.promotion; reviewed like code.", ""]
    lines += [*_toml_labels(labels), "", "[mel]"]
    lines += [f"{name} = {value}" for name, value in vars(MEL).items()]
    for name in sorted(entries):
        entry = entries[name]
        lines += ["", f"[networks.{name}]"]
        for key in ("file", "sha256", "version", "data_fingerprint", "card"):
            lines.append(f'{key} = "{getattr(entry, key)}"')
        if entry.network != name:
            lines.append(f'network = "{entry.network}"')
        if entry.labels != labels:
            lines += _toml_labels(entry.labels)
        if entry.temperature != 1.0:
            lines.append(f"temperature = {entry.temperature}")
        if entry.scores:
            lines += ["", f"[networks.{name}.scores]"]
            lines += [f"{key} = {json.dumps(value)}" for key, value in entry.scores.items()]
    return "\n".join(lines) + "\n"


def _toml_labels(labels: tuple[str, ...]) -> list[str]:
    return ["labels = [", *(f'  "{label}",' for label in labels), "]"]
