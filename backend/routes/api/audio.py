"""Sounds as bytes: audio by Range, mel pictures."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask

from backend import formats
from backend.catalogue import sounds
from backend.catalogue.errors import (
    NoSuchObject,
    NoSuchSound,
    NotFound,
    SoundHasNoAudio,
    StorageFull,
    StorageUnavailable,
)
from backend.database import one_transaction
from backend.formats import AudioFormat
from backend.routes.deps import CallerDep, SettingsDep, StorageDep
from backend.routes.identity import Caller
from backend.routes.problems import MEDIA_TYPE, problems
from backend.routes.ranges import stored_bytes
from backend.settings import Settings
from backend.tables import Sound

router = APIRouter(prefix="/sounds", tags=["sounds"])

AUDIO: dict[str, Any] = {"audio/flac": {}, "audio/ogg": {}, "audio/wav": {}}


@router.get(
    "/{sound_id}/audio",
    response_class=Response,
    responses={
        **problems(NoSuchSound, SoundHasNoAudio, StorageFull, StorageUnavailable),
        200: {"description": "All of it.", "content": AUDIO},
        206: {"description": "The range that was asked for.", "content": AUDIO},
        304: {"description": "The asker has it already."},
        307: {"description": "Not converted yet, and the asker does not wait: this is where the master is."},
        416: {
            "description": "The range lies outside.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    },
)
def get_audio(
    sound_id: UUID,
    request: Request,
    settings: SettingsDep,
    caller: CallerDep,
    storage: StorageDep,
    audio_format: Annotated[AudioFormat, Query(alias="format")] = AudioFormat.FLAC,
    *,
    wait: Annotated[
        bool,
        Query(
            description="Whether to wait for a format that nobody asked for before; without, the answer sends to the "
            "master at once, while the format is made for those who ask next."
        ),
    ] = True,
) -> Response:
    """Play a sound, whole or by Range. FLAC is the master, without loss; Opus is a tenth of its size."""
    sound = _find(settings, sound_id, caller)
    try:
        if not wait and audio_format is not AudioFormat.FLAC and storage.derived(sound.audio_key, audio_format) is None:
            storage.size(sound.audio_key)
            return RedirectResponse(
                f"/api/v1/sounds/{sound.id}/audio?format={AudioFormat.FLAC}",
                headers={"Cache-Control": "no-store"},
                background=BackgroundTask(formats.convert_ahead, storage, sound.audio_key, audio_format),
            )
        key = formats.converted(storage, sound.audio_key, audio_format)
        n_bytes = storage.size(key)
    except NoSuchObject as gone:
        raise SoundHasNoAudio(sound_id=str(sound.id)) from gone
    return stored_bytes(
        request,
        n_bytes=n_bytes,
        read=partial(storage.read_range, key),
        media_type=formats.MEDIA_TYPES[audio_format],
        etag=key,
        filename=f"deepasmr-{sound.id}.{audio_format}",
    )


@router.get(
    "/{sound_id}/mel.png",
    response_class=Response,
    responses={
        **problems(NoSuchSound, NotFound, StorageUnavailable),
        200: {"description": "The picture.", "content": {"image/png": {}}},
        304: {"description": "The asker has it already."},
    },
)
def get_mel(
    sound_id: UUID, request: Request, settings: SettingsDep, caller: CallerDep, storage: StorageDep
) -> Response:
    """Show a sound as its mel picture: time to the right, frequency up, brighter is louder."""
    key = _find(settings, sound_id, caller).mel_key
    if key is None or not storage.exists(key):
        raise NotFound("This sound has no picture.")
    return stored_bytes(
        request,
        n_bytes=storage.size(key),
        read=partial(storage.read_range, key),
        media_type="image/png",
        etag=key,
    )


def _find(settings: Settings, sound_id: UUID, caller: Caller) -> Sound:
    """Find a sound in a transaction of its own: none stays open while bytes are converted and sent."""
    with one_transaction(settings) as session:
        return sounds.find(session, sound_id, listener_id=caller.listener_id)
