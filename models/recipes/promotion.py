"""Promotion: the deliberate step by which a run's weights become those that everybody uses."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from models.audio.mel import MEL
from models.errors import WrongWeights
from models.pretrained import ManifestEntry, manifest, weights_folder
from models.recipes.runs import CARD, WEIGHTS

LARGEST_BYTES = 15_000_000


def promote(run: Path, *, version: str, scores: dict[str, Any], temperature: float = 1.0) -> ManifestEntry:
    """Copy a run's weights among the promoted ones and enter them in the manifest.

    Args:
        run: Folder of a finished run.
        version: Name of this state of the weights, such as "cnn1d_tuned-1".
        scores: What the manifest says about them: from folds, since promoted weights have heard everything.
        temperature: Of a classifier, from models.recipes.calibration over the folds.

    Returns:
        The new entry.

    Raises:
        WrongWeights: if the file is too large to keep in git, or its labels differ from the other networks'.
    """
    card = json.loads((run / CARD).read_text(encoding="utf-8"))
    content = (run / WEIGHTS).read_bytes()
    if len(content) > LARGEST_BYTES:
        raise WrongWeights(
            f"{run / WEIGHTS} has {len(content)} bytes; {LARGEST_BYTES} is the most that git should hold."
        )
    folder = weights_folder()
    entries = manifest() if (folder / "manifest.toml").exists() else {}
    labels = tuple(card["labels"])
    if any(entry.labels != labels for name, entry in entries.items() if name != card["network"]):
        raise WrongWeights(f"{run} was trained on other labels than the networks already promoted.")
    name = card["network"]
    entry = ManifestEntry(
        name=name,
        file=f"{version}.npz",
        sha256=hashlib.sha256(content).hexdigest(),
        version=version,
        labels=labels,
        mel=MEL,
        data_fingerprint=card["data_fingerprint"],
        card=f"{name}.md",
        scores=scores,
        temperature=temperature,
    )
    before = entries.get(name)
    (folder / entry.file).write_bytes(content)
    entries[name] = entry
    part = folder / "manifest.toml.part"
    part.write_text(_toml(entries), encoding="utf-8")
    os.replace(part, folder / "manifest.toml")
    if before is not None and before.file != entry.file:
        (folder / before.file).unlink(missing_ok=True)
    return entry


def _toml(entries: dict[str, ManifestEntry]) -> str:
    labels = next(iter(entries.values())).labels
    lines = ["# The trained weights that everybody uses. Written by models.recipes.promotion; reviewed like code.", ""]
    lines += ["labels = [", *(f'  "{label}",' for label in labels), "]", "", "[mel]"]
    lines += [f"{name} = {value}" for name, value in vars(MEL).items()]
    for name in sorted(entries):
        entry = entries[name]
        lines += ["", f"[networks.{name}]"]
        for key in ("file", "sha256", "version", "data_fingerprint", "card"):
            lines.append(f'{key} = "{getattr(entry, key)}"')
        if entry.temperature != 1.0:
            lines.append(f"temperature = {entry.temperature}")
        if entry.scores:
            lines += ["", f"[networks.{name}.scores]"]
            lines += [f"{key} = {json.dumps(value)}" for key, value in entry.scores.items()]
    return "\n".join(lines) + "\n"
