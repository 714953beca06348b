"""Folds dealt anew, so that a whole collection is in one: what a new site brings is told by these.

Folds by source keep performers and recordings apart, but one hand's kit, with one microphone in one room, may lie on
both sides. The data folder is not touched: a list beside the evaluation names the same files with other folds.
"""

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import NoRecordings
from models.recipes.recordings import N_FOLDS, Recording, labels_of, read_recordings
from models.recipes.teacher import teacher_path

REMARK = "Folds are dealt by collection: none is in two of them, but for labels that come from one collection alone."
_COLUMNS = ("path", "label", "sub_label", "source_id", "collection", "seconds", "fold")


def deal_by_collection(data: Path, out: Path) -> Path:
    """Write lists of the same recordings with folds by collection.

    A label that comes from one collection alone keeps its folds by source: it could not be learnt and scored otherwise.

    Args:
        data: Folder of recordings.
        out: Folder of the new lists, which name the files where they lie.

    Returns:
        out, a data folder.

    Raises:
        NoRecordings: if data is not a folder of recordings, names no collections, or has too few to deal.
    """
    recordings = read_recordings(data)
    listed = [recording for recording in recordings if recording.label is not None]
    folds = _folds(listed)
    if len(set(folds)) < N_FOLDS:
        raise NoRecordings(f"{data} names too few collections to deal into {N_FOLDS} folds.", folder=str(data))
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "recordings.csv", listed, folds)
    pool = [recording for recording in recordings if recording.label is None]
    if pool:
        _write(out / "unlabelled.csv", pool, [None] * len(pool))
    teacher = teacher_path(data)
    if teacher is not None and not (out / "teacher").exists():
        (out / "teacher").symlink_to(teacher.parent.absolute())
    return out


def _folds(recordings: Sequence[Recording]) -> list[int | None]:
    """Deal collections out, the largest first, each to where its labels are rarest so far."""
    labels = labels_of(recordings)
    of_label = defaultdict(set)
    for recording in recordings:
        of_label[recording.label].add(_collection(recording))
    lonely = {label for label, names in of_label.items() if len(names) == 1}
    seconds: dict[str, npt.NDArray[np.float64]] = defaultdict(lambda: np.zeros(len(labels)))
    for recording in recordings:
        if recording.label is not None and recording.label not in lonely:
            seconds[_collection(recording)][labels.index(recording.label)] += recording.seconds
    total = np.maximum(sum(seconds.values(), np.zeros(len(labels))), 1e-9)
    held = np.zeros((N_FOLDS, len(labels)))
    fold_of: dict[str, int] = {}
    for name in sorted(seconds, key=lambda name: (-float((seconds[name] / total).sum()), name)):
        share = seconds[name] / total
        fold_of[name] = int(np.argmin(np.square(held + share).sum(axis=1) - np.square(held).sum(axis=1)))
        held[fold_of[name]] += share
    return [
        recording.fold if recording.label in lonely else fold_of[_collection(recording)] for recording in recordings
    ]


def _collection(recording: Recording) -> str:
    """What a recording must not be parted from: its collection, or its source where none is named."""
    return recording.collection or recording.source_id


def _write(path: Path, recordings: Sequence[Recording], folds: Sequence[int | None]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, _COLUMNS)
        rows.writeheader()
        for recording, fold in zip(recordings, folds, strict=True):
            told = {name: getattr(recording, name) for name in _COLUMNS}
            rows.writerow(told | {"path": recording.path.absolute(), "fold": "" if fold is None else fold})
