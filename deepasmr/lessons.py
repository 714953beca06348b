"""Corrections taken out of the catalogue as a folder of recordings."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import OperationalError

from backend.catalogue import lessons
from backend.database import one_transaction
from backend.settings import Settings
from backend.storage import NoSuchObject, storage_of
from deepasmr import embedded
from deepasmr.errors import DatabaseAway

LIST = "recordings.csv"


@dataclass(frozen=True)
class Exported:
    """How many sounds were written, and how many have no audio in storage any more."""

    n_written: int
    n_missing: int


def settings_for(data_dir: Path) -> Settings:
    """Return the settings that lead to a platform's catalogue: those of the environment, else the embedded one's."""
    if os.environ.get("DEEPASMR_DATABASE_URL"):
        return Settings()
    return Settings(data_dir=data_dir, database_url=embedded.postgres_url(data_dir / "postgres"))


def export(settings: Settings, out: Path, *, with_private: bool) -> Exported:
    """Write recordings.csv and the audio that it lists; what an earlier export left in the folder is written over.

    Args:
        settings: Where database and storage are.
        out: Folder to write into; made if need be.
        with_private: Whether listeners' own uploads are among them.

    Raises:
        DatabaseAway: if the database cannot be reached.
        StorageUnavailable: if the storage does not answer.
    """
    try:
        with one_transaction(settings) as session:
            learnt = lessons.learn(session, with_private=with_private)
    except OperationalError as away:
        raise DatabaseAway(f"the catalogue cannot be read, is the platform running? {away.orig}") from away
    storage = storage_of(settings)
    (out / "audio").mkdir(parents=True, exist_ok=True)
    written = []
    for lesson in learnt:
        try:
            with storage.local_copy(lesson.audio_key) as path:
                shutil.copyfile(path, out / lesson.path)
        except NoSuchObject:
            continue
        written.append(lesson)
    with (out / LIST).open("w", newline="", encoding="utf-8") as file:
        lessons.write(written, file)
    return Exported(len(written), len(learnt) - len(written))
