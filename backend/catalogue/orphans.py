"""Stored bytes that no row names any more: deleted here, and nowhere else.

Deleting a row deletes no bytes: they are named by their content, so another row, or one that is being recorded right
now, may name them too. The sweep takes only what nothing names and nobody has stored again for a day, which is longer
than any job lasts.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from backend.storage import Storage, StoredObject
from backend.tables import Sound, Source

OLDER_THAN_S = 24 * 3600.0
BATCH = 500


def sweep(session: Session, storage: Storage, *, older_than_s: float = OLDER_THAN_S) -> int:
    """Delete the stored bytes that no row names, and what was derived from them; return how many objects went.

    Args:
        session: A transaction to read in.
        storage: Where the bytes lie.
        older_than_s: Leave alone what was stored within so many seconds: its row may be on the way.

    Raises:
        StorageUnavailable: if the storage does not answer.
    """
    before = datetime.now(UTC) - timedelta(seconds=older_than_s)
    n_deleted = storage.drop_leftovers(before=before)
    old = (found for found in storage.objects() if found.last_modified < before)
    for batch in _batches(old):
        named = _named(session, {found.key for found in batch})
        for found in batch:
            if found.key not in named:
                storage.delete_path(found.path)
                n_deleted += 1
    return n_deleted


def _named(session: Session, keys: set[str]) -> set[str]:
    """Return those keys that some row names."""
    columns = (Source.audio_key, Source.probabilities_key, Sound.audio_key, Sound.mel_key)
    return {
        key
        for key in session.scalars(union(*(select(column).where(column.in_(keys)) for column in columns)))
        if key is not None
    }


def _batches(found: Iterable[StoredObject]) -> Iterator[list[StoredObject]]:
    rest = iter(found)
    while batch := list(islice(rest, BATCH)):
        yield batch
