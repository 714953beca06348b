"""The JSON API: all of its routers in one list."""

from __future__ import annotations

from fastapi import APIRouter

from backend.routes.api import (
    audio,
    corrections,
    favourites,
    jobs,
    map,
    mixes,
    parts,
    plays,
    preferences,
    recordings,
    sounds,
    sources,
    stream,
    triggers,
    uploads,
    variations,
)

router = APIRouter(prefix="/api/v1")
PARTS = (
    sources,
    recordings,
    uploads,
    triggers,
    sounds,
    audio,
    variations,
    mixes,
    jobs,
    parts,
    map,
    favourites,
    plays,
    corrections,
    preferences,
    stream,
)
for part in PARTS:
    router.include_router(part.router)
