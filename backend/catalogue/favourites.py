"""Favourites: what a listener gives a heart stays at hand, newest first."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.catalogue import cursors, drafts, listeners, sounds
from backend.catalogue.cursors import Page
from backend.catalogue.sources import is_visible
from backend.tables import Favourite, Sound

NEWEST = cursors.Order("newest", Favourite.created_at, Favourite.sound_id)


def add(session: Session, sound_id: UUID, *, listener_id: UUID) -> None:
    """Give a sound a heart; one that has it keeps it. A draft is kept by that.

    Raises:
        NoSuchSound: if there is none, or it is somebody else's.
    """
    sound = sounds.find(session, sound_id, listener_id=listener_id)
    if sound.is_draft:
        drafts.keep(session, sound_id, listener_id=listener_id)
    listeners.arrive(session, listener_id)
    session.execute(insert(Favourite).values(listener_id=listener_id, sound_id=sound_id).on_conflict_do_nothing())


def remove(session: Session, sound_id: UUID, *, listener_id: UUID) -> None:
    """Take a sound's heart away; one that has none stays as it is.

    Raises:
        NoSuchSound: if there is no such sound, or it is somebody else's.
    """
    sounds.find(session, sound_id, listener_id=listener_id)
    session.execute(delete(Favourite).where(Favourite.listener_id == listener_id, Favourite.sound_id == sound_id))


def search(session: Session, *, listener_id: UUID, cursor: str | None = None, limit: int = 24) -> Page[Sound]:
    """List a listener's favourites, the newest heart first.

    Raises:
        BadCursor: if the cursor was not given out for this list.
    """
    scope = ["favourites", listener_id]
    rows = session.execute(cursors.following(_mine(listener_id), NEWEST, cursor=cursor, scope=scope, limit=limit)).all()
    places = [(created_at, sound.id) for sound, created_at in rows]
    return cursors.page_of([sound for sound, _ in rows], places, NEWEST, scope, limit)


def everything(session: Session, *, listener_id: UUID) -> list[tuple[Sound, datetime]]:
    """List all of a listener's favourites with the moments of their hearts, the newest first."""
    rows = session.execute(_mine(listener_id).order_by(Favourite.created_at.desc(), Favourite.sound_id.desc()))
    return [(sound, created_at) for sound, created_at in rows]


def _mine(listener_id: UUID) -> Select[Sound, datetime]:
    return (
        select(Sound, Favourite.created_at)
        .join(Favourite, Favourite.sound_id == Sound.id)
        .where(Favourite.listener_id == listener_id, is_visible(Sound.listener_id, listener_id))
        .options(*sounds.as_listed(listener_id))
    )
