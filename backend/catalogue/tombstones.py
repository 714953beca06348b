"""Deleted sounds: what is said of them, and to whom. The database writes the rows when sounds go."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalogue.errors import NoSuchSound, SoundDeleted
from backend.catalogue.sources import is_visible
from backend.tables import Tombstone


def absence(session: Session, sound_id: UUID, *, listener_id: UUID | None) -> NoSuchSound:
    """Return why a sound is not there: it was deleted, or, for all that this listener may know, it never was."""
    trigger = session.scalar(
        select(Tombstone.trigger_slug).where(
            Tombstone.sound_id == sound_id, is_visible(Tombstone.listener_id, listener_id)
        )
    )
    if trigger is None:
        return NoSuchSound(sound_id=str(sound_id))
    return SoundDeleted(sound_id=str(sound_id), trigger=trigger)
