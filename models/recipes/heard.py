"""What a network told of windows that it had not learnt from: computed once, kept beside the run, scored at will."""

import os
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.networks.shapes import WINDOW_SAMPLES
from models.recipes.corpus import Corpus
from models.recipes.recorded import seen_as

HEARD = "heard.npz"
WINDOWS_PER_BATCH = 128


@dataclass(frozen=True)
class Heard:
    """A network's answers."""

    rows: npt.NDArray[np.int64]
    """Ordinals into corpus.windows. [n_windows]"""
    probabilities: FloatArray
    """[n_windows, n_labels], rows add up to 1."""
    embeddings: FloatArray
    """Penultimate activation. [n_windows, width]"""


def hear(network: keras.Model, corpus: Corpus, rows: npt.NDArray[np.int64]) -> Heard:
    """Let a classifier hear windows.

    Args:
        network: Any classifier, of mel windows or of raw audio.
        corpus: The recordings.
        rows: Ordinals into corpus.windows. [n_windows]

    Returns:
        Its answers.
    """
    view = "audio" if network.input.shape[1:] == (WINDOW_SAMPLES,) else "mel"
    logits, embeddings = [], []
    for first in range(0, len(rows), WINDOWS_PER_BATCH):
        windows = corpus.windows.where(rows[first : first + WINDOWS_PER_BATCH])
        told = network(seen_as(view, corpus, windows), training=False)
        logits.append(keras.ops.convert_to_numpy(told["logits"]))
        embeddings.append(keras.ops.convert_to_numpy(told["embedding"]))
    joined = np.concatenate(logits)
    likelihood = np.exp(joined - joined.max(axis=1, keepdims=True))
    return Heard(rows, likelihood / likelihood.sum(axis=1, keepdims=True), np.concatenate(embeddings))


def save_heard(folder: Path, heard: Heard, corpus: Corpus) -> None:
    """Keep answers in a run's folder; embeddings in half precision.

    Args:
        folder: Of the run.
        heard: The answers.
        corpus: What they were learnt from and are about.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / (HEARD + ".part")
    with part.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            rows=heard.rows,
            probabilities=heard.probabilities,
            embeddings=heard.embeddings.astype(np.float16),
            data_fingerprint=np.array(corpus.fingerprint),
        )
    os.replace(part, folder / HEARD)


def load_heard(folder: Path, corpus: Corpus, rows: npt.NDArray[np.int64]) -> Heard | None:
    """Read answers from a run's folder.

    Args:
        folder: Of the run.
        corpus: The recordings.
        rows: Ordinals into corpus.windows that they should be about. [n_windows]

    Returns:
        The answers, or None where none are kept that are about these windows of this data.
    """
    if not (folder / HEARD).is_file():
        return None
    with np.load(folder / HEARD, allow_pickle=False) as file:
        # Answers of before the fingerprint was kept are known by their windows alone.
        fingerprint = str(file["data_fingerprint"]) if "data_fingerprint" in file.files else corpus.fingerprint
        if fingerprint != corpus.fingerprint or not np.array_equal(file["rows"], rows):
            return None
        return Heard(file["rows"], file["probabilities"], file["embeddings"].astype(np.float32))
