"""Whether variations differ as real sounds do, whether they copy, and how far they lie from real sounds as a set.

All in YAMNet's embedding of rendered audio. What is compared with generated sounds has gone through the same renderer:
otherwise the renderer would be measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.windows import WINDOW_FRAMES
from models.recipes.corpus import Corpus
from models.recipes.distances import frechet_distance, kernel_distance, nearest, spread
from models.recipes.generator_draws import Draw
from models.recipes.jury import Jury
from models.recipes.made_sounds import Sounds, heard, real_seconds
from models.recipes.painters import Painter, excerpt

EMBEDDING = "YAMNet (1024-d, after AudioSet training)"
RECORDED = "real, as recorded"
RENDERED = "real, rendered"


@dataclass(frozen=True)
class Spreads:
    """Mean distance between two sounds."""

    inside_source: float
    """Real seconds of one recording."""
    inside_label: float
    """Real seconds of two recordings of one label."""
    of_variations: dict[str, float]
    """Variations of one source, by maker."""
    to_source: dict[str, float]
    """A variation and real seconds of its source, by maker."""
    n_sources: int
    n_each: int


@dataclass(frozen=True)
class Copying:
    """Distances to the nearest window that the generators learnt from, of another recording than the source."""

    maker: str
    median: float
    least: float
    """The distance that a hundredth of the sounds fall below."""
    below_real_share: float
    """Share of sounds that are nearer than all but a hundredth of the real ones: 0.01 is what real sounds have."""


@dataclass(frozen=True)
class SetDistance:
    """A set of sounds against held-out real ones of the same labels, other recordings."""

    maker: str
    frechet: float
    kernel: float
    n_sounds: int
    n_reference: int


def measure_spreads(
    painters: Sequence[Painter], corpus: Corpus, jury: Jury, *, n_sources: int, n_each: int, seed: int
) -> Spreads | None:
    """Vary one source several times and compare with what nature does.

    Args:
        painters: Who varies.
        corpus: The recordings.
        jury: With the tagger and the fold's windows.
        n_sources: Recordings, spread over the labels.
        n_each: Variations of each, and real seconds of each.
        seed: Of choices and variations.

    Returns:
        The spreads; None without a tagger, or where no label has two recordings of so many seconds.
    """
    tagger, windows = jury.tagger, jury.windows
    chosen = _long_recordings(jury, n_sources, n_each, seed)
    if tagger is None or not chosen:
        return None
    real: list[FloatArray] = []
    made: dict[str, list[FloatArray]] = {painter.name: [] for painter in painters}
    for rows in chosen:
        sounds = real_seconds(corpus, jury, rows, np.arange(len(rows)))
        real.append(_embedded(sounds))
        source, label = excerpt(corpus, windows, int(rows[0])), corpus.labels[windows.label[rows[0]]]
        for painter in painters:
            variations = [painter.vary(source, label, seed + number) for number in range(n_each)]
            made[painter.name].append(_embedded(heard(variations, np.arange(n_each), tagger)))
    labels = [int(windows.label[rows[0]]) for rows in chosen]
    between = [
        float(np.linalg.norm(one[:, None] - two[None], axis=2).mean())
        for ordinal, one in enumerate(real)
        for other, two in enumerate(real[:ordinal])
        if labels[ordinal] == labels[other]
    ]
    return Spreads(
        inside_source=round(float(np.mean([spread(each) for each in real])), 3),
        inside_label=round(float(np.mean(between)), 3),
        of_variations={name: round(float(np.mean([spread(each) for each in sets])), 3) for name, sets in made.items()},
        to_source={
            name: round(
                float(
                    np.mean(
                        [
                            np.linalg.norm(one[:, None] - two[None], axis=2).mean()
                            for one, two in zip(sets, real, strict=True)
                        ]
                    )
                ),
                3,
            )
            for name, sets in made.items()
        },
        n_sources=len(chosen),
        n_each=n_each,
    )


def measure_copying(
    sets: dict[str, Sounds], corpus: Corpus, jury: Jury, draw: Draw, learnt: npt.NDArray[np.bool_]
) -> list[Copying]:
    """Compare how near generated and real sounds come to what was learnt.

    Args:
        sets: Variations of draw.varied by maker; RENDERED must be among them.
        corpus: The recordings.
        jury: With the tagger's embeddings of all windows.
        draw: What was varied.
        learnt: Which windows of the corpus the generators learnt from. [n_windows of the corpus]

    Returns:
        By maker, real sounds first; empty without a tagger.
    """
    if jury.overheard is None:
        return []
    rows = np.flatnonzero(learnt)
    known, recording = jury.overheard[rows].astype(np.float32), corpus.windows.recording[rows]
    distances: dict[str, FloatArray] = {}
    for maker, sounds in sets.items():
        own = jury.windows.recording[draw.varied[sounds.rendered]]
        distances[maker] = nearest(_embedded(sounds), known, left_out=lambda n, own=own: recording == own[n])  # type: ignore[misc]
    bound = float(np.quantile(distances[RENDERED], 0.01))
    return [
        Copying(
            maker,
            round(float(np.median(distance)), 3),
            round(float(np.quantile(distance, 0.01)), 3),
            round(float(np.mean(distance < bound)), 4),
        )
        for maker, distance in distances.items()
    ]


def measure_sets(sets: dict[str, Sounds], jury: Jury, draw: Draw, *, seed: int) -> list[SetDistance]:
    """Measure Frechet and kernel audio distances to held-out real sounds, and their floor.

    The fold's recordings are parted in two: variations of one half are compared with real windows of the other, and so
    are the first half's own windows, which is the floor.

    Args:
        sets: Variations of draw.varied by maker.
        jury: With the tagger's embeddings.
        draw: What was varied.
        seed: Of the parting.

    Returns:
        The floor first; empty without a tagger, or where no label has two recordings with sounds.
    """
    if jury.overheard is None:
        return []
    windows = jury.windows
    is_first = _first_half(jury, seed)
    varied = next(iter(sets.values())).rendered
    sources = draw.varied[varied]
    rng = np.random.default_rng([seed, 11])
    reference, chosen = [], []
    for label in np.unique(windows.label[sources]):
        mine = np.flatnonzero((windows.label[sources] == label) & is_first[sources])
        others = np.flatnonzero((windows.label == label) & ~is_first)
        if len(mine) and len(others):
            chosen.append(mine)
            reference.append(rng.choice(others, len(mine), replace=len(others) < len(mine)))
    if sum(len(mine) for mine in chosen) < 2:
        return []
    places, against = np.concatenate(chosen), np.concatenate(reference)
    heard_of_fold = jury.overheard[jury.rows].astype(np.float32)
    real = heard_of_fold[against]
    compared = {RECORDED: heard_of_fold[sources[places]]}
    compared |= {maker: _embedded(sounds)[places] for maker, sounds in sets.items()}
    return [
        SetDistance(
            maker,
            round(frechet_distance(embeddings, real), 3),
            round(kernel_distance(embeddings, real), 3),
            len(embeddings),
            len(real),
        )
        for maker, embeddings in compared.items()
    ]


def _first_half(jury: Jury, seed: int) -> npt.NDArray[np.bool_]:
    """Which windows are of the first half of their label's recordings. [n_windows of the fold]."""
    rng = np.random.default_rng([seed, 12])
    windows = jury.windows
    is_first = np.zeros(len(windows), dtype=np.bool_)
    for label in np.unique(windows.label):
        recordings = rng.permutation(np.unique(windows.recording[windows.label == label]))
        is_first |= np.isin(windows.recording, recordings[: -(-len(recordings) // 2)])
    return is_first


def _long_recordings(jury: Jury, n_sources: int, n_each: int, seed: int) -> list[npt.NDArray[np.int64]]:
    """Rows of n_each seconds apart from each other, of recordings whose first such window ours labels rightly.

    Two recordings of a label at a time, so that there is a spread inside the label too.
    """
    rng = np.random.default_rng([seed, 13])
    windows, is_right = jury.windows, jury.rightly_told()
    of_label: dict[int, list[npt.NDArray[np.int64]]] = {}
    for recording in rng.permutation(np.unique(windows.recording)):
        rows = np.flatnonzero((windows.recording == recording) & (windows.start_frame % WINDOW_FRAMES == 0))
        right = rows[is_right[rows]]
        if len(rows) >= n_each and len(right):
            first = int(rng.choice(right))
            others = rng.permutation(rows[rows != first])[: n_each - 1]
            of_label.setdefault(int(windows.label[first]), []).append(np.concatenate([[first], others]))
    pairs = [found[:2] for _, found in sorted(of_label.items()) if len(found) > 1]
    return [rows for which in rng.permutation(len(pairs))[: n_sources // 2] for rows in pairs[which]]


def _embedded(sounds: Sounds) -> FloatArray:
    if sounds.embeddings is None:
        raise ValueError("nothing was heard by the tagger")
    return sounds.embeddings
