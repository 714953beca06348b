"""The lists of recordings to learn from: labelled ones in folds by source, and a pool of unlabelled ones."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import NoRecordings

N_FOLDS = 5


@dataclass(frozen=True)
class Recording:
    """One file to learn from; label and fold are None for the unlabelled pool."""

    path: Path
    label: str | None
    sub_label: str
    source_id: str
    collection: str
    fold: int | None
    seconds: float


def read_recordings(data: Path) -> list[Recording]:
    """Read recordings.csv and, where there is one, unlabelled.csv.

    Args:
        data: Folder with the lists and the files that they name.

    Returns:
        Labelled recordings, then unlabelled ones, each in the order of its list.

    Raises:
        NoRecordings: if there is no recordings.csv, a column is missing, a listed file is, or a source is in two folds.
    """
    listed = _read_list(data, "recordings.csv", ("path", "label", "source_id", "seconds", "fold"))
    pool = _read_list(data, "unlabelled.csv", ("path", "seconds")) if (data / "unlabelled.csv").exists() else []
    recordings = [
        Recording(
            path=data / row["path"],
            label=row.get("label") or None,
            sub_label=row.get("sub_label", ""),
            source_id=row.get("source_id") or row["path"],
            collection=row.get("collection", ""),
            fold=int(row["fold"]) if row.get("fold") else None,
            seconds=float(row["seconds"]),
        )
        for row in (*listed, *pool)
    ]
    missing = [recording.path for recording in recordings if not recording.path.is_file()]
    if missing:
        raise NoRecordings(
            f"{len(missing)} listed files are missing, the first is {missing[0]}.", n_missing=len(missing)
        )
    _require_whole_sources(recordings)
    return recordings


def labels_of(recordings: Sequence[Recording]) -> tuple[str, ...]:
    """The taxonomy that these recordings teach, in alphabetical order."""
    return tuple(sorted({recording.label for recording in recordings if recording.label is not None}))


def fingerprint(recordings: Sequence[Recording]) -> str:
    """Name the data: the same files under the same labels and folds give the same name.

    Args:
        recordings: As read.

    Returns:
        First 16 hexadecimal digits of a SHA-256 over the lists and every file's bytes.
    """
    digest = hashlib.sha256()
    for recording in recordings:
        digest.update(f"{recording.path.name}|{recording.label}|{recording.fold}|".encode())
        digest.update(hashlib.sha256(recording.path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _read_list(data: Path, name: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    path = data / name
    if not path.is_file():
        raise NoRecordings(f"There is no {name} in {data}.", folder=str(data))
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    absent = [column for column in columns if not rows or column not in rows[0]]
    if absent:
        raise NoRecordings(f"{path} has no {', '.join(absent)}.", missing_columns=absent)
    return rows


def _require_whole_sources(recordings: Sequence[Recording]) -> None:
    folds: dict[str, int] = {}
    for recording in recordings:
        if recording.fold is not None and folds.setdefault(recording.source_id, recording.fold) != recording.fold:
            raise NoRecordings(f"Source {recording.source_id} is in more than one fold.", source_id=recording.source_id)
