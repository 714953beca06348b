"""Favourites over JSON."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from backend.catalogue import favourites
from backend.catalogue.errors import BadCursor, NoSuchSound, TooManyRequests
from backend.routes.deps import CallerDep, CursorQuery, LimitQuery, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.problems import problems
from backend.routes.schemas.sounds import SoundBody, SoundPage

router = APIRouter(tags=["taste"])

CHANGE = [limited(Deed.CHANGE)]
HEART = "/sounds/{sound_id}/favourite"


@router.get("/favourites", responses=problems(BadCursor))
def list_favourites(
    session: SessionDep, caller: CallerDep, cursor: CursorQuery = None, limit: LimitQuery = 24
) -> SoundPage:
    """List the sounds that the caller has given a heart, the newest heart first."""
    page = favourites.search(session, listener_id=caller.listener_id, cursor=cursor, limit=limit)
    return SoundPage(
        items=[SoundBody.of(sound, listener_id=caller.listener_id) for sound in page.items],
        next_cursor=page.next_cursor,
    )


@router.put(HEART, status_code=204, dependencies=CHANGE, responses=problems(NoSuchSound, TooManyRequests))
def add_favourite(sound_id: UUID, session: SessionDep, caller: CallerDep) -> None:
    """Give a sound a heart; a second one changes nothing. A draft of the caller's is kept by that."""
    favourites.add(session, sound_id, listener_id=caller.listener_id)


@router.delete(HEART, status_code=204, dependencies=CHANGE, responses=problems(NoSuchSound, TooManyRequests))
def remove_favourite(sound_id: UUID, session: SessionDep, caller: CallerDep) -> None:
    """Take a sound's heart away."""
    favourites.remove(session, sound_id, listener_id=caller.listener_id)
