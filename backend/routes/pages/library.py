"""The library: what belongs to this listener alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from backend.catalogue import sounds, sources
from backend.catalogue.sounds import Filters
from backend.routes.deps import CallerDep, SessionDep
from backend.routes.pages.cards import Card
from backend.routes.pages.language import LanguageDep
from backend.routes.pages.showing import PageContext, show
from backend.routes.pages.sources import SourceRow
from backend.tables import SoundKind

router = APIRouter()

N_CARDS = 24
N_SOURCES = 50


@dataclass(frozen=True)
class LibraryPage(PageContext):
    """The listener's made sounds and uploads."""

    template: ClassVar[str] = "library/library.html"
    cards: list[Card]
    next_href: str | None
    sources: list[SourceRow]


@router.get("/library")
def show_library(
    request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep, cursor: str | None = None
) -> Response:
    """Show what belongs to the listener."""
    mine = Filters(kind=SoundKind.MADE, mine_only=True)
    made = sounds.search(session, mine, listener_id=caller.listener_id, cursor=cursor, limit=N_CARDS)
    uploads = sources.search(session, listener_id=caller.listener_id, mine_only=True, limit=N_SOURCES)
    return show(
        request,
        LibraryPage(
            cards=[Card.of(sound, language=language, listener_id=caller.listener_id) for sound in made.items],
            next_href=f"/library?{urlencode({'cursor': made.next_cursor})}" if made.next_cursor else None,
            sources=[SourceRow.of(view, language=language) for view in uploads.items],
        ),
    )
