"""The second opinion: our fusion of what the classifier tells and what a tagger hears, where there is a tagger."""

import hashlib
from pathlib import Path

import keras
import numpy as np

from models.audio import FloatArray
from models.audio.seconds import SECOND_SAMPLES
from models.errors import NotATagger, WrongWeights
from models.inference.tagger import Tagger, tagger_path
from models.networks.fusion import FUSION
from models.pretrained import CLASSIFIER, load, manifest

PROBE = "probe"
"""What the tagger that the fusion was trained with made of the probe. [1024]"""
LEAST_LIKENESS = 0.98
"""Cosine between what this tagger and that one make of the probe: conversions of YAMNet differ in rounding."""


class SecondOpinion:
    """A tagger, and the fusion that was trained with it."""

    def __init__(self, tagger: Tagger, fusion: keras.Model, version: str, *, temperature: float = 1.0) -> None:
        """Hold both.

        Args:
            tagger: The loaded tagger.
            fusion: From {"logits", "tagger"} to logits.
            version: Of the fusion's weights.
            temperature: What fused logits are divided by, so that confidences are true.
        """
        self._tagger = tagger
        self._fusion = fusion
        self.version = version
        self.temperature = temperature

    def hear(self, seconds: FloatArray) -> FloatArray:
        """Let the tagger hear windows.

        Args:
            seconds: Samples at 44.1 kHz. [n_windows, 44100]

        Returns:
            Its embeddings. [n_windows, 1024]
        """
        return self._tagger.hear(seconds)

    def logits(self, classifier_logits: FloatArray, heard: FloatArray) -> FloatArray:
        """Weigh the classifier's opinion against ours of what the tagger heard.

        Args:
            classifier_logits: [n_windows, n_labels]
            heard: The tagger's embeddings of the same windows. [n_windows, 1024]

        Returns:
            Fused logits, to be divided by the temperature. [n_windows, n_labels]
        """
        fused: FloatArray = keras.ops.convert_to_numpy(
            self._fusion({"logits": classifier_logits, "tagger": heard}, training=False)
        )
        return fused


def load_second_opinion() -> SecondOpinion | None:
    """Load the second opinion that DEEPASMR_TAGGER asks for.

    Returns:
        The second opinion, or None where the variable is not set.

    Raises:
        NotATagger: if the file is no YAMNet, or one that hears otherwise than the one our fusion was trained with.
        UnknownNetwork: if the weights in use hold no fusion.
        WrongWeights: if the fusion's file is not the promoted one, or it was trained beside a classifier of other
            labels.
    """
    path = tagger_path()
    if path is None:
        return None
    trained = load(FUSION)
    classifier = manifest().get(CLASSIFIER, trained.entry)
    if trained.entry.labels != classifier.labels:
        raise WrongWeights(
            f"{trained.entry.version} was trained beside a classifier of other labels: train it anew (deepasmr train "
            "fusion) and promote it.",
            file=trained.entry.file,
        )
    tagger = Tagger(path)
    likeness = _cosine(tagger.hear(probe()[None])[0], trained.extras[PROBE].astype(np.float32))
    if likeness < LEAST_LIKENESS:
        raise NotATagger(
            f"{path} hears otherwise than the YAMNet that {trained.entry.version} was trained with: likeness "
            f"{likeness:.2f} of a probe, at least {LEAST_LIKENESS} is needed.",
            file=str(path),
        )
    return SecondOpinion(tagger, trained.network, trained.entry.version, temperature=trained.entry.temperature)


def probe() -> FloatArray:
    """A second that has a little of everything: a chord, noise and clicks. [44100]."""
    time_s = np.arange(SECOND_SAMPLES) / SECOND_SAMPLES
    chord = sum(np.sin(2.0 * np.pi * pitch_hz * time_s) for pitch_hz in (220.0, 554.4, 1318.5))
    noise = np.random.default_rng(0).standard_normal(SECOND_SAMPLES) * (time_s > 0.5)
    clicks = np.zeros(SECOND_SAMPLES)
    clicks[:: SECOND_SAMPLES // 7] = 20.0
    sound: FloatArray = (0.02 * (chord + noise + clicks)).astype(np.float32)
    return sound


def fingerprint(path: Path) -> str:
    """SHA-256 of a tagger's file, for cards."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _cosine(one: FloatArray, other: FloatArray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-9))
