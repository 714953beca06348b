"""The pages: all of their routers in one list."""

from __future__ import annotations

from fastapi import APIRouter

from backend.routes.pages import browse, favourites, jobs, language, library, map, mixes, sounds, sources

router = APIRouter(include_in_schema=False)
for noun in (browse, sounds, favourites, sources, mixes, jobs, library, map, language):
    router.include_router(noun.router)
