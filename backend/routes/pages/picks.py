"""For you: what a listener's taste proposes, the stream, and what is known of them, with the way to be forgotten."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import Field
from sqlalchemy.orm import Session

from backend.catalogue import picks, plays, preferences, stream
from backend.catalogue.picks import Because, Pick
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.pages.cards import Card
from backend.routes.pages.language import Language, LanguageDep, local_address, say, trigger_name
from backend.routes.pages.showing import PageContext, show
from backend.routes.schemas.taste import MAX_HEARD
from backend.tables import Trigger

router = APIRouter()

N_PICKS = 18
SEED_BITS = 31


@dataclass(frozen=True)
class PickView:
    """A proposed sound and the reason in a sentence; `liked_id` is the sound that the sentence speaks of."""

    card: Card
    reason: str
    liked_id: UUID | None

    @classmethod
    def of(cls, pick: Pick, *, language: Language, listener_id: UUID) -> PickView:
        """Put a proposal into the reader's language."""
        card = Card.of(pick.sound, language=language, listener_id=listener_id)
        liked = Card.of(pick.liked, language=language, listener_id=listener_id) if pick.liked else None
        because = pick.because
        if liked is None and because in {Because.LIKED, Because.HEARD, Because.MADE}:
            # What it was near to, or made from, was deleted meanwhile.
            because = Because.NEW
        title = liked.title if liked else ""
        reason = say(language, f"pick.{because.value}", title=title, trigger=card.trigger_name)
        return cls(card, reason, liked.id if liked else None)


@dataclass(frozen=True)
class Love:
    """A place that liked sounds gather around: its triggers in words, and its share in per cent."""

    slug: str
    words: str
    percent: int


@dataclass(frozen=True)
class PicksPage(PageContext):
    """What is proposed, and why."""

    template: ClassVar[str] = "picks/for_you.html"
    picks: list[PickView]
    loves: list[Love]
    is_remembered: bool


@dataclass(frozen=True)
class StreamFragment(PageContext):
    """The next sounds of a stream."""

    template: ClassVar[str] = "picks/_stream.html"
    picks: list[PickView]


@router.get("/for-you")
def show_picks(request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep) -> Response:
    """Show what the listener may like; the list stays for a day, unless their taste moves."""
    who = caller.listener_id
    found = picks.pick(session, listener_id=who, n_sounds=N_PICKS, seed=datetime.now(UTC).toordinal())
    return show(
        request,
        PicksPage(
            picks=[PickView.of(each, language=language, listener_id=who) for each in found],
            loves=_loves(session, who, language),
            is_remembered=plays.remembers(session, who),
        ),
    )


@router.post("/for-you/next", dependencies=[limited(Deed.CHANGE)])
def continue_stream(
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    heard: Annotated[list[UUID], Form(), Field(max_length=MAX_HEARD)] = [],  # noqa: B006 (FastAPI copies it)
) -> Response:
    """Give the next sounds of the listener's stream as cards."""
    batch = stream.following(session, listener_id=caller.listener_id, heard=heard, seed=secrets.randbits(SEED_BITS))
    shown = [PickView.of(each, language=language, listener_id=caller.listener_id) for each in batch.picks]
    return show(request, StreamFragment(shown))


@router.post("/for-you/remember", dependencies=[limited(Deed.CHANGE)])
def choose_remembering(
    session: SessionDep,
    caller: CallerDep,
    is_remembered: Annotated[bool, Form()] = False,
    back: Annotated[str, Form(max_length=2000)] = "/for-you",
) -> Response:
    """Remember what is played from now on, or not."""
    plays.choose(session, listener_id=caller.listener_id, is_remembered=is_remembered)
    return RedirectResponse(local_address(back), status_code=303)


@router.post("/for-you/forget", dependencies=[limited(Deed.CHANGE)])
def forget(
    session: SessionDep,
    caller: CallerDep,
    hearts_too: Annotated[bool, Form()] = False,
    back: Annotated[str, Form(max_length=2000)] = "/for-you",
) -> Response:
    """Forget what was played, and on request the favourites."""
    preferences.forget(session, listener_id=caller.listener_id, hearts_too=hearts_too)
    return RedirectResponse(local_address(back), status_code=303)


def _loves(session: Session, listener_id: UUID, language: Language) -> list[Love]:
    loves = []
    for point in preferences.taste(session, listener_id=listener_id).points:
        slugs = list(dict.fromkeys(signal.trigger for signal in point.liked))
        names = [trigger_name(language, session.get_one(Trigger, slug)) for slug in slugs[:2]]
        loves.append(Love(slugs[0], " · ".join(names), round(100 * min(1.0, point.share))))
    return loves
