"""Sounds over JSON. Their bytes are in `audio.py`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from backend.catalogue import sounds
from backend.catalogue.errors import (
    AdminOnly,
    BadCursor,
    BadSort,
    NoSuchSound,
    NoSuchTrigger,
    SettingOutOfRange,
    TooManyRequests,
)
from backend.catalogue.licences import Licence
from backend.catalogue.sounds import MAX_QUERY_CHARACTERS, MAX_SIMILAR, ORDERS, Filters
from backend.routes.deps import CallerDep, CursorQuery, LimitQuery, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.problems import problems
from backend.routes.schemas.sounds import (
    SimilarSoundBody,
    SimilarSounds,
    SoundBody,
    SoundPage,
    WaveformBody,
)
from backend.tables import SoundKind

router = APIRouter(prefix="/sounds", tags=["sounds"])

Seconds = Annotated[float | None, Query(ge=0, allow_inf_nan=False)]


@router.get("", responses=problems(BadCursor, BadSort, NoSuchTrigger, SettingOutOfRange))
def list_sounds(
    session: SessionDep,
    caller: CallerDep,
    trigger: str | None = None,
    q: Annotated[
        str | None, Query(max_length=MAX_QUERY_CHARACTERS, description="Words of titles and triggers.")
    ] = None,
    kind: SoundKind | None = None,
    min_confidence: Annotated[float | None, Query(ge=0, le=1, allow_inf_nan=False)] = None,
    min_seconds: Seconds = None,
    max_seconds: Seconds = None,
    source: UUID | None = None,
    licence: Annotated[Licence | None, Query(description="Kind of the licence that the sound's source states.")] = None,
    mine: bool = False,
    sort: Annotated[str, Query(description=f"One of {', '.join(ORDERS)}.")] = "newest",
    cursor: CursorQuery = None,
    limit: LimitQuery = 24,
) -> SoundPage:
    """List public sounds and the caller's own that pass every filter; with `mine`, the caller's own alone."""
    filters = Filters(
        trigger=trigger,
        q=q,
        kind=kind,
        min_confidence=min_confidence,
        min_seconds=min_seconds,
        max_seconds=max_seconds,
        source=source,
        licence=licence,
        mine_only=mine,
    )
    page = sounds.search(session, filters, listener_id=caller.listener_id, sort=sort, cursor=cursor, limit=limit)
    return SoundPage(
        items=[SoundBody.of(sound, listener_id=caller.listener_id) for sound in page.items],
        next_cursor=page.next_cursor,
    )


@router.get("/{sound_id}", responses=problems(NoSuchSound))
def get_sound(sound_id: UUID, session: SessionDep, caller: CallerDep) -> SoundBody:
    """Show one sound."""
    return SoundBody.of(sounds.find(session, sound_id, listener_id=caller.listener_id), listener_id=caller.listener_id)


@router.get("/{sound_id}/waveform", responses=problems(NoSuchSound))
def get_waveform(sound_id: UUID, response: Response, session: SessionDep, caller: CallerDep) -> WaveformBody:
    """Give a sound's outline, for drawing it before its audio is loaded."""
    sound = sounds.find(session, sound_id, listener_id=caller.listener_id)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return WaveformBody(duration_s=sound.duration_s, peaks=sound.peaks)


@router.get("/{sound_id}/similar", responses=problems(NoSuchSound, NoSuchTrigger))
def list_similar_sounds(
    sound_id: UUID,
    session: SessionDep,
    caller: CallerDep,
    limit: Annotated[int, Query(ge=1, le=MAX_SIMILAR)] = 12,
    trigger: str | None = None,
) -> SimilarSounds:
    """List the sounds that are nearest to one in the classifier's ear, nearest first."""
    neighbours = sounds.similar(session, sound_id, listener_id=caller.listener_id, limit=limit, trigger=trigger)
    return SimilarSounds(
        items=[
            SimilarSoundBody(
                **dict(SoundBody.of(neighbour.sound, listener_id=caller.listener_id)), similarity=neighbour.similarity
            )
            for neighbour in neighbours
        ]
    )


@router.delete(
    "/{sound_id}",
    status_code=204,
    dependencies=[limited(Deed.CHANGE)],
    responses=problems(NoSuchSound, AdminOnly, TooManyRequests),
)
def delete_sound(sound_id: UUID, session: SessionDep, caller: CallerDep) -> None:
    """Delete a sound of one's own, or, as the admin, a public one. What was made from it stays."""
    sounds.delete(session, sound_id, listener_id=caller.listener_id, is_admin=caller.is_admin)
