"""The stream over JSON."""

from __future__ import annotations

import secrets

from fastapi import APIRouter

from backend.catalogue import stream
from backend.catalogue.errors import TooManyRequests
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.problems import problems
from backend.routes.schemas.taste import PickBody, StreamBody, StreamWish

router = APIRouter(prefix="/stream", tags=["taste"])

CHANGE = [limited(Deed.CHANGE)]
SEED_BITS = 31


@router.post("/next", dependencies=CHANGE, responses=problems(TooManyRequests))
def continue_stream(wanted: StreamWish, session: SessionDep, caller: CallerDep) -> StreamBody:
    """Give the next sounds of an endless queue near what the caller likes; at most one more is made for later."""
    batch = stream.following(
        session, listener_id=caller.listener_id, heard=wanted.heard, seed=secrets.randbits(SEED_BITS)
    )
    return StreamBody(
        items=[PickBody.from_pick(each, listener_id=caller.listener_id) for each in batch.picks],
        n_in_making=batch.n_in_making,
    )


@router.delete("", status_code=204, dependencies=CHANGE, responses=problems(TooManyRequests))
def stop_stream(session: SessionDep, caller: CallerDep) -> None:
    """End the caller's stream: what was still to be made for it is cancelled."""
    stream.stop(session, listener_id=caller.listener_id)
