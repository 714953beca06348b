"""Table 3 of Moon 2020: who hears in variations and blends what they were made from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.windows import WINDOW_FRAMES
from models.recipes.jury import Judge, Jury
from models.recipes.made_sounds import Sounds
from models.recipes.scores import THESIS_LABELS

LEAST_FOR_A_BLEND = 0.5
"""A blend is faithful when its two labels' probabilities add up to more than this (Moon 2020, Table 3)."""


@dataclass(frozen=True)
class Score:
    """A share of sounds that one judge hears as what they should be."""

    maker: str
    deed: str
    """variations, nine (variations of the thesis's labels), blends (of tapping and brushing) or pairs."""
    judge: str
    heard: str
    """mel (the painted picture itself) or rendered (as audio)."""
    share: float
    """Mean over the labels for variations, over all sounds for blends."""
    n_sounds: int
    of_label: dict[str, float]


def score_variations(
    maker: str,
    sounds: Sounds,
    jury: Jury,
    rows: npt.NDArray[np.int64],
    labels: Sequence[str],
    *,
    left_out: npt.NDArray[np.int64] | None = None,
) -> list[Score]:
    """Ask all judges about variations.

    Args:
        maker: Who made them.
        sounds: The variations of rows.
        jury: The judges.
        rows: What they were made from, ordinals into jury.windows. [n]
        labels: What ordinals stand for.
        left_out: Seconds that must not tell what the source is: real sounds must not be compared with themselves.
            Ordinals into jury.windows. [n]

    Returns:
        Scores of all labels and of the thesis's.
    """
    label = jury.windows.label[rows]
    scores: list[Score] = []

    def add(judge: Judge, how: str, told: FloatArray, places: npt.NDArray[np.int64]) -> None:
        wanted = wanted_labels(judge, jury, rows, left_out)[places]
        is_hit = told.argmax(axis=1) == wanted
        for deed, chosen in (("variations", labels), ("nine", [name for name in THESIS_LABELS if name in labels])):
            of_label = {
                name: round(float(is_hit[label[places] == labels.index(name)].mean()), 4)
                for name in chosen
                if np.any(label[places] == labels.index(name))
            }
            if of_label:
                mean = float(np.mean(list(of_label.values())))
                n_sounds = int(np.isin(label[places], [labels.index(name) for name in of_label]).sum())
                scores.append(Score(maker, deed, judge.name, how, round(mean, 4), n_sounds, of_label))

    _ask(jury, sounds, add)
    return scores


def score_blends(maker: str, deed: str, sounds: Sounds, jury: Jury, rows: npt.NDArray[np.int64]) -> list[Score]:
    """Ask all judges about blends: do the two parents' labels together pass one half?

    Args:
        maker: Who made them.
        deed: Name of the score.
        sounds: The blends of rows.
        jury: The judges.
        rows: What they were made from, ordinals into jury.windows. [n, 2]

    Returns:
        Scores.
    """
    scores: list[Score] = []

    def add(judge: Judge, how: str, told: FloatArray, places: npt.NDArray[np.int64]) -> None:
        first, second = (wanted_labels(judge, jury, rows[places, side]) for side in (0, 1))
        each = np.arange(len(places))
        # A judge that hears one label in both parents must hear that one in the blend.
        together = told[each, first] + np.where(first == second, 0.0, told[each, second])
        share = float(np.mean(together > LEAST_FOR_A_BLEND))
        scores.append(Score(maker, deed, judge.name, how, round(share, 4), len(places), {}))

    _ask(jury, sounds, add)
    return scores


def wanted_labels(
    judge: Judge, jury: Jury, rows: npt.NDArray[np.int64], left_out: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.int64]:
    """What a judge should hear: the true label, or for an independent one the label that it gives the source's windows.

    Args:
        judge: Who is asked.
        jury: With the fold's windows.
        rows: The sources, ordinals into jury.windows. [n]
        left_out: Windows that overlap with these do not count, ordinals into jury.windows. [n]

    Returns:
        Ordinals of labels. [n]
    """
    windows = jury.windows
    if judge.is_ours:
        return windows.label[rows].astype(np.int64)
    wanted = np.zeros(len(rows), dtype=np.int64)
    for recording in np.unique(windows.recording[rows]):
        own = np.flatnonzero(windows.recording == recording)
        for place in np.flatnonzero(windows.recording[rows] == recording):
            counted = own
            if left_out is not None:
                counted = own[np.abs(windows.start_frame[own] - windows.start_frame[left_out[place]]) >= WINDOW_FRAMES]
            wanted[place] = judge.known[counted].mean(axis=0).argmax()
    return wanted


def _ask(jury: Jury, sounds: Sounds, add: Callable[[Judge, str, FloatArray, npt.NDArray[np.int64]], None]) -> None:
    """Let each judge hear the pictures, where it can, and what was rendered."""
    for judge in jury.judges:
        if judge.is_of_pictures and len(sounds.pictures):
            add(judge, "mel", judge.probabilities(sounds.pictures), np.arange(len(sounds.pictures)))
        if len(sounds.rendered):
            if judge.is_of_pictures:
                add(judge, "rendered", judge.probabilities(sounds.again), sounds.rendered)
            elif sounds.embeddings is not None:
                add(judge, "rendered", judge.probabilities(sounds.embeddings), sounds.rendered)
