"""Promotion: the deliberate step by which a run's weights become those that everybody uses."""

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.audio.mel import MEL
from models.errors import BadSetting, NoRecordings, WrongWeights
from models.networks import weights_file
from models.networks.catalogue import build
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
        WrongWeights: if the file is too large to keep in git or no network of its name opens with it, or its labels
            differ from the promoted classifier's.
        UnknownNetwork: if there is no such network to serve.
        BadSetting: if another network's file has this version's name, or the manifest cannot hold the scores.
    """
    if not (run / CARD).is_file():
        raise NoRecordings(f"{run} is no finished run: it has no {CARD}.", folder=str(run))
    card = json.loads((run / CARD).read_text(encoding="utf-8"))
    labels = tuple(card["labels"])
    content = _opening_weights(run / WEIGHTS, card["network"], len(labels))
    folder = weights_folder()
    entries = manifest() if (folder / MANIFEST).exists() else {}
    name = name or card["network"]
    known = next((entries[other].labels for other in (CLASSIFIER, *entries) if other in entries), labels)
    if name != CLASSIFIER and labels != known:
        raise WrongWeights(
            f"{run} was trained on other labels than the classifier: {_difference(known, labels)}. Train it on the "
            f"same recordings, or promote a {CLASSIFIER} of its labels first."
        )
    version = version or _next_version(name, entries)
    file = f"{version}.npz"
    if any(other.file == file for other in entries.values() if other.name != name):
        raise BadSetting(f"{file} is the file of another network: choose another version.", setting="version")
    entry = ManifestEntry(
        name=name,
        file=file,
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
    entries[name] = entry
    text = _toml(entries)
    _require_readable(text, entry)
    _replace(folder / entry.file, content)
    _replace(folder / MANIFEST, text.encode())
    if before is not None and all(other.file != before.file for other in entries.values()):
        (folder / before.file).unlink(missing_ok=True)
    return entry


def _opening_weights(path: Path, network: str, n_labels: int) -> bytes:
    """Read a file of weights that its network opens with, as it will where it is served."""
    weights_file.load(path, build(network, n_labels=n_labels))
    content = path.read_bytes()
    if len(content) > LARGEST_BYTES:
        raise WrongWeights(f"{path} has {len(content)} bytes; {LARGEST_BYTES} is the most that git should hold.")
    return content


def _require_readable(text: str, entry: ManifestEntry) -> None:
    try:
        kept = tomllib.loads(text)["networks"][entry.name].get("scores", {})
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise _unwritable(entry) from error
    if kept != entry.scores:
        raise _unwritable(entry)


def _unwritable(entry: ManifestEntry) -> BadSetting:
    return BadSetting(
        f"The manifest cannot hold what is said of {entry.name}: scores are numbers, words, true or false, or lists of "
        "them, each under a name of letters, digits and _; none is null, NaN or an object.",
        setting="scores",
    )


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)


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
