"""The upload page: files, several at once, or what the microphone hears; and what is still half on its way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Request
from fastapi.responses import RedirectResponse, Response

from backend.catalogue import sources, uploads
from backend.routes.deps import CallerDep, SessionDep, SettingsDep, StorageDep, limited
from backend.routes.limits import Deed
from backend.routes.pages.showing import PageContext, show
from backend.routes.pieces import n_received, place_of
from backend.routes.uploads import ReceivedFile, incoming_folder, received_file

router = APIRouter()


@dataclass(frozen=True)
class HalfUpload:
    """A file of which only a part has arrived; `share` is how much, 0 to 1."""

    id: UUID
    filename: str
    share: float


@dataclass(frozen=True)
class UploadPage(PageContext):
    """The form that takes files."""

    template: ClassVar[str] = "sources/upload.html"
    max_bytes: int
    max_seconds: float
    halves: list[HalfUpload]


@router.get("/upload")
def show_upload(
    request: Request, session: SessionDep, settings: SettingsDep, caller: CallerDep, storage: StorageDep
) -> Response:
    """Show the form for files."""
    folder = incoming_folder(storage.folder)
    halves = [
        HalfUpload(each.id, each.filename or "upload", n_received(place_of(folder, each.id)) / each.n_bytes)
        for each in uploads.unfinished(session, listener_id=caller.listener_id)
    ]
    return show(request, UploadPage(settings.max_upload_bytes, settings.max_upload_seconds, halves))


async def read_file(request: Request, settings: SettingsDep, storage: StorageDep) -> AsyncIterator[ReceivedFile]:
    """Receive the form's file; it lies on disk until the answer is made. Raises as `received_file` does."""
    async with received_file(request, storage, max_bytes=settings.max_upload_bytes) as file:
        yield file


@router.post("/upload", dependencies=[limited(Deed.SUBMIT)])
def upload(
    file: Annotated[Any, Depends(read_file, scope="function")],
    session: SessionDep,
    caller: CallerDep,
    storage: StorageDep,
) -> Response:
    """Take a file from a browser without scripts; those with scripts send it to the API piece by piece."""
    source, _ = sources.submit_upload(
        session,
        listener_id=caller.listener_id,
        filename=file.filename,
        # Before the first query: no transaction is open while bytes are stored.
        audio_key=storage.put_file(file.path),
        n_bytes=file.n_bytes,
        media_type=file.media_type or None,
    )
    return RedirectResponse(f"/sources/{source.id}", status_code=303)


@router.post("/uploads/{upload_id}/delete", dependencies=[limited(Deed.CHANGE)])
def forget_upload(
    upload_id: UUID, session: SessionDep, caller: CallerDep, storage: StorageDep, background: BackgroundTasks
) -> Response:
    """Give a file up of which only a part has arrived."""
    uploads.forget(session, upload_id, listener_id=caller.listener_id)
    background.add_task(place_of(incoming_folder(storage.folder), upload_id).unlink, missing_ok=True)
    return RedirectResponse("/upload", status_code=303, background=background)
