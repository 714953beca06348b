"""The mix page: two trays, a blend between them, and what came of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from backend.catalogue import auditions, sounds
from backend.catalogue.auditions import STEPS
from backend.catalogue.errors import NoSuchSound
from backend.catalogue.sounds import MAX_QUERY_CHARACTERS, Filters
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.identity import Caller
from backend.routes.limits import Deed
from backend.routes.pages.auditions import AuditionView, answer_audition, recent_views
from backend.routes.pages.browse import Blank
from backend.routes.pages.candidates import SEEDS
from backend.routes.pages.cards import Card
from backend.routes.pages.language import Language, LanguageDep, say
from backend.routes.pages.showing import PageContext, show
from backend.routes.pages.variations import LONGER_SECONDS, length_near

router = APIRouter()

N_CHOICES = 12
DEFAULT_STEPS = 5
DEFAULT_SECONDS = 10.0

OptionalId = Annotated[UUID | None, Blank, Query()]


@dataclass(frozen=True)
class Tray:
    """One of the two places for a parent."""

    letter: str
    card: Card | None
    without_href: str


@dataclass(frozen=True)
class ChoiceLink:
    """Puts a sound into a tray."""

    letter: str
    label: str
    href: str


@dataclass(frozen=True)
class Choice:
    """A sound that could go into a tray."""

    card: Card
    links: list[ChoiceLink]


@dataclass(frozen=True)
class MixPage(PageContext):
    """Two trays and the sounds to fill them with."""

    template: ClassVar[str] = "mixes/mix.html"
    trays: list[Tray]
    first: Card | None
    second: Card | None
    swap_href: str
    next_letter: str | None
    q: str
    choices: list[Choice]
    next_href: str | None
    default_seconds: int
    longer_seconds: tuple[int, ...]
    new_seed: int
    steps: tuple[int, ...]
    default_steps: int
    auditions: list[AuditionView]


@router.get("/mix")
def show_mix(
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    first: OptionalId = None,
    second: OptionalId = None,
    q: Annotated[str, Query(max_length=MAX_QUERY_CHARACTERS)] = "",
    cursor: str | None = None,
) -> Response:
    """Show the trays; the address holds what is in them, so that a mix can be shared and bookmarked."""
    first_card = _card(session, first, language, caller)
    second_card = _card(session, second, language, caller)
    first = first_card.id if first_card else None
    second = second_card.id if second_card else None
    words = q.strip()
    found = sounds.search(
        session, Filters(q=words or None), listener_id=caller.listener_id, cursor=cursor, limit=N_CHOICES
    )
    choices = []
    for sound in found.items:
        card = Card.of(sound, language=language, listener_id=caller.listener_id)
        links = [
            ChoiceLink("A", say(language, "mix.use_as", letter="A"), href(card.id, second, words)),
            ChoiceLink("B", say(language, "mix.use_as", letter="B"), href(first, card.id, words)),
        ]
        choices.append(Choice(card, links))
    lengths = [card.duration_s for card in (first_card, second_card) if card]
    return show(
        request,
        MixPage(
            trays=[
                Tray("A", first_card, href(None, second, words)),
                Tray("B", second_card, href(first, None, words)),
            ],
            first=first_card,
            second=second_card,
            swap_href=href(second, first, words),
            next_letter="A" if first is None else "B" if second is None else None,
            q=words,
            choices=choices,
            next_href=href(first, second, words, found.next_cursor) if found.next_cursor else None,
            default_seconds=length_near(max(lengths, default=DEFAULT_SECONDS)),
            longer_seconds=LONGER_SECONDS,
            new_seed=secrets.randbelow(SEEDS),
            steps=STEPS,
            default_steps=DEFAULT_STEPS,
            auditions=recent_views(session, first, second, language=language, caller=caller)
            if first and second
            else [],
        ),
    )


@router.post("/mix", dependencies=[limited(Deed.MAKE)])
def mix_sounds(
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    first_id: Annotated[UUID, Form()],
    second_id: Annotated[UUID, Form()],
    network: Annotated[str, Form(max_length=40)],
    blend: Annotated[float, Form()],
    seconds: Annotated[float, Form()],
    seed: Annotated[int, Form()],
    is_row: Annotated[bool, Form()] = False,
    n_steps: Annotated[int, Form()] = DEFAULT_STEPS,
    longer: Annotated[float | None, Blank, Form()] = None,
    space: Annotated[str, Form(max_length=40)] = "source",
    loop: Annotated[bool, Form()] = False,
) -> Response:
    """Ask for a sound between two, or for a row of them from one to the other; their audition shows them grow."""
    audition_id = auditions.mix(
        session,
        listener_id=caller.listener_id,
        first_id=first_id,
        second_id=second_id,
        network=network,
        blends=auditions.row(n_steps) if is_row else [blend],
        seconds=longer or seconds,
        seed=seed,
        space=space,
        loop=loop,
    )
    return answer_audition(request, session, audition_id, language=language, caller=caller)


def href(first: UUID | None, second: UUID | None, words: str = "", cursor: str | None = None) -> str:
    """Return the address of the page with these sounds in its trays."""
    wanted = {"first": first, "second": second, "q": words or None, "cursor": cursor}
    query = urlencode({name: value for name, value in wanted.items() if value is not None})
    return f"/mix?{query}" if query else "/mix"


def _card(session: Session, sound_id: UUID | None, language: Language, caller: Caller) -> Card | None:
    if sound_id is None:
        return None
    try:
        sound = sounds.find(session, sound_id, listener_id=caller.listener_id)
    except NoSuchSound:
        # A tray whose sound was deleted is an empty tray.
        return None
    return Card.of(sound, language=language, listener_id=caller.listener_id)
