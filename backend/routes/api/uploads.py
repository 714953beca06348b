"""Large files piece by piece, resumable: the tus protocol 1.0 with creation, termination and expiration.

POST uploads announces a file, PATCH sends pieces of it, HEAD says where to go on; then POST uploads/{id}/source has it
catalogued, as POST sources does with a file that comes at once. HEAD is answered wherever GET is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.utils import format_datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from backend.catalogue import sources, uploads
from backend.catalogue.errors import (
    EmptyUpload,
    NoSuchUpload,
    StorageFull,
    StorageUnavailable,
    TooManyRequests,
    UnsupportedMediaType,
    UploadBusy,
    UploadElsewhere,
    UploadTooLarge,
    UploadUnfinished,
)
from backend.database import one_transaction
from backend.routes.api.sources import submitted_source
from backend.routes.deps import CallerDep, SessionDep, SettingsDep, StorageDep, limited
from backend.routes.limits import Deed
from backend.routes.pieces import n_received, place_of, read_metadata, receive_piece
from backend.routes.problems import problems
from backend.routes.schemas.sources import SubmittedSource
from backend.routes.schemas.uploads import UploadBody
from backend.routes.uploads import forget_abandoned, incoming_folder, require_room
from backend.settings import Settings
from backend.storage import Storage
from backend.tables import Upload

router = APIRouter(prefix="/uploads", tags=["uploads"])

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration"
PIECE_TYPE = "application/offset+octet-stream"
TUS_HEADERS = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}

TusVersion = Annotated[str | None, Header(alias="Tus-Resumable", description="1.0.0")]


@router.options("", include_in_schema=False)
def tell_protocol(settings: SettingsDep) -> Response:
    """Say what is spoken here."""
    return Response(
        status_code=204,
        headers={
            **TUS_HEADERS,
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(settings.max_upload_bytes),
        },
    )


@router.post(
    "",
    status_code=201,
    dependencies=[limited(Deed.SUBMIT)],
    responses=problems(EmptyUpload, UploadTooLarge, TooManyRequests, StorageFull, StorageUnavailable),
)
def begin_upload(
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    storage: StorageDep,
    background: BackgroundTasks,
    upload_length: Annotated[int, Header(ge=0, lt=2**62, description="Size of the file, in bytes.")],
    upload_metadata: Annotated[
        str, Header(description="`filename` and `filetype`, each with its value in base64, separated by commas.")
    ] = "",
    tus_resumable: TusVersion = None,
) -> UploadBody:
    """Announce a file; Location says where its pieces go."""
    _check_version(tus_resumable)
    filename, media_type = read_metadata(upload_metadata)
    upload = uploads.begin(
        session, listener_id=caller.listener_id, filename=filename, media_type=media_type, n_bytes=upload_length
    )
    require_room(storage, upload_length)
    folder = incoming_folder(storage.folder)
    for gone in uploads.give_up(session, listener_id=caller.listener_id):
        background.add_task(place_of(folder, gone).unlink, missing_ok=True)
    background.add_task(forget_abandoned, folder)
    response.headers.update({**_headers(upload, 0), "Location": f"/api/v1/uploads/{upload.id}"})
    return UploadBody.of(upload, n_received=0)


@router.get("/{upload_id}", responses=problems(NoSuchUpload))
def get_upload(
    upload_id: UUID, response: Response, session: SessionDep, caller: CallerDep, storage: StorageDep
) -> UploadBody:
    """Say how much of a file is here; the headers say the same to tus."""
    upload = uploads.find(session, upload_id, listener_id=caller.listener_id)
    body = UploadBody.of(upload, n_received=n_received(place_of(incoming_folder(storage.folder), upload_id)))
    response.headers.update(_headers(upload, body.n_received))
    return body


async def receive(
    upload_id: UUID, request: Request, settings: SettingsDep, caller: CallerDep, storage: StorageDep
) -> AsyncIterator[tuple[Upload, int]]:
    """Receive a piece; give the upload and how many of its bytes are here. Raises as `receive_piece` does."""
    # In a transaction of its own: none stays open while bytes come.
    upload = await run_in_threadpool(_find, settings, upload_id, caller.listener_id)
    _check_version(request.headers.get("tus-resumable"))
    if request.headers.get("content-type") != PIECE_TYPE:
        raise UnsupportedMediaType(f"Send a piece as {PIECE_TYPE}.")
    offset = request.headers.get("upload-offset", "")
    if not offset.isdecimal():
        raise HTTPException(400, "Upload-Offset is missing: where does this piece begin?")
    if upload.source_id is not None:
        raise UploadElsewhere("This file has arrived whole.", offset=upload.n_bytes)
    path = place_of(incoming_folder(storage.folder), upload_id)
    yield upload, await receive_piece(request, storage, path, offset=int(offset[:18]), n_bytes=upload.n_bytes)


@router.patch(
    "/{upload_id}",
    status_code=204,
    dependencies=[limited(Deed.CHANGE)],
    responses=problems(
        NoSuchUpload,
        UploadElsewhere,
        UploadTooLarge,
        UnsupportedMediaType,
        UploadBusy,
        TooManyRequests,
        StorageFull,
        StorageUnavailable,
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {PIECE_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        },
        "parameters": [
            {"name": "Upload-Offset", "in": "header", "required": True, "schema": {"type": "integer", "minimum": 0}},
            {"name": "Tus-Resumable", "in": "header", "required": True, "schema": {"const": VERSION}},
        ],
    },
)
def append_piece(
    received: Annotated[tuple[Upload, int], Depends(receive, scope="function")], response: Response
) -> None:
    """Append a piece; what comes before a line breaks is kept."""
    response.headers.update(_headers(*received))


@router.delete(
    "/{upload_id}",
    status_code=204,
    dependencies=[limited(Deed.CHANGE)],
    responses=problems(NoSuchUpload, TooManyRequests),
)
def forget_upload(
    upload_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    storage: StorageDep,
    background: BackgroundTasks,
) -> None:
    """Give an upload up. A source that it has become stays."""
    uploads.forget(session, upload_id, listener_id=caller.listener_id)
    background.add_task(place_of(incoming_folder(storage.folder), upload_id).unlink, missing_ok=True)
    response.headers.update(TUS_HEADERS)


@router.post(
    "/{upload_id}/source", status_code=202, responses=problems(NoSuchUpload, UploadUnfinished, TooManyRequests)
)
def submit_upload(
    upload_id: UUID,
    session: SessionDep,
    settings: SettingsDep,
    caller: CallerDep,
    storage: StorageDep,
    background: BackgroundTasks,
) -> SubmittedSource:
    """Have a file catalogued that has arrived whole; asked again, the answer is the same source."""
    upload = _find(settings, upload_id, caller.listener_id)
    path = place_of(incoming_folder(storage.folder), upload_id)
    source, job = uploads.submit(
        session,
        upload_id,
        listener_id=caller.listener_id,
        # Before the first query of this session: no transaction is open while bytes are stored.
        audio_key=_store(storage, path, upload) if upload.source_id is None else "",
    )
    # After the commit: until then these bytes are all there is.
    background.add_task(path.unlink, missing_ok=True)
    return submitted_source(session, sources.find(session, source.id, listener_id=caller.listener_id), job, caller)


def _find(settings: Settings, upload_id: UUID, listener_id: UUID) -> Upload:
    with one_transaction(settings) as session:
        return uploads.find(session, upload_id, listener_id=listener_id)


def _store(storage: Storage, path: Path, upload: Upload) -> str:
    n_here = n_received(path)
    if n_here != upload.n_bytes:
        raise UploadUnfinished(f"{n_here} of {upload.n_bytes} bytes have arrived.", offset=n_here)
    return storage.put_file(path)


def _check_version(said: str | None) -> None:
    if said != VERSION:
        raise HTTPException(412, f"Tus-Resumable must be {VERSION}.", headers={"Tus-Version": VERSION})


def _headers(upload: Upload, n_here: int) -> dict[str, str]:
    return {
        **TUS_HEADERS,
        "Upload-Offset": str(n_here),
        "Upload-Length": str(upload.n_bytes),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=False),
    }
