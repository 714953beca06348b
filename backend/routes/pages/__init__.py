"""The pages: all of their routers in one list."""

from __future__ import annotations

from fastapi import APIRouter

from backend.routes.pages import (
    auditions,
    browse,
    favourites,
    jobs,
    language,
    library,
    map,
    mixes,
    offline,
    sounds,
    sources,
    variations,
)

router = APIRouter(include_in_schema=False)
for noun in (browse, sounds, favourites, variations, auditions, sources, mixes, jobs, library, map, offline, language):
    router.include_router(noun.router)
