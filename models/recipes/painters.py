"""Who makes the sounds that are judged: trained generators, and what they are compared with."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keras
import numpy as np

from models.audio import FloatArray
from models.audio.mel import MEL
from models.audio.windows import WINDOW_FRAMES
from models.errors import NoRecordings, UnknownNetwork
from models.inference.generate import PAINTERS, Generator, mix, vary
from models.inference.pictures import QUIETEST_REFERENCE_DB
from models.networks import weights_file
from models.networks.catalogue import build
from models.pretrained import ManifestEntry, Pretrained
from models.recipes.corpus import Corpus, Windows
from models.recipes.recordings import N_FOLDS
from models.recipes.runs import CARD, WEIGHTS

SECOND_FRAMES = WINDOW_FRAMES + 1
"""Frames of a second of sound: a centred picture has one at each end."""

EXCERPT_FRAMES = 2 * WINDOW_FRAMES
"""What a generator is shown to make a second from: the window, and what follows it in the recording."""

AUTOENCODER, COLLAPSED = "autoencoder", "vae_collapsed"


class Painter(Protocol):
    """Makes one second from one or two excerpts."""

    name: str

    def vary(self, source: FloatArray, label: str, seed: int) -> FloatArray:
        """Like the source. Level in dB. [n_frames, 128] -> [101, 128]."""

    def mix(self, first: FloatArray, second: FloatArray, labels: tuple[str, str], seed: int) -> FloatArray:
        """Half way between two. Level in dB. [n_frames, 128] twice -> [101, 128]."""


class Trained:
    """A generator as it is served."""

    def __init__(self, generator: Generator, *, strength: float, name: str | None = None) -> None:
        """Hold a generator.

        Args:
            generator: Loaded.
            strength: Of its variations, 0 to 1.
            name: In tables; the generator's own by default.
        """
        self.name = name or generator.name
        self.version = generator.version
        self._generator = generator
        self._strength = strength

    def at(self, strength: float) -> "Trained":
        """The same generator at another strength."""
        return Trained(self._generator, strength=strength, name=self.name)

    def vary(self, source: FloatArray, label: str, seed: int) -> FloatArray:
        """Like the source."""
        return vary(self._generator, source, label=label, strength=self._strength, seconds=1.0, seed=seed)

    def mix(self, first: FloatArray, second: FloatArray, labels: tuple[str, str], seed: int) -> FloatArray:
        """Half way between two."""
        return mix(
            self._generator,
            first,
            second,
            first_label=labels[0],
            second_label=labels[1],
            blend=0.5,
            seconds=1.0,
            seed=seed,
        )


class Plain:
    """No network at all: the source itself, and the plain mean of two pictures, each at its own level."""

    name = "plain"

    def vary(self, source: FloatArray, label: str, seed: int) -> FloatArray:  # noqa: ARG002 - as others are called
        """The source."""
        return first_second(source)

    def mix(self, first: FloatArray, second: FloatArray, labels: tuple[str, str], seed: int) -> FloatArray:  # noqa: ARG002
        """The mean of both, brought to one level first: the louder one would drown the other."""
        levels = [_level_db(first), _level_db(second)]
        middle_db = sum(levels) / 2.0
        pictures = [
            first_second(mel) + np.float32(middle_db - level)
            for mel, level in zip((first, second), levels, strict=True)
        ]
        mixed: FloatArray = np.maximum((pictures[0] + pictures[1]) / 2.0, MEL.floor_db).astype(np.float32)
        return mixed


def first_second(mel: FloatArray) -> FloatArray:
    """The first second of an excerpt; where a frame is missing at its end, the last one stays. -> [101, 128]."""
    return np.pad(mel, ((0, max(0, SECOND_FRAMES - len(mel))), (0, 0)), mode="edge")[:SECOND_FRAMES]


def excerpt(corpus: Corpus, windows: Windows, row: int) -> FloatArray:
    """A window and what follows it. -> [100 to 200, 128] in dB."""
    recording, start = int(windows.recording[row]), int(windows.start_frame[row])
    first = int(corpus.frame_offset[recording]) + start
    end = min(first + EXCERPT_FRAMES, int(corpus.frame_offset[recording + 1]))
    return corpus.frames[first:end].astype(np.float32)


@dataclass(frozen=True)
class Run:
    """A finished training."""

    folder: Path
    held_out_fold: int | None
    learnt_folds: tuple[int, ...]
    """What it learnt from, beside the pool."""


def runs_by_network(folder: Path, corpus: Corpus) -> dict[str, list[Run]]:
    """Find the finished runs of generators and autoencoders on this data.

    Args:
        folder: Holds the runs' folders.
        corpus: What they must have learnt from.

    Returns:
        By network; a run whose folder says that it is of the collapsed configuration is found as COLLAPSED, since its
        network is the healthy one's.
    """
    found: dict[str, list[Run]] = {}
    for path in sorted(folder.glob(f"*/{CARD}")):
        card = json.loads(path.read_text(encoding="utf-8"))
        name = COLLAPSED if "collapsed" in path.parent.name else card["network"]
        if card["data_fingerprint"] == corpus.fingerprint and name in (AUTOENCODER, COLLAPSED, *PAINTERS):
            fold = card["held_out_fold"]
            learnt = card.get("learnt_folds") or [other for other in range(N_FOLDS) if other != fold]
            found.setdefault(name, []).append(Run(path.parent, fold, tuple(learnt)))
    return found


def generator_of_run(run: Path) -> tuple[Generator, keras.Model]:
    """Load the generator that a training left behind.

    Args:
        run: Folder of a finished run.

    Returns:
        The generator and its graph.

    Raises:
        NoRecordings: if the folder holds no finished run.
        UnknownNetwork: if it is of no generator.
        WrongWeights: if its weights are of another network.
    """
    if not (run / CARD).is_file():
        raise NoRecordings(f"{run} is no finished run: it has no {CARD}.", folder=str(run))
    card = json.loads((run / CARD).read_text(encoding="utf-8"))
    name, labels = card["network"], tuple(card["labels"])
    if name not in PAINTERS:
        raise UnknownNetwork(f"{run.name} is a run of {name}, which is no generator.", known=sorted(PAINTERS))
    network = build(name, n_labels=len(labels))
    extras = weights_file.load(run / WEIGHTS, network)
    entry = ManifestEntry(
        name=name,
        network=name,
        file=WEIGHTS,
        sha256="",
        version=run.name,
        labels=labels,
        mel=MEL,
        data_fingerprint=card["data_fingerprint"],
        card=CARD,
        scores=card["scores"],
    )
    return PAINTERS[name](Pretrained(network, entry, extras)), network


def _level_db(mel: FloatArray) -> float:
    return max(float(np.quantile(first_second(mel), 0.999)), QUIETEST_REFERENCE_DB)
