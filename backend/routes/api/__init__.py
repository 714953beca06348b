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
    plays,
    preferences,
    sounds,
    sources,
    stream,
    triggers,
    variations,
)

router = APIRouter(prefix="/api/v1")
PARTS = (
    sources,
    triggers,
    sounds,
    audio,
    variations,
    mixes,
    jobs,
    map,
    favourites,
    plays,
    corrections,
    preferences,
    stream,
)
for part in PARTS:
    router.include_router(part.router)
