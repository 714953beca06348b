"""Sources over JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.orm import Session

from backend.catalogue import jobs, sounds, sources
from backend.catalogue.errors import (
    AdminOnly,
    BadCursor,
    EmptyUpload,
    IdempotencyConflict,
    NoSuchSource,
    NotAVideoAddress,
    PrivateAddress,
    StorageFull,
    StorageUnavailable,
    TooManyRequests,
    UnsupportedMediaType,
    UploadTooLarge,
)
from backend.catalogue.sounds import Filters
from backend.catalogue.sources import SourceView
from backend.routes.deps import (
    CallerDep,
    CursorQuery,
    IdempotencyKey,
    LimitQuery,
    SessionDep,
    SettingsDep,
    StorageDep,
    limited,
)
from backend.routes.identity import Caller
from backend.routes.limits import Deed
from backend.routes.problems import problems
from backend.routes.schemas.jobs import JobBody
from backend.routes.schemas.sounds import SoundBody
from backend.routes.schemas.sources import (
    SourceBody,
    SourceDetailBody,
    SourcePage,
    StretchBody,
    SubmittedSource,
    VideoAddressBody,
)
from backend.routes.uploads import FIELD_NAME, ReceivedFile, received_file
from backend.tables import Job

router = APIRouter(prefix="/sources", tags=["sources"])

# The first of a long source's sounds; GET sounds?source=… has them all, page by page.
N_SOUNDS_SHOWN = 100
# The one body of two kinds, which FastAPI cannot describe by itself.
REQUEST_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": VideoAddressBody.model_json_schema()},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [FIELD_NAME],
                "properties": {FIELD_NAME: {"type": "string", "format": "binary"}},
            }
        },
    },
}


async def read_submission(
    request: Request, settings: SettingsDep, caller: CallerDep, storage: StorageDep
) -> AsyncIterator[VideoAddressBody | ReceivedFile]:
    """Read what is submitted: an address as JSON, or a file, which lies on disk until the answer is made.

    Raises:
        AdminOnly: if an address comes from somebody who may not have videos ingested.
        UnsupportedMediaType: if it is neither JSON nor multipart/form-data. Further errors as `received_file` says.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        async with received_file(request, storage, max_bytes=settings.max_upload_bytes) as file:
            yield file
    elif media_type == "application/json":
        if not caller.is_admin:
            raise AdminOnly("Only the operator of this platform may have videos ingested.")
        try:
            yield VideoAddressBody.model_validate_json(await request.body())
        except ValidationError as error:
            found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
            raise RequestValidationError(found) from error
    else:
        raise UnsupportedMediaType('Send {"url": …} as application/json, or a file as multipart/form-data.')


@router.post(
    "",
    status_code=202,
    dependencies=[limited(Deed.SUBMIT)],
    responses=problems(
        NotAVideoAddress,
        PrivateAddress,
        EmptyUpload,
        AdminOnly,
        IdempotencyConflict,
        UploadTooLarge,
        UnsupportedMediaType,
        TooManyRequests,
        StorageFull,
        StorageUnavailable,
    ),
    openapi_extra={"requestBody": REQUEST_BODY},
)
def submit_source(
    submitted: Annotated[Any, Depends(read_submission, scope="function")],
    session: SessionDep,
    caller: CallerDep,
    storage: StorageDep,
    idempotency_key: IdempotencyKey = None,
) -> SubmittedSource:
    """Take a video's address (public to all) or a file (private to the caller), and begin to catalogue it.

    A video that is known already answers with its first source and that one's job.
    """
    if isinstance(submitted, ReceivedFile):
        source, job = sources.submit_upload(
            session,
            listener_id=caller.listener_id,
            filename=submitted.filename,
            # Before the first query: no transaction is open while bytes are stored.
            audio_key=storage.put_file(submitted.path),
            n_bytes=submitted.n_bytes,
            media_type=submitted.media_type or None,
            idempotency_key=idempotency_key,
        )
    else:
        source, job = sources.submit_video(
            session, submitted.url, listener_id=caller.listener_id, idempotency_key=idempotency_key
        )
    view = sources.find(session, source.id, listener_id=caller.listener_id)
    return submitted_source(session, view, job, caller)


@router.get("", responses=problems(BadCursor))
def list_sources(
    session: SessionDep,
    caller: CallerDep,
    mine: bool = False,
    cursor: CursorQuery = None,
    limit: LimitQuery = 20,
) -> SourcePage:
    """List public sources and the caller's own, newest first; with `mine`, the caller's own alone."""
    page = sources.search(session, listener_id=caller.listener_id, mine_only=mine, cursor=cursor, limit=limit)
    return SourcePage(
        items=[_body_of(session, view, caller) for view in page.items],
        next_cursor=page.next_cursor,
    )


@router.get("/{source_id}", responses=problems(NoSuchSource))
def get_source(source_id: UUID, session: SessionDep, caller: CallerDep) -> SourceDetailBody:
    """Show a source with its status, its timeline, which grows while it is listened to, and its sounds."""
    view = sources.find(session, source_id, listener_id=caller.listener_id)
    found = sounds.search(
        session,
        Filters(source=source_id),
        listener_id=caller.listener_id,
        sort="oldest",
        limit=N_SOUNDS_SHOWN,
    )
    return SourceDetailBody(
        **dict(_body_of(session, view, caller)),
        timeline=[StretchBody(**stretch) for stretch in view.source.timeline],
        sounds=[SoundBody.of(sound, listener_id=caller.listener_id) for sound in found.items],
    )


@router.delete(
    "/{source_id}",
    status_code=204,
    dependencies=[limited(Deed.CHANGE)],
    responses=problems(NoSuchSource, AdminOnly, TooManyRequests),
)
def delete_source(source_id: UUID, session: SessionDep, caller: CallerDep) -> None:
    """Delete a source of one's own, or, as the admin, a public one: its job stops, and the sounds found in it go."""
    sources.delete(session, source_id, listener_id=caller.listener_id, is_admin=caller.is_admin)


def submitted_source(session: Session, view: SourceView, job: Job, caller: Caller) -> SubmittedSource:
    """Tell of a source that was taken, and of its job."""
    return SubmittedSource(
        job=JobBody.of(job, position=jobs.position(session, job)), source=_body_of(session, view, caller)
    )


def _body_of(session: Session, view: SourceView, caller: Caller) -> SourceBody:
    job = JobBody.of(view.job, position=jobs.position(session, view.job)) if view.job else None
    return SourceBody.of(view.source, job=job, n_sounds=view.n_sounds, listener_id=caller.listener_id)
