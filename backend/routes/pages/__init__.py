"""The pages: all of their routers in one list."""

from __future__ import annotations

from fastapi import APIRouter

from backend.routes.pages import (
    auditions,
    browse,
    corrections,
    favourites,
    jobs,
    language,
    library,
    map,
    mixes,
    offline,
    picks,
    sounds,
    sources,
    uploads,
    variations,
)

router = APIRouter(include_in_schema=False)
NOUNS = (
    browse,
    sounds,
    favourites,
    corrections,
    picks,
    variations,
    auditions,
    sources,
    uploads,
    mixes,
    jobs,
    library,
    map,
    offline,
    language,
)
for noun in NOUNS:
    router.include_router(noun.router)
