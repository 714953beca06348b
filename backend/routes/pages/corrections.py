"""What a listener says a sound is: a small form on the sound's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalogue import corrections, sounds
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.identity import Caller
from backend.routes.limits import Deed
from backend.routes.pages.language import Language, LanguageDep, say, trigger_name
from backend.routes.pages.showing import PageContext, show, wants_fragment
from backend.tables import Sound, SoundKind, Trigger

router = APIRouter()

NONE_OF_THESE = "none"
TAKEN_BACK = ""


@dataclass(frozen=True)
class Option:
    """A trigger to choose."""

    slug: str
    name: str


@dataclass(frozen=True)
class CorrectionPanel:
    """The form, and what its reader has said.

    Attributes:
        sound_id: What it is about.
        trigger_name: What the classifier says.
        said: Slug of what the reader said, NONE_OF_THESE, or None where they said nothing.
        said_name: The same in words.
        options: What can be said.
    """

    sound_id: UUID
    trigger_name: str
    said: str | None
    said_name: str | None
    options: list[Option]

    @classmethod
    def of(cls, session: Session, sound: Sound, *, language: Language, caller: Caller) -> CorrectionPanel | None:
        """Read the form of a sound off the catalogue; None for made sounds, which teach nothing."""
        if sound.kind is not SoundKind.FOUND:
            return None
        correction = corrections.find(session, sound.id, listener_id=caller.listener_id)
        named = [
            Option(trigger.slug, trigger_name(language, trigger))
            for trigger in session.scalars(select(Trigger).order_by(Trigger.ordinal))
        ]
        said = None if correction is None else correction.trigger_slug or NONE_OF_THESE
        options = [
            *sorted(named, key=lambda option: option.name),
            Option(NONE_OF_THESE, say(language, "correction.none")),
        ]
        words = {option.slug: option.name for option in options}
        return cls(sound.id, trigger_name(language, sound.trigger), said, words[said] if said else None, options)


@dataclass(frozen=True)
class CorrectionFragment(PageContext):
    """The form, to be swapped into a sound's page."""

    template: ClassVar[str] = "sounds/_correction.html"
    correction: CorrectionPanel | None


@router.post("/sounds/{sound_id}/correction", dependencies=[limited(Deed.CHANGE)])
def say_correction(
    sound_id: UUID,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    trigger: Annotated[str, Form(max_length=100)] = TAKEN_BACK,
) -> Response:
    """Record what the reader says, or take it back."""
    if trigger == TAKEN_BACK:
        corrections.withdraw(session, sound_id, listener_id=caller.listener_id)
    else:
        said = None if trigger == NONE_OF_THESE else trigger
        corrections.say(session, sound_id, said, listener_id=caller.listener_id)
    if not wants_fragment(request):
        return RedirectResponse(f"/sounds/{sound_id}", status_code=303)
    sound = sounds.find(session, sound_id, listener_id=caller.listener_id)
    return show(request, CorrectionFragment(CorrectionPanel.of(session, sound, language=language, caller=caller)))
