"""What a listener has played: how much of each sound, and when last. No diary is kept, and it can be switched off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.catalogue import cursors, listeners, sounds
from backend.catalogue.cursors import Page
from backend.catalogue.sources import is_visible
from backend.tables import Listener, Play, Sound

NEWEST = cursors.Order("played", Play.last_played_at, Play.sound_id)

MAX_SOUNDS = 1000
"""Sounds that are remembered for one listener; the one that was played longest ago gives way."""
LONGEST_S = 12 * 3600.0
SKIPPED_WITHIN_S = 5.0
SKIPPED_WITHIN_SHARE = 0.5


@dataclass(frozen=True)
class Played:
    """A sound in a listener's history."""

    sound: Sound
    last_played_at: datetime
    n_plays: int
    listened_s: float


def record(session: Session, sound_id: UUID, *, listener_id: UUID, listened_s: float, was_left: bool) -> None:
    """Remember that a listener has heard a sound, unless they want nothing remembered.

    Args:
        session: The transaction.
        sound_id: Which one.
        listener_id: Who.
        listened_s: How long (s), repetitions included; bounded by half a day.
        was_left: Whether they went on to another sound before it ended. In its first moments that is a skip.

    Raises:
        NoSuchSound: if there is none, or it is somebody else's.
    """
    sound = sounds.find(session, sound_id, listener_id=listener_id)
    listeners.arrive(session, listener_id)
    if not remembers(session, listener_id):
        return
    heard_s = min(max(0.0, listened_s), LONGEST_S)
    is_skip = was_left and heard_s < min(SKIPPED_WITHIN_S, SKIPPED_WITHIN_SHARE * sound.duration_s)
    play = insert(Play).values(
        listener_id=listener_id, sound_id=sound_id, n_plays=1, n_skips=int(is_skip), listened_s=heard_s
    )
    session.execute(
        play.on_conflict_do_update(
            index_elements=[Play.listener_id, Play.sound_id],
            set_={
                "n_plays": Play.n_plays + 1,
                "n_skips": Play.n_skips + int(is_skip),
                "listened_s": Play.listened_s + heard_s,
                "last_played_at": func.clock_timestamp(),
            },
        )
    )
    _forget_the_oldest(session, listener_id)


def search(session: Session, *, listener_id: UUID, cursor: str | None = None, limit: int = 24) -> Page[Played]:
    """List what a listener has played, the latest first.

    Raises:
        BadCursor: if the cursor was not given out for this list.
    """
    query = (
        select(Sound, Play.last_played_at, Play.n_plays, Play.listened_s)
        .join(Play, Play.sound_id == Sound.id)
        .where(Play.listener_id == listener_id, is_visible(Sound.listener_id, listener_id))
        .options(*sounds.as_listed(listener_id))
    )
    scope = ["plays", listener_id]
    rows = session.execute(cursors.following(query, NEWEST, cursor=cursor, scope=scope, limit=limit)).all()
    found = [Played(*row) for row in rows]
    places = [(each.last_played_at, each.sound.id) for each in found]
    return cursors.page_of(found, places, NEWEST, scope, limit)


def everything(session: Session, *, listener_id: UUID) -> Sequence[Play]:
    """List all that is remembered of what a listener has played, the latest first."""
    return session.scalars(
        select(Play).where(Play.listener_id == listener_id).order_by(Play.last_played_at.desc(), Play.sound_id.desc())
    ).all()


def remembers(session: Session, listener_id: UUID) -> bool:
    """Tell whether a listener lets what they play be remembered; everybody does until they say otherwise."""
    return session.scalar(select(Listener.is_remembered).where(Listener.id == listener_id)) is not False


def choose(session: Session, *, listener_id: UUID, is_remembered: bool) -> None:
    """Let what a listener plays be remembered from now on, or not; what was remembered stays until it is forgotten."""
    listeners.arrive(session, listener_id)
    session.get_one(Listener, listener_id, populate_existing=True).is_remembered = is_remembered
    session.flush()


def forget(session: Session, *, listener_id: UUID) -> None:
    """Forget all that a listener has played."""
    session.execute(delete(Play).where(Play.listener_id == listener_id))


def _forget_the_oldest(session: Session, listener_id: UUID) -> None:
    oldest = (
        select(Play.sound_id)
        .where(Play.listener_id == listener_id)
        .order_by(Play.last_played_at.desc(), Play.sound_id.desc())
        .offset(MAX_SOUNDS)
    )
    session.execute(delete(Play).where(Play.listener_id == listener_id, Play.sound_id.in_(oldest)))
