"""Long recordings with known boundaries, laid out from short ones: what segmentation is measured on.

A mix is what a video is: one trigger after another, at levels of their own, with cuts, fades, crossfades, pauses of
room tone and stretches of background between them. All recordings of a mix come from one fold, so that a classifier
which did not hear that fold is asked about sounds that are new to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.mel import MEL
from models.audio.segmentation import BACKGROUND
from models.audio.windows import WINDOW_HOP_FRAMES, WINDOW_S
from models.recipes.corpus import Corpus

SCENE_S = (3.0, 15.0)
SHORTEST_TAKE_S = 2.0
BACKGROUND_SHARE = 0.15
"""Of the scenes that hold a background recording instead of a trigger."""
PAUSE_S = (0.8, 4.0)
FADE_S = (0.05, 1.0)
LEVEL_DBFS = (-45.0, -18.0)
SCENE_LEVEL_DB = 8.0
"""How far a scene may lie over or under its mix's own level."""
ROOM_UNDER_DB = 50.0
"""How far room tone lies under a mix's own level."""
TAKE_RANGE_DB = 30.0
"""A take holds no window further under its recording's loudest: its author was not making the sound there."""

Joint = Literal["cut", "fades", "crossfade", "pause"]
JOINTS: tuple[Joint, ...] = ("cut", "fades", "crossfade", "pause")


@dataclass(frozen=True)
class Event:
    """One trigger in a mix; its ends lie where its gain passes one half."""

    start_s: float
    end_s: float
    trigger: str


@dataclass(frozen=True)
class LongMix:
    """A recording, and what is to be found in it."""

    name: str
    audio: FloatArray
    """At 44.1 kHz. [n_samples]"""
    events: tuple[Event, ...]
    """In order of time; background and pauses are no events."""


def lay_out(corpus: Corpus, *, fold: int, n_mixes: int, seconds: float, seed: int) -> Iterator[LongMix]:
    """Lay out mixes from one fold's recordings; the same seed gives the same mixes.

    Args:
        corpus: The recordings.
        fold: Whose recordings are heard.
        n_mixes: How many.
        seconds: About how long each (s).
        seed: Of everything random.

    Yields:
        One mix at a time.
    """
    takes = _takes(corpus, fold)
    triggers = sorted(label for label in takes if corpus.labels[label] != BACKGROUND)
    background = [label for label in takes if corpus.labels[label] == BACKGROUND]
    for ordinal in range(n_mixes):
        rng = np.random.default_rng([seed, fold, ordinal])
        yield _mix(corpus, takes, triggers, background, seconds, rng, name=f"fold{fold}-{ordinal}")


def _mix(
    corpus: Corpus,
    takes: dict[int, list[tuple[int, int, int]]],
    triggers: list[int],
    background: list[int],
    seconds: float,
    rng: np.random.Generator,
    *,
    name: str,
) -> LongMix:
    rate_hz = MEL.sample_rate_hz
    level_db = rng.uniform(*LEVEL_DBFS)
    audio = np.zeros(round((seconds + SCENE_S[1] + PAUSE_S[1]) * rate_hz), dtype=np.float32)
    events: list[Event] = []
    at, label, lead_in = round(rng.uniform(0.0, PAUSE_S[1]) * rate_hz), -1, 0
    while at < seconds * rate_hz:
        is_background = bool(background) and rng.random() < BACKGROUND_SHARE
        # Two scenes of one trigger in a row would be one event with nothing to tell where it is cut.
        label = int(rng.choice(background if is_background else [each for each in triggers if each != label]))
        scene = _scene(corpus, takes[label], rng) * _gain(level_db + rng.uniform(-SCENE_LEVEL_DB, SCENE_LEVEL_DB))
        joint = JOINTS[rng.integers(len(JOINTS))]
        n_fade = 220 if joint == "cut" else min(round(rng.uniform(*FADE_S) * rate_hz), len(scene) // 3)
        n_lead = lead_in if lead_in else 220
        scene[:n_lead] *= np.linspace(0.0, 1.0, n_lead, dtype=np.float32)
        scene[len(scene) - n_fade :] *= np.linspace(1.0, 0.0, n_fade, dtype=np.float32)
        audio[at : at + len(scene)] += scene
        if corpus.labels[label] != BACKGROUND:
            begin, end = at + n_lead // 2, at + len(scene) - n_fade // 2
            events.append(Event(begin / rate_hz, end / rate_hz, corpus.labels[label]))
        at += len(scene)
        lead_in = 0
        if joint == "crossfade":
            at, lead_in = at - n_fade, n_fade
        elif joint == "fades":
            lead_in = n_fade
        elif joint == "pause":
            at += round(rng.uniform(*PAUSE_S) * rate_hz)
    audio = audio[:at]
    room = rng.standard_normal(len(audio)).astype(np.float32) * _gain(level_db - ROOM_UNDER_DB)
    return LongMix(name, audio + room, tuple(events))


def _scene(corpus: Corpus, takes: list[tuple[int, int, int]], rng: np.random.Generator) -> FloatArray:
    """A stretch of one recording, at an RMS of one. [n_samples]."""
    # Recordings are equally likely, however many takes each was cut into.
    recordings = sorted({recording for recording, _, _ in takes})
    recording = int(rng.choice(recordings))
    own = [take for take in takes if take[0] == recording]
    _, first, n_take = own[rng.integers(len(own))]
    n_samples = min(round(rng.uniform(*SCENE_S) * MEL.sample_rate_hz), n_take)
    start = first + int(rng.integers(0, n_take - n_samples + 1))
    audio = corpus.audio_of(recording, start, n_samples)
    return audio / np.float32(np.sqrt(np.mean(np.square(audio, dtype=np.float64))) + 1e-9)


def _takes(corpus: Corpus, fold: int) -> dict[int, list[tuple[int, int, int]]]:
    """Stretches without a long silence, by label: (recording, first sample, number of samples)."""
    windows = corpus.windows.where(corpus.windows.fold == fold)
    hop_samples = WINDOW_HOP_FRAMES * MEL.hop_samples
    n_window = round(WINDOW_S * MEL.sample_rate_hz)
    takes: dict[int, list[tuple[int, int, int]]] = {}
    for recording in np.unique(windows.recording):
        own = windows.where(windows.recording == recording)
        heard: npt.NDArray[np.bool_] = own.level_dbfs > own.level_dbfs.max() - TAKE_RANGE_DB
        starts = own.start_frame[heard].astype(np.int64) * MEL.hop_samples
        breaks = np.flatnonzero(np.diff(starts) > 2 * hop_samples) + 1
        for stretch in np.split(starts, breaks):
            n_samples = int(stretch[-1] - stretch[0]) + n_window
            if n_samples >= SHORTEST_TAKE_S * MEL.sample_rate_hz:
                takes.setdefault(int(own.label[0]), []).append((int(recording), int(stretch[0]), n_samples))
    return takes


def _gain(level_db: float) -> np.float32:
    return np.float32(10.0 ** (level_db / 20.0))
