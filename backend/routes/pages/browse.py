"""The first page: sounds by trigger, searched, filtered, ordered."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BeforeValidator, Field
from sqlalchemy.orm import Session

from backend.catalogue import sounds, sources, triggers
from backend.catalogue.errors import BadCursor
from backend.catalogue.licences import Licence
from backend.catalogue.sounds import MAX_QUERY_CHARACTERS, ORDERS, Filters
from backend.routes.deps import CallerDep, SessionDep
from backend.routes.identity import Caller
from backend.routes.pages.cards import Card
from backend.routes.pages.language import Language, LanguageDep, describe, say, trigger_name
from backend.routes.pages.showing import PageContext, percent, show, wants_fragment
from backend.tables import SoundKind

router = APIRouter()

N_CARDS = 24
DEFAULT_SORT = "newest"

# A form sends its empty fields too; they mean "no filter".
Blank = BeforeValidator(lambda value: None if value == "" else value)
Words = Annotated[Annotated[str, Field(max_length=MAX_QUERY_CHARACTERS)] | None, Blank, Query()]
Share = Annotated[Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None, Blank, Query()]
Seconds = Annotated[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None, Blank, Query()]


@dataclass(frozen=True)
class BrowseQuery:
    """What the reader asks to see; every link on the page is this, changed in one place."""

    trigger: str | None = None
    q: str | None = None
    kind: SoundKind | None = None
    min_confidence: float | None = None
    min_seconds: float | None = None
    max_seconds: float | None = None
    source: UUID | None = None
    licence: Licence | None = None
    sort: str = DEFAULT_SORT

    @property
    def n_folded(self) -> int:
        """How many filters of the folded-away part are set."""
        folded = (self.kind, self.min_confidence, self.min_seconds, self.max_seconds, self.licence)
        return (self.sort != DEFAULT_SORT) + sum(value is not None for value in folded)

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return replace(self, sort=DEFAULT_SORT) == BrowseQuery()

    @property
    def filters(self) -> Filters:
        """The query in the catalogue's words."""
        return Filters(**{name: value for name, value in asdict(self).items() if name != "sort"})

    def href(self, *, cursor: str | None = None, **changes: Any) -> str:
        """Return the address of this page with some of the query changed."""
        wanted = vars(self) | changes | {"cursor": cursor}
        if wanted["sort"] == DEFAULT_SORT:
            del wanted["sort"]
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        return f"/?{query}" if query else "/"


@dataclass(frozen=True)
class Chip:
    """A trigger to choose; slug None stands for all of them."""

    slug: str | None
    name: str
    n_sounds: int
    href: str
    is_chosen: bool


@dataclass(frozen=True)
class HeldFilter:
    """A filter that is set, in words, and where it is not."""

    words: str
    without_href: str


@dataclass(frozen=True)
class BrowsePage(PageContext):
    """Sounds as cards, and the ways to narrow them down."""

    template: ClassVar[str] = "sounds/browse.html"
    query: BrowseQuery
    chips: list[Chip]
    description: str
    has_unheard: bool
    cards: list[Card]
    held: list[HeldFilter]
    licences: tuple[Licence, ...]
    sorts: tuple[str, ...]
    first_href: str | None
    next_href: str | None


async def read_query(
    trigger: Words = None,
    q: Words = None,
    kind: Annotated[SoundKind | None, Blank, Query()] = None,
    min_confidence: Share = None,
    min_seconds: Seconds = None,
    max_seconds: Seconds = None,
    source: Annotated[UUID | None, Blank, Query()] = None,
    licence: Annotated[Licence | None, Blank, Query()] = None,
    sort: Words = None,
) -> BrowseQuery:
    """Read what is asked for from the address."""
    return BrowseQuery(
        trigger=trigger,
        q=(q or "").strip() or None,
        kind=kind,
        min_confidence=min_confidence,
        min_seconds=min_seconds,
        max_seconds=max_seconds,
        source=source,
        licence=licence,
        sort=sort or DEFAULT_SORT,
    )


@router.get("/")
def browse(
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    query: Annotated[BrowseQuery, Depends(read_query)],
    cursor: str | None = None,
) -> Response:
    """Show the catalogue by trigger."""
    try:
        found = sounds.search(
            session, query.filters, listener_id=caller.listener_id, sort=query.sort, cursor=cursor, limit=N_CARDS
        )
    except BadCursor:
        # A cursor is its listener's own: an address that somebody shared begins at the list's first page.
        return RedirectResponse(query.href(), status_code=303)
    counted = triggers.counts(session, listener_id=caller.listener_id)
    chips = _chips(query, counted, language)
    return show(
        request,
        BrowsePage(
            query=query,
            chips=chips,
            description=next(
                (describe(language, each.trigger) for each in counted if each.trigger.slug == query.trigger), ""
            ),
            has_unheard=any(chip.slug is not None and chip.n_sounds == 0 for chip in chips),
            cards=[Card.of(sound, language=language, listener_id=caller.listener_id) for sound in found.items],
            held=_held(session, query, chips, language, caller),
            licences=tuple(Licence),
            sorts=tuple(ORDERS),
            # Who has more cards put below the first ones has those above.
            first_href=query.href() if cursor and not wants_fragment(request) else None,
            next_href=query.href(cursor=found.next_cursor) if found.next_cursor else None,
        ),
    )


def _chips(query: BrowseQuery, counted: list[triggers.TriggerCount], language: Language) -> list[Chip]:
    everything = Chip(
        None,
        say(language, "trigger.all"),
        sum(each.n_sounds for each in counted),
        query.href(trigger=None),
        query.trigger is None,
    )
    chips = [
        Chip(
            each.trigger.slug,
            trigger_name(language, each.trigger),
            each.n_sounds,
            query.href(trigger=each.trigger.slug),
            query.trigger == each.trigger.slug,
        )
        for each in counted
    ]
    return [everything, *chips]


def _held(
    session: Session, query: BrowseQuery, chips: list[Chip], language: Language, caller: Caller
) -> list[HeldFilter]:
    """Name every filter that is set, so that each can be let go of by itself."""
    held: list[tuple[str, str]] = []
    if query.q is not None:
        held.append(("q", say(language, "held.q", words=query.q)))
    if query.trigger is not None:
        held += [("trigger", chip.name) for chip in chips if chip.is_chosen]
    if query.source is not None:
        title = sources.title(session, query.source, listener_id=caller.listener_id)
        held.append(("source", say(language, "held.source", title=title or say(language, "source.untitled"))))
    if query.kind is not None:
        held.append(("kind", say(language, f"browse.kind_{query.kind}")))
    if query.licence is not None:
        held.append(("licence", say(language, licence_key(query.licence))))
    if query.min_confidence is not None:
        held.append(("min_confidence", say(language, "held.confidence", percent=percent(query.min_confidence))))
    if query.min_seconds is not None:
        held.append(("min_seconds", say(language, "held.min_seconds", seconds=f"{query.min_seconds:g}")))
    if query.max_seconds is not None:
        held.append(("max_seconds", say(language, "held.max_seconds", seconds=f"{query.max_seconds:g}")))
    return [HeldFilter(words, query.href(**{name: None})) for name, words in held]


def licence_key(licence: Licence) -> str:
    """Return the key of the sentence that names a kind of licence."""
    return f"licence.{licence.replace('-', '_')}"
