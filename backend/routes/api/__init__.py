"""The JSON API: all of its routers in one list."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/v1")
