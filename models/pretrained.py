"""The single door to trained weights: what is in the manifest, and nothing else, byte for byte."""

import hashlib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from models.audio.mel import MEL, MelSettings
from models.errors import UnknownNetwork, WrongWeights
from models.networks import weights_file
from models.networks.catalogue import build
from models.networks.shapes import EMBEDDING_WIDTH
from models.networks.weights_file import Arrays

__all__ = ["CLASSIFIER", "EMBEDDING_WIDTH", "ManifestEntry", "Pretrained", "load", "manifest", "weights_folder"]

WEIGHTS_DIR_VARIABLE = "DEEPASMR_WEIGHTS_DIR"
CLASSIFIER = "cnn1d_tuned"
"""What labels the catalogue: its labels are the manifest's."""


@dataclass(frozen=True)
class ManifestEntry:
    """What the manifest says about one trained file."""

    name: str
    """What it is asked for by."""
    file: str
    sha256: str
    version: str
    labels: tuple[str, ...]
    """Those of the classifier, or fewer or others where it has learnt more since."""
    mel: MelSettings
    data_fingerprint: str
    card: str
    scores: dict[str, Any]
    network: str
    """Which of models.networks.catalogue it is; other networks may come to stand for one name."""
    temperature: float = 1.0
    """What a classifier's logits are divided by: fitted on recordings that its like had not heard."""


@dataclass(frozen=True)
class Pretrained:
    """A network with its trained weights."""

    network: keras.Model
    entry: ManifestEntry
    extras: Arrays
    """Arrays beside the weights, such as the latent codes of known sounds."""


def weights_folder() -> Path:
    """Where the weights lie: beside this file, or where DEEPASMR_WEIGHTS_DIR points."""
    elsewhere = os.environ.get(WEIGHTS_DIR_VARIABLE)
    return Path(elsewhere) if elsewhere else Path(__file__).parent / "weights"


def manifest() -> dict[str, ManifestEntry]:
    """Read the manifest.

    Returns:
        Entries by network name.

    Raises:
        WrongWeights: if there is no manifest, or it lacks something.
    """
    path = weights_folder() / "manifest.toml"
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8"))
        mel = MelSettings(**listed["mel"])
        labels = tuple(listed["labels"])
        return {
            name: ManifestEntry(
                name=name,
                file=entry["file"],
                sha256=entry["sha256"],
                version=entry["version"],
                labels=tuple(entry.get("labels", labels)),
                mel=mel,
                data_fingerprint=entry["data_fingerprint"],
                card=entry["card"],
                scores=entry.get("scores", {}),
                network=entry.get("network", name),
                temperature=float(entry.get("temperature", 1.0)),
            )
            for name, entry in listed["networks"].items()
        }
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise WrongWeights(f"{path} is no manifest of weights: {error}.") from error


def load(name: str) -> Pretrained:
    """Load a trained network.

    Args:
        name: A network of the manifest.

    Returns:
        The network with its weights, and what the manifest says about them.

    Raises:
        UnknownNetwork: if the manifest has no such network.
        WrongWeights: if its file is missing, is not the one that was promoted, or was trained on other mel pictures
            than this code makes.
    """
    entries = manifest()
    if name not in entries:
        known = sorted(entries)
        raise UnknownNetwork(f"No trained network is called {name!r}; there are {', '.join(known)}.", known=known)
    entry = entries[name]
    path = weights_folder() / entry.file
    if not path.is_file():
        raise WrongWeights(f"The weights file {entry.file} is missing.", file=entry.file)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != entry.sha256:
        raise WrongWeights(
            f"{entry.file} is not the promoted file: SHA-256 {found[:12]}…, expected {entry.sha256[:12]}….",
            file=entry.file,
            found=found,
            expected=entry.sha256,
        )
    if entry.mel != MEL:
        raise WrongWeights(f"{entry.file} was trained on other mel pictures: {entry.mel}.", file=entry.file)
    network = build(entry.network, n_labels=len(entry.labels))
    extras = weights_file.load(path, network)
    return Pretrained(network, entry, extras)
