"""The map as numbers: packed small, because a hundred thousand points travel at once."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from backend.catalogue import jobs
from backend.catalogue import map as catalogue_map
from backend.catalogue.errors import AdminOnly, TooManyRequests
from backend.catalogue.map import Drawing
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.methods import IS_HEAD
from backend.routes.problems import problems
from backend.routes.schemas.jobs import JobBody
from backend.routes.schemas.map import MapSoundBody, MapSounds
from backend.routes.schemas.sounds import SoundBody

router = APIRouter(prefix="/map", tags=["map"])

MEDIA_TYPE = "application/octet-stream"
CONTENT = {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}
MAGIC = b"MAP1"
# A block can be drawn as soon as it has come.
N_IN_BLOCK = 16_384
MAX_NUMBERS = 100
# Counting a hundred thousand points takes longer than sending them.
RECHECK_S = 3.0
# Half a minute is how long a new sound may stay unseen; then the validator is compared, and mostly nothing is sent.
CACHE_CONTROL = "public, max-age=30"
DESCRIPTION = """\
Little-endian. First `MAP1`, the drawing's version (uint32) and the number of points (uint32). Then blocks, each of a
number n (uint32), n numbers that name the points (uint32), n x and n y (uint16, in 65535ths of the map, which has no
unit), n places of the trigger in the taxonomy (uint8), and as many zero bytes as fill the block to a multiple of four.
"""


@dataclass
class PublicMap:
    """The public points as they were packed last, for all who ask until one of them changes."""

    drawing: Drawing = field(default_factory=lambda: Drawing(0, 0, 0))
    body: tuple[bytes, ...] = ()
    checked_at: float = -math.inf


@router.get(
    "",
    response_class=Response,
    responses={
        200: {"description": DESCRIPTION, "content": CONTENT},
        304: {"description": "The asker has it already."},
    },
)
def get_map(request: Request, session: SessionDep) -> Response:
    """Give the points of all public sounds, in the order of their numbers."""
    kept = _public_map(request, session)
    now = kept.drawing
    etag = f'"map-{now.version}-{now.n_points}-{now.last_number}"'
    headers = {"ETag": etag, "Cache-Control": CACHE_CONTROL}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return _answer(request, kept.body, headers)


@router.get(
    "/mine",
    response_class=Response,
    responses={200: {"description": "In the form of GET map.", "content": CONTENT}},
)
def get_my_map(request: Request, session: SessionDep, caller: CallerDep) -> Response:
    """Give the points of the caller's own sounds, in the form of GET map."""
    drawing = catalogue_map.drawing(session, listener_id=caller.listener_id)
    body = tuple(pack(drawing, catalogue_map.packed(session, listener_id=caller.listener_id)))
    return _answer(request, body, {"Cache-Control": "private, no-store"})


@router.get("/sounds")
def list_map_sounds(
    session: SessionDep,
    caller: CallerDep,
    number: Annotated[
        list[Annotated[int, Query(ge=0, le=2**31 - 1)]],
        Query(min_length=1, max_length=MAX_NUMBERS, description="Numbers of points."),
    ],
) -> MapSounds:
    """Show the sounds of some points."""
    found = catalogue_map.sounds_at(session, number, listener_id=caller.listener_id)
    return MapSounds(
        items=[
            MapSoundBody(**dict(SoundBody.of(sound, listener_id=caller.listener_id)), number=each)
            for each, sound in found
        ]
    )


@router.post(
    "/layouts",
    status_code=202,
    dependencies=[limited(Deed.CHANGE)],
    responses=problems(AdminOnly, TooManyRequests),
)
def draw_anew(session: SessionDep, caller: CallerDep) -> JobBody:
    """Have the whole map drawn anew; for the operator. One that is being drawn is the one that is told of."""
    job = catalogue_map.draw_anew(session, is_admin=caller.is_admin)
    return JobBody.of(job, position=jobs.position(session, job))


def pack(drawing: Drawing, points: catalogue_map.PackedPoints) -> Iterator[bytes]:
    """Pack points as DESCRIPTION says, block by block."""
    numbers = np.frombuffer(points.numbers, ">i4").astype("<u4")
    xs, ys = (_whole(each) for each in (points.xs, points.ys))
    ordinals = np.frombuffer(points.ordinals, ">i2").astype(np.uint8)
    yield MAGIC + np.array([drawing.version, len(numbers)], "<u4").tobytes()
    for first in range(0, len(numbers), N_IN_BLOCK):
        block = slice(first, first + N_IN_BLOCK)
        columns: list[NDArray[Any]] = [numbers[block], xs[block], ys[block], ordinals[block]]
        n_points = len(columns[0])
        yield (
            np.array([n_points], "<u4").tobytes()
            + b"".join(column.tobytes() for column in columns)
            + bytes(-n_points % 4)
        )


def _public_map(request: Request, session: Session) -> PublicMap:
    """Return the public points, packed anew if they have changed."""
    kept: PublicMap = request.app.state.public_map
    if time.monotonic() - kept.checked_at < RECHECK_S:
        return kept
    now = catalogue_map.drawing(session, listener_id=None)
    body = kept.body if kept.drawing == now else tuple(pack(now, catalogue_map.packed(session, listener_id=None)))
    kept = PublicMap(now, body, time.monotonic())
    request.app.state.public_map = kept
    return kept


def _whole(coordinates: bytes) -> NDArray[np.uint16]:
    return (np.frombuffer(coordinates, ">i2").astype(np.int32) + 32768).astype("<u2")


def _answer(request: Request, body: tuple[bytes, ...], headers: dict[str, str]) -> Response:
    headers["Content-Length"] = str(sum(map(len, body)))
    if IS_HEAD in request.scope:
        return Response(headers=headers, media_type=MEDIA_TYPE)
    return StreamingResponse(iter(body), headers=headers, media_type=MEDIA_TYPE)
