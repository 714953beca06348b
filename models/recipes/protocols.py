"""How recordings are parted into what a classifier learns from and what it is scored on.

*source_disjoint* is honest: a source is in one fold, and a fold is scored by a network that never heard it. *thesis* is
how Moon 2020 most likely measured: windows of the same recordings on both sides, so that a network may know the room,
the microphone and the performer. It leaks and is there for comparison alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from models.audio.windows import WINDOW_FRAMES
from models.errors import BadSetting, NoRecordings
from models.recipes.corpus import Corpus, Windows
from models.recipes.recordings import N_FOLDS

THESIS_TEST_SHARE = 0.2
FEWEST_SOURCES = 2
"""A label heard from fewer sources cannot be learnt and scored apart."""


class Protocol(StrEnum):
    """A way of parting."""

    SOURCE_DISJOINT = "source_disjoint"
    THESIS = "thesis"

    @property
    def is_leaking(self) -> bool:
        """Whether what is scored shares recordings with what was learnt from."""
        return self is Protocol.THESIS


def protocol_named(name: str) -> Protocol:
    """Find a protocol.

    Raises:
        BadSetting: if none has this name.
    """
    if name not in list(Protocol):
        raise BadSetting(f"{name!r} is no protocol; there are {', '.join(Protocol)}.", setting="protocol")
    return Protocol(name)


@dataclass(frozen=True)
class Split:
    """One parting of a corpus's labelled windows."""

    protocol: Protocol
    seed: int
    """Of the network; under the thesis's protocol of the parting too."""
    fold: int
    """Which fold is scored; 0 under the thesis's protocol, which has none."""
    learnt: npt.NDArray[np.int64]
    """Ordinals into corpus.windows. [n_learnt]"""
    scored: npt.NDArray[np.int64]
    """Ordinals into corpus.windows. [n_scored]"""

    @property
    def held_out_fold(self) -> int | None:
        """The fold that is not learnt from, if the parting goes by folds."""
        return self.fold if self.protocol is Protocol.SOURCE_DISJOINT else None

    @classmethod
    def by_fold(cls, corpus: Corpus, seed: int, fold: int) -> "Split":
        """Hold a fold out.

        Raises:
            NoRecordings: if the fold, or the others together, have no audible window with a label.
        """
        windows = corpus.windows
        learnt = np.flatnonzero((windows.label >= 0) & (windows.fold != fold))
        scored = np.flatnonzero((windows.label >= 0) & (windows.fold == fold))
        if not len(scored) or not len(learnt):
            silent = f"Fold {fold} has" if not len(scored) else f"The folds other than {fold} have"
            raise NoRecordings(f"{silent} no audible window with a label.", fold=fold)
        return cls(Protocol.SOURCE_DISJOINT, seed, fold, learnt, scored)

    @classmethod
    def by_windows(cls, corpus: Corpus, seed: int) -> "Split":
        """Deal windows out by chance: end to end, for those that overlap would share samples on top of all else."""
        windows = corpus.windows
        rows = np.flatnonzero((windows.label >= 0) & (windows.start_frame % WINDOW_FRAMES == 0))
        order = np.random.default_rng([seed, len(rows)]).permutation(rows)
        n_scored = round(THESIS_TEST_SHARE * len(rows))
        return cls(Protocol.THESIS, seed, 0, np.sort(order[n_scored:]), np.sort(order[:n_scored]))

    def run_name(self, network: str) -> str:
        """Name of the folder of a network's run on this parting."""
        return f"{self.protocol}-{network}-seed{self.seed}-fold{self.fold}"


def splits(corpus: Corpus, protocol: Protocol, seeds: Sequence[int]) -> list[Split]:
    """Part a corpus.

    Args:
        corpus: The recordings.
        protocol: How.
        seeds: One repetition each.

    Returns:
        Five partings for each seed by folds, one for each seed by windows; seeds follow one another.

    Raises:
        NoRecordings: if a label has recordings of fewer than two sources or in one fold alone, or a fold has none.
    """
    _require_scorable(corpus)
    if protocol is Protocol.THESIS:
        return [Split.by_windows(corpus, seed) for seed in seeds]
    found = [Split.by_fold(corpus, seed, fold) for seed in seeds for fold in range(N_FOLDS)]
    for split in found:
        require_labels(corpus, corpus.windows.where(split.learnt), split.fold)
    return found


def require_labels(corpus: Corpus, learnt: Windows, held_out_fold: int | None) -> None:
    """Refuse to learn without a single window of a label.

    Args:
        corpus: The recordings.
        learnt: Its windows that are learnt from.
        held_out_fold: The fold that they are not of, or None.

    Raises:
        NoRecordings: naming each label that none of the windows has.
    """
    unheard = [label for label, sources in _sources_by_label(corpus, learnt).items() if not sources]
    if unheard:
        outside = "" if held_out_fold is None else f" outside of fold {held_out_fold}"
        raise NoRecordings(f"There is nothing audible to learn {', '.join(unheard)} from{outside}.", labels=unheard)


def _sources_by_label(corpus: Corpus, windows: Windows) -> dict[str, set[str]]:
    recordings = [np.unique(windows.recording[windows.label == ordinal]) for ordinal in range(len(corpus.labels))]
    return {
        label: {corpus.recordings[recording].source_id for recording in of_label}
        for label, of_label in zip(corpus.labels, recordings, strict=True)
    }


def _require_scorable(corpus: Corpus) -> None:
    for label, sources in _sources_by_label(corpus, corpus.windows).items():
        if len(sources) < FEWEST_SOURCES:
            raise NoRecordings(
                f"Label {label} has audible recordings of {len(sources)} sources; {FEWEST_SOURCES} are needed to learn "
                "from one and score on the other.",
                label=label,
                n_sources=len(sources),
            )
