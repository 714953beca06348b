"""What the classifier of each fold hears: the fold that it was kept from, mixes of it, the pool, and strangers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.audio import FloatArray
from models.audio.boundaries import Outline, OutlineStream
from models.audio.mel import log_mel
from models.audio.seconds import seconds_of
from models.audio.segmentation import BACKGROUND
from models.audio.windows import FRAMES_PER_S, WINDOW_HOP_FRAMES, cut
from models.inference.classify import Classifier
from models.inference.listen import window_levels_db
from models.recipes.calibration import Told
from models.recipes.corpus import Corpus
from models.recipes.long_mixes import Event, lay_out
from models.recipes.strangers import strangers

MIX_SECONDS = 150.0
N_FOLDS = 5

Kind = Literal["mixes", "recordings", "pool", "strangers"]


@dataclass(frozen=True)
class Listened:
    """A recording as a classifier that did not know it heard it."""

    name: str
    probabilities: FloatArray
    """[n_windows, n_labels]"""
    levels_db: FloatArray
    """[n_windows]"""
    outline: Outline
    duration_s: float
    events: tuple[Event, ...]


@dataclass(frozen=True)
class FoldHeard:
    """All that the classifier of one fold listened to."""

    told: Told
    """The fold's audible labelled windows."""
    mixes: Sequence[Listened]
    recordings: Sequence[Listened]
    """The fold's labelled recordings, one event each, or none where they are background."""
    pool: Sequence[Listened]
    """A share of what has no label: no event is known, though there may be some. Folds hear different shares."""
    strangers: Sequence[Listened]


@dataclass(frozen=True)
class _Sound:
    """Something to listen to."""

    kind: Kind
    name: str
    picture: FloatArray
    samples: FloatArray
    """[n_samples], at 44.1 kHz."""
    events: tuple[Event, ...] = ()


def listen_in_fold(classifier: Classifier, corpus: Corpus, fold: int, *, n_mixes: int, seed: int) -> FoldHeard:
    """Let a classifier hear all that it is measured on.

    Args:
        classifier: One that never heard the fold.
        corpus: The recordings.
        fold: The fold.
        n_mixes: Long recordings laid out from it, of two and a half minutes each.
        seed: Of the mixes and the strangers.

    Returns:
        What it heard.
    """
    sounds = [*_mixes(corpus, fold, n_mixes, seed), *_recorded(corpus, fold), *_strange(seed)]
    cuts = [cut(sound.picture) for sound in sounds]
    probabilities = _predicted(classifier, sounds, cuts)
    heard: dict[Kind, list[Listened]] = {"mixes": [], "recordings": [], "pool": [], "strangers": []}
    for sound, windows, told in zip(sounds, cuts, probabilities, strict=True):
        heard[sound.kind].append(
            Listened(
                name=sound.name,
                probabilities=told,
                levels_db=window_levels_db(windows),
                outline=OutlineStream().push(sound.picture),
                duration_s=len(sound.picture) / FRAMES_PER_S,
                events=sound.events,
            )
        )
    return FoldHeard(told=_told(corpus, fold, heard["recordings"]), **heard)


def _predicted(classifier: Classifier, sounds: Sequence[_Sound], cuts: Sequence[FloatArray]) -> list[FloatArray]:
    """Probabilities of each sound's windows. [n_windows, n_labels] each."""
    if classifier.hears_samples:
        return [
            classifier.predict(windows, seconds_of(sound.samples, len(windows))).probabilities
            for sound, windows in zip(sounds, cuts, strict=True)
        ]
    # All windows in one go: a call costs as much as thirty windows, and most recordings are shorter.
    edges = np.cumsum([len(windows) for windows in cuts])[:-1]
    return np.split(classifier.predict(np.concatenate(cuts)).probabilities, edges)


def _mixes(corpus: Corpus, fold: int, n_mixes: int, seed: int) -> list[_Sound]:
    laid_out = lay_out(corpus, fold=fold, n_mixes=n_mixes, seconds=MIX_SECONDS, seed=seed)
    return [_Sound("mixes", mix.name, log_mel(mix.audio), mix.audio, mix.events) for mix in laid_out]


def _recorded(corpus: Corpus, fold: int) -> list[_Sound]:
    sounds = []
    for ordinal, recording in enumerate(corpus.recordings):
        if recording.label is None and ordinal % N_FOLDS == fold:
            sounds.append(_Sound("pool", f"{ordinal}", corpus.picture_of(ordinal), corpus.samples_of(ordinal)))
        elif recording.label is not None and recording.fold == fold:
            picture = corpus.picture_of(ordinal)
            whole = Event(0.0, len(picture) / FRAMES_PER_S, recording.label)
            events = () if recording.label == BACKGROUND else (whole,)
            sounds.append(_Sound("recordings", f"{ordinal}", picture, corpus.samples_of(ordinal), events))
    return sounds


def _strange(seed: int) -> list[_Sound]:
    return [_Sound("strangers", name, log_mel(audio), audio) for name, audio in strangers(seed=seed)]


def _told(corpus: Corpus, fold: int, recordings: Sequence[Listened]) -> Told:
    """Pick out of whole recordings the windows that are scored everywhere else: whole ones, none near-silent."""
    windows = corpus.windows.where(corpus.windows.fold == fold)
    by_ordinal = {int(each.name): each.probabilities for each in recordings}
    rows = [
        by_ordinal[int(recording)][start_frame // WINDOW_HOP_FRAMES]
        for recording, start_frame in zip(windows.recording, windows.start_frame, strict=True)
    ]
    return Told(np.stack(rows), windows.label)
