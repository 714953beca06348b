"""Drafts: made sounds that their listener has not chosen yet. They are on no list, and go after a day unless kept."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import Session, aliased

from backend.catalogue.errors import NoSuchSound
from backend.catalogue.sources import is_visible
from backend.tables import Sound

LIFE_S = 24 * 3600.0


def is_listed(listener_id: UUID | None) -> ColumnElement[bool]:
    """Say in SQL whether a sound belongs on this listener's lists: public or theirs, and no draft.

    A draft is found by its id alone, by its listener alone.
    """
    return and_(is_visible(Sound.listener_id, listener_id), Sound.is_draft.is_(False))


def keep(session: Session, sound_id: UUID, *, listener_id: UUID | None) -> Sound:
    """Keep a draft for good; a sound that is kept already stays as it is.

    Raises:
        NoSuchSound: if there is none, it is somebody else's, or it went with the sweep.
    """
    sound = session.scalar(
        select(Sound)
        .where(Sound.id == sound_id, is_visible(Sound.listener_id, listener_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if sound is None:
        raise NoSuchSound(sound_id=str(sound_id))
    sound.is_draft = False
    session.flush()
    return sound


def sweep(session: Session, *, older_than_s: float = LIFE_S) -> int:
    """Delete the drafts that nobody kept; return how many. Their bytes go with the sweep of orphans.

    A draft that something was made from stays as long as that does: it belongs to its family.

    Args:
        session: The transaction.
        older_than_s: Leave alone what was made within so many seconds.
    """
    child = aliased(Sound)
    has_children = (
        select(child.id).where(or_(child.first_parent_id == Sound.id, child.second_parent_id == Sound.id)).exists()
    )
    born_before = func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, older_than_s)
    unkept = delete(Sound).where(Sound.is_draft, Sound.created_at < born_before, ~has_children).returning(Sound.id)
    n_deleted = 0
    # What was made from a draft goes before the draft itself.
    while n_gone := len(session.scalars(unkept, execution_options={"synchronize_session": False}).all()):
        n_deleted += n_gone
    return n_deleted
