"""What was played, over JSON."""

from __future__ import annotations

from fastapi import APIRouter

from backend.catalogue import plays
from backend.catalogue.errors import BadCursor, NoSuchSound, TooManyRequests
from backend.routes.deps import CallerDep, CursorQuery, LimitQuery, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.problems import problems
from backend.routes.schemas.sounds import SoundBody
from backend.routes.schemas.taste import PlayBody, PlayedBody, PlayedPage

router = APIRouter(prefix="/plays", tags=["taste"])


@router.post("", status_code=204, dependencies=[limited(Deed.PLAY)], responses=problems(NoSuchSound, TooManyRequests))
def record_play(played: PlayBody, session: SessionDep, caller: CallerDep) -> None:
    """Tell that a sound was played. Only sums are kept, for the caller alone, and nothing if they switched that off."""
    plays.record(
        session,
        played.sound_id,
        listener_id=caller.listener_id,
        listened_s=played.listened_s,
        was_left=played.how == "skipped",
    )


@router.get("", responses=problems(BadCursor))
def list_plays(
    session: SessionDep, caller: CallerDep, cursor: CursorQuery = None, limit: LimitQuery = 24
) -> PlayedPage:
    """List what the caller has played, the latest first."""
    page = plays.search(session, listener_id=caller.listener_id, cursor=cursor, limit=limit)
    return PlayedPage(
        items=[
            PlayedBody(
                **dict(SoundBody.of(played.sound, listener_id=caller.listener_id)),
                last_played_at=played.last_played_at,
                n_plays=played.n_plays,
                listened_s=played.listened_s,
            )
            for played in page.items
        ],
        next_cursor=page.next_cursor,
    )
