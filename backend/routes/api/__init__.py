"""The JSON API: all of its routers in one list."""

from __future__ import annotations

from fastapi import APIRouter

from backend.routes.api import audio, jobs, map, mixes, sounds, sources, triggers, variations

router = APIRouter(prefix="/api/v1")
for part in (sources, triggers, sounds, audio, variations, mixes, jobs, map):
    router.include_router(part.router)
