"""Corrections: what a listener says a sound is. The classifier's own label stays beside it, untouched."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from backend.catalogue import cursors, listeners, sounds, triggers
from backend.catalogue.cursors import Page
from backend.tables import Correction

NEWEST = cursors.Order("said", Correction.said_at, Correction.sound_id)


def say(session: Session, sound_id: UUID, trigger: str | None, *, listener_id: UUID) -> Correction:
    """Record what a listener says a sound is; what they said of it before gives way.

    Args:
        session: The transaction.
        sound_id: Which sound.
        trigger: Slug of the right trigger; None for "none of these".
        listener_id: Who says so.

    Raises:
        NoSuchSound: if there is none, or it is somebody else's.
        NoSuchTrigger: if there is no such trigger.
    """
    sounds.find(session, sound_id, listener_id=listener_id)
    if trigger is not None:
        triggers.find(session, trigger)
    listeners.arrive(session, listener_id)
    said = insert(Correction).values(listener_id=listener_id, sound_id=sound_id, trigger_slug=trigger)
    session.execute(
        said.on_conflict_do_update(
            index_elements=[Correction.listener_id, Correction.sound_id],
            set_={"trigger_slug": trigger, "said_at": func.clock_timestamp()},
        )
    )
    correction = find(session, sound_id, listener_id=listener_id)
    assert correction is not None  # noqa: S101 - written a line above
    return correction


def withdraw(session: Session, sound_id: UUID, *, listener_id: UUID) -> None:
    """Take back what a listener said of a sound; where they said nothing, nothing changes.

    Raises:
        NoSuchSound: if there is no such sound, or it is somebody else's.
    """
    sounds.find(session, sound_id, listener_id=listener_id)
    session.execute(delete(Correction).where(Correction.listener_id == listener_id, Correction.sound_id == sound_id))


def find(session: Session, sound_id: UUID, *, listener_id: UUID) -> Correction | None:
    """Return what a listener has said of a sound, if anything, with the trigger that they named."""
    return session.scalar(
        select(Correction)
        .where(Correction.listener_id == listener_id, Correction.sound_id == sound_id)
        .options(joinedload(Correction.trigger))
        .execution_options(populate_existing=True)
    )


def search(session: Session, *, listener_id: UUID, cursor: str | None = None, limit: int = 24) -> Page[Correction]:
    """List what a listener has said, newest first.

    Raises:
        BadCursor: if the cursor was not given out for this list.
    """
    query = select(Correction).where(Correction.listener_id == listener_id).options(joinedload(Correction.trigger))
    scope = ["corrections", listener_id]
    rows = session.scalars(cursors.following(query, NEWEST, cursor=cursor, scope=scope, limit=limit)).all()
    return cursors.page(rows, NEWEST, scope=scope, limit=limit)


def everything(session: Session, *, listener_id: UUID) -> Sequence[Correction]:
    """List all that a listener has said, newest first."""
    return session.scalars(
        select(Correction)
        .where(Correction.listener_id == listener_id)
        .order_by(Correction.said_at.desc(), Correction.sound_id.desc())
    ).all()
