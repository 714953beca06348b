"""What the service worker shows where the platform cannot be reached: it says nothing of any listener."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from fastapi.responses import Response

from backend.routes.pages.showing import PageContext, show

router = APIRouter()


@dataclass(frozen=True)
class OfflinePage(PageContext):
    """No variables."""

    template: ClassVar[str] = "offline.html"


@router.get("/offline")
def show_offline(request: Request) -> Response:
    """Show the page that browsers keep for lost connections."""
    return show(request, OfflinePage())
