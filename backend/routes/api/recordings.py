"""A source's own recording as bytes, so that a stretch of it can be heard before it has become a sound."""

from __future__ import annotations

import re
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request, Response

from backend.catalogue import sources
from backend.catalogue.errors import NoSuchObject, NoSuchSource, NotFound, NotYours, StorageUnavailable
from backend.database import one_transaction
from backend.routes.deps import CallerDep, SettingsDep, StorageDep
from backend.routes.identity import Caller
from backend.routes.problems import MEDIA_TYPE, problems
from backend.routes.ranges import stored_bytes
from backend.tables import Source

router = APIRouter(prefix="/sources", tags=["sources"])

# What a sender says a file is goes back to nobody but its sender, and never as something that a browser would run.
PLAYABLE = re.compile(r"(audio|video)/[a-z0-9.+-]{1,60}")


def may_hear(source: Source, caller: Caller) -> bool:
    """Tell whether a caller may hear a source's whole recording.

    Their own, what was synthesised here, and for the operator all: somebody else's video is heard where it came from,
    and here only in the sounds that were found in it.
    """
    return source.listener_id == caller.listener_id or source.is_synthetic or caller.is_admin


@router.get(
    "/{source_id}/audio",
    response_class=Response,
    responses={
        **problems(NoSuchSource, NotYours, NotFound, StorageUnavailable),
        200: {"description": "All of it.", "content": {"audio/*": {}}},
        206: {"description": "The range that was asked for.", "content": {"audio/*": {}}},
        304: {"description": "The asker has it already."},
        416: {
            "description": "The range lies outside.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    },
)
def get_recording(
    source_id: UUID, request: Request, settings: SettingsDep, caller: CallerDep, storage: StorageDep
) -> Response:
    """Play one's own recording as it was sent, whole or by Range."""
    # In a transaction of its own: none stays open while bytes are sent.
    with one_transaction(settings) as session:
        source = sources.find(session, source_id, listener_id=caller.listener_id).source
    if not may_hear(source, caller):
        raise NotYours
    key = source.audio_key
    if key is None:
        raise NotFound("This source has no recording yet.")
    try:
        n_bytes = storage.size(key)
    except NoSuchObject as gone:
        raise NotFound("This recording is not in storage any more.") from gone
    said = source.media_type or ""
    return stored_bytes(
        request,
        n_bytes=n_bytes,
        read=partial(storage.read_range, key),
        media_type=said if PLAYABLE.fullmatch(said) else "application/octet-stream",
        etag=key,
    )
