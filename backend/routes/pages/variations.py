"""Generate similar, as a part of a sound's page: the knobs, and what they have brought so far."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from backend.catalogue import auditions, drafts
from backend.catalogue.auditions import MAX_CANDIDATES
from backend.catalogue.knobs import MIN_SECONDS
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.identity import Caller
from backend.routes.limits import Deed
from backend.routes.pages.auditions import AuditionView, answer_audition, recent_views
from backend.routes.pages.browse import Blank
from backend.routes.pages.candidates import SEEDS
from backend.routes.pages.language import Language, LanguageDep
from backend.tables import Sound

router = APIRouter()

DEFAULT_CANDIDATES = 3
SLIDER_SECONDS = 60
LONGER_SECONDS = (120, 300, 600)
"""Beyond what the slider goes to, in whole minutes."""


@dataclass(frozen=True)
class VaryPanel:
    """What the panel starts with, and the reader's last auditions of the sound."""

    default_seconds: int
    new_seed: int
    longer_seconds: tuple[int, ...]
    default_candidates: int
    max_candidates: int
    auditions: list[AuditionView]

    @classmethod
    def of(cls, session: Session, sound: Sound, *, language: Language, caller: Caller) -> VaryPanel:
        """Lay out the panel of a sound."""
        return cls(
            default_seconds=length_near(sound.duration_s),
            new_seed=secrets.randbelow(SEEDS),
            longer_seconds=LONGER_SECONDS,
            default_candidates=DEFAULT_CANDIDATES,
            max_candidates=MAX_CANDIDATES,
            auditions=recent_views(session, sound.id, language=language, caller=caller),
        )


def length_near(seconds: float) -> int:
    """Return the whole number of seconds nearest to a length that the slider goes to."""
    return round(max(MIN_SECONDS, min(SLIDER_SECONDS, seconds)))


@router.post("/sounds/{sound_id}/variations", dependencies=[limited(Deed.MAKE)])
def vary_sound(
    sound_id: UUID,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    network: Annotated[str, Form(max_length=40)],
    strength: Annotated[float, Form()],
    seconds: Annotated[float, Form()],
    seed: Annotated[int, Form()],
    n_candidates: Annotated[int, Form()] = 1,
    longer: Annotated[float | None, Blank, Form()] = None,
    space: Annotated[str, Form(max_length=40)] = "source",
    loop: Annotated[bool, Form()] = False,
) -> Response:
    """Ask for sounds like this one; their audition shows them grow."""
    audition_id = auditions.vary(
        session,
        listener_id=caller.listener_id,
        sound_id=sound_id,
        network=network,
        strength=strength,
        seconds=longer or seconds,
        seed=seed,
        space=space,
        loop=loop,
        n_candidates=n_candidates,
    )
    return answer_audition(request, session, audition_id, language=language, caller=caller)


@router.post("/sounds/{sound_id}/keep", dependencies=[limited(Deed.CHANGE)])
def keep_sound(sound_id: UUID, session: SessionDep, caller: CallerDep) -> Response:
    """Keep a draft, from its own page."""
    drafts.keep(session, sound_id, listener_id=caller.listener_id)
    return RedirectResponse(f"/sounds/{sound_id}", status_code=303)
