"""Corrections over JSON, and as training data for the operator."""

from __future__ import annotations

from io import StringIO
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from backend.catalogue import corrections, lessons
from backend.catalogue.errors import AdminOnly, BadCursor, NoSuchSound, NoSuchTrigger, TooManyRequests
from backend.routes.deps import CallerDep, CursorQuery, LimitQuery, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.problems import problems
from backend.routes.schemas.taste import CorrectionBody, CorrectionPage, CorrectionWish

router = APIRouter(tags=["taste"])

CHANGE = [limited(Deed.CHANGE)]


@router.get("/corrections", responses=problems(BadCursor))
def list_corrections(
    session: SessionDep, caller: CallerDep, cursor: CursorQuery = None, limit: LimitQuery = 24
) -> CorrectionPage:
    """List what the caller has said that sounds are, newest first."""
    page = corrections.search(session, listener_id=caller.listener_id, cursor=cursor, limit=limit)
    return CorrectionPage(items=[CorrectionBody.of(each) for each in page.items], next_cursor=page.next_cursor)


@router.get(
    "/corrections.csv",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problems(AdminOnly)},
)
def export_recordings(session: SessionDep, caller: CallerDep) -> Response:
    """Give the operator what corrections of public sounds teach, in the shape of a training list.

    The audio of a line is that of the sound that its path names: `deepasmr corrections export` fetches it as well.
    """
    if not caller.is_admin:
        raise AdminOnly
    listed = StringIO()
    lessons.write(lessons.learn(session), listed)
    return Response(listed.getvalue(), media_type="text/csv; charset=utf-8")


@router.post("/corrections", dependencies=CHANGE, responses=problems(NoSuchSound, NoSuchTrigger, TooManyRequests))
def say_correction(wanted: CorrectionWish, session: SessionDep, caller: CallerDep) -> CorrectionBody:
    """Say what a sound is; what the caller said of it before gives way. The classifier's own label stays."""
    return CorrectionBody.of(corrections.say(session, wanted.sound_id, wanted.trigger, listener_id=caller.listener_id))


@router.delete(
    "/corrections/{sound_id}", status_code=204, dependencies=CHANGE, responses=problems(NoSuchSound, TooManyRequests)
)
def withdraw_correction(sound_id: UUID, session: SessionDep, caller: CallerDep) -> None:
    """Take back what the caller has said of a sound."""
    corrections.withdraw(session, sound_id, listener_id=caller.listener_id)
