"""The pages: all of their routers in one list."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
