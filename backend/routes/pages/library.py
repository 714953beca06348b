"""The library: what belongs to this listener alone, at a glance and shelf by shelf."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from backend.catalogue import favourites, plays, sounds, sources
from backend.catalogue.sounds import Filters
from backend.routes.deps import CallerDep, SessionDep
from backend.routes.identity import Caller
from backend.routes.pages.cards import Card
from backend.routes.pages.language import Language, LanguageDep
from backend.routes.pages.showing import PageContext, show
from backend.routes.pages.sources import SourceRow
from backend.tables import Sound, SoundKind

router = APIRouter()

N_CARDS = 24
N_SOURCES = 20
N_AT_A_GLANCE = 6


class ShelfName(StrEnum):
    """What a listener's own things are, in the order of the page."""

    FAVOURITES = "favourites"
    MADE = "made"
    UPLOADS = "uploads"
    HISTORY = "history"


@dataclass(frozen=True)
class Shelf:
    """Some of a listener's own things: cards, or for uploads rows; `next_href` leads to more of them."""

    name: str
    href: str
    cards: list[Card]
    sources: list[SourceRow]
    next_href: str | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands on it."""
        return not self.cards and not self.sources


@dataclass(frozen=True)
class LibraryPage(PageContext):
    """The first things of every shelf."""

    template: ClassVar[str] = "library/library.html"
    shelves: list[Shelf]
    is_remembered: bool


@dataclass(frozen=True)
class ShelfPage(PageContext):
    """One shelf, page by page."""

    template: ClassVar[str] = "library/shelf.html"
    shelf: Shelf
    shelves: tuple[str, ...]
    first_href: str | None
    is_remembered: bool


@router.get("/library")
def show_library(request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep) -> Response:
    """Show what belongs to the listener, the newest of each kind."""
    shelves = [_shelf(session, name, caller, language, limit=N_AT_A_GLANCE) for name in ShelfName]
    return show(request, LibraryPage(shelves, plays.remembers(session, caller.listener_id)))


@router.get("/library/{shelf}")
def show_shelf(
    shelf: ShelfName,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    cursor: str | None = None,
) -> Response:
    """Show one kind of what belongs to the listener."""
    limit = N_SOURCES if shelf is ShelfName.UPLOADS else N_CARDS
    shown = _shelf(session, shelf, caller, language, limit=limit, cursor=cursor)
    return show(
        request,
        ShelfPage(
            shelf=shown,
            shelves=tuple(ShelfName),
            first_href=shown.href if cursor else None,
            is_remembered=plays.remembers(session, caller.listener_id),
        ),
    )


def _shelf(
    session: Session, name: ShelfName, caller: Caller, language: Language, *, limit: int, cursor: str | None = None
) -> Shelf:
    who = caller.listener_id
    cards: list[Card] = []
    rows: list[SourceRow] = []

    def card(sound: Sound) -> Card:
        return Card.of(sound, language=language, listener_id=who)

    match name:
        case ShelfName.FAVOURITES:
            hearts = favourites.search(session, listener_id=who, cursor=cursor, limit=limit)
            cards, following = [card(sound) for sound in hearts.items], hearts.next_cursor
        case ShelfName.MADE:
            mine = Filters(kind=SoundKind.MADE, mine_only=True)
            made = sounds.search(session, mine, listener_id=who, cursor=cursor, limit=limit)
            cards, following = [card(sound) for sound in made.items], made.next_cursor
        case ShelfName.UPLOADS:
            uploads = sources.search(session, listener_id=who, mine_only=True, cursor=cursor, limit=limit)
            rows, following = [SourceRow.of(view, language=language) for view in uploads.items], uploads.next_cursor
        case ShelfName.HISTORY:
            heard = plays.search(session, listener_id=who, cursor=cursor, limit=limit)
            cards, following = [card(played.sound) for played in heard.items], heard.next_cursor
    href = f"/library/{name.value}"
    next_href = f"{href}?{urlencode({'cursor': following})}" if following else None
    return Shelf(name.value, href, cards, rows, next_href)
