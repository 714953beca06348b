"""The lists of recordings to learn from: labelled ones in folds by source, and a pool of unlabelled ones."""

import csv
import hashlib
import math
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
        NoRecordings: if there is no recordings.csv, a list cannot be read as a table or lists nothing, a column, a
            label or a listed file is missing, a number is none or not finite, or a source is in two folds.
    """
    listed = _read_list(data, "recordings.csv", ("path", "label", "source_id", "seconds", "fold"))
    pool = _read_list(data, "unlabelled.csv", ("path", "seconds")) if (data / "unlabelled.csv").exists() else []
    unnamed = next((line for line, row in enumerate(listed, 2) if not row["label"]), None)
    if unnamed is not None:
        raise NoRecordings(f"recordings.csv, line {unnamed}, has no label; what has none goes to unlabelled.csv.")
    recordings = [
        _read_row(data, name, line, row)
        for name, rows in (("recordings.csv", listed), ("unlabelled.csv", pool))
        for line, row in enumerate(rows, 2)
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
    try:
        if not path.is_file():
            raise NoRecordings(f"There is no {name} in {data}.", folder=str(data))
        # Excel begins a table in UTF-8 with a byte order mark.
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file, strict=True)
            rows, present = list(table), table.fieldnames or ()
    except (csv.Error, UnicodeDecodeError, OSError) as error:
        raise NoRecordings(f"{path} cannot be read as a table: {error}.", file=str(path)) from error
    absent = [column for column in columns if column not in present]
    if absent:
        raise NoRecordings(f"{path} has no {', '.join(absent)}.", missing_columns=absent)
    if not rows:
        raise NoRecordings(f"{path} lists no recordings.", file=str(path))
    return rows


def _read_row(data: Path, name: str, line: int, row: dict[str, str]) -> Recording:
    try:
        seconds = float(row["seconds"])
        fold = int(row["fold"]) if row.get("fold") else None
    except (TypeError, ValueError) as error:
        raise NoRecordings(f"{name}, line {line}: seconds or fold is no number.", line=line) from error
    if not math.isfinite(seconds):
        raise NoRecordings(f"{name}, line {line}: seconds is {row['seconds']}, which is no length.", line=line)
    if fold is not None and fold not in range(N_FOLDS):
        raise NoRecordings(f"{name}, line {line}: there is no fold {fold}, only 0 to {N_FOLDS - 1}.", line=line)
    return Recording(
        path=data / row["path"],
        label=row.get("label") or None,
        sub_label=row.get("sub_label") or "",
        source_id=row.get("source_id") or row["path"],
        collection=row.get("collection") or "",
        fold=fold,
        seconds=seconds,
    )


def _require_whole_sources(recordings: Sequence[Recording]) -> None:
    folds: dict[str, int] = {}
    for recording in recordings:
        if recording.fold is not None and folds.setdefault(recording.source_id, recording.fold) != recording.fold:
            raise NoRecordings(f"Source {recording.source_id} is in more than one fold.", source_id=recording.source_id)
