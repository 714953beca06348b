"""The heart of a card and of a sound's page: a press that scripts answer at once, and a plain form without them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from backend.catalogue import favourites
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.pages.language import local_address
from backend.routes.pages.showing import wants_fragment

router = APIRouter()


@router.post("/sounds/{sound_id}/favourite", dependencies=[limited(Deed.CHANGE)])
def choose_favourite(
    sound_id: UUID,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    is_favourite: Annotated[bool, Form()],
    back: Annotated[str, Form(max_length=2000)] = "/library",
) -> Response:
    """Give a sound a heart or take it away. Scripts show it before they ask, and are answered with nothing."""
    deed = favourites.add if is_favourite else favourites.remove
    deed(session, sound_id, listener_id=caller.listener_id)
    return Response(status_code=204) if wants_fragment(request) else RedirectResponse(local_address(back), 303)
