"""Auditions: candidates side by side while they are made, to hear, compare and keep."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from backend.catalogue import auditions, drafts, jobs
from backend.catalogue.auditions import Audition, Candidate
from backend.catalogue.errors import JobNotCancellable, JobNotRetryable, NoSuchJob, NoSuchSound
from backend.outbox import TaskName
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.identity import Caller
from backend.routes.limits import Deed
from backend.routes.pages.cards import Card
from backend.routes.pages.jobs import JobView
from backend.routes.pages.language import Language, LanguageDep, say
from backend.routes.pages.showing import PageContext, percent, show, wants_fragment
from backend.tables import JobState, Sound

router = APIRouter(prefix="/auditions")

# Drawn for a form; short enough to be read out and typed.
SEEDS = 100_000
# What "more like this" asks for where the candidate was not varied itself, but mixed.
STRENGTH_AGAIN = 0.3
N_AGAIN = 3
# Where the scale of "nearer … farther" ends. Variations lie 0.03 to 0.3 from their source, sounds of other triggers 0.2
# to 1: the scale goes by the square root, or all variations would stand at its beginning.
FARTHEST = 1.0


@dataclass(frozen=True)
class Scale:
    """Where a candidate stands between two words, `percent` from the left, and the figures behind it."""

    left: str
    right: str
    percent: float
    says: str
    title: str


@dataclass(frozen=True)
class Again:
    """What asks for more like a candidate."""

    network: str
    strength: float
    seconds: float
    seed: int
    n_candidates: int


@dataclass(frozen=True)
class CandidateView:
    """One candidate: waiting, being made, ended without, or there to be heard."""

    audition_id: UUID
    job: JobView
    name: str
    card: Card | None
    has_picture: bool
    is_draft: bool
    scale: Scale | None
    again: Again | None


@dataclass(frozen=True)
class Parent:
    """What candidates are made from."""

    card: Card
    has_picture: bool

    @classmethod
    def of(cls, sound: Sound | None, *, language: Language, caller: Caller) -> Parent | None:
        """Show a parent, if it is still there."""
        card = _card(sound, language, caller)
        return cls(card, has_picture=sound.mel_key is not None) if sound is not None and card is not None else None


@dataclass(frozen=True)
class AuditionView:
    """Candidates and what they are made from; those of a mix stand between its two parents."""

    id: UUID
    task: str
    name: str
    is_between: bool
    first: Parent | None
    second: Parent | None
    knobs: list[str]
    candidates: list[CandidateView]
    n_done: int
    is_alive: bool
    is_cancelling: bool

    @classmethod
    def of(cls, session: Session, audition: Audition, *, language: Language, caller: Caller) -> AuditionView:
        """Read an audition off its jobs and their sounds."""
        states = [candidate.job.state for candidate in audition.candidates]
        first = Parent.of(audition.first, language=language, caller=caller)
        second = Parent.of(audition.second, language=language, caller=caller)
        alive = [each.job for each in audition.candidates if not each.job.state.has_ended]
        return cls(
            id=audition.id,
            task=audition.task.value,
            name=_name(audition.task, first, second, language),
            is_between=audition.task is TaskName.MIX_SOUNDS,
            first=first,
            second=second,
            knobs=_knobs(audition, language),
            candidates=[
                _candidate(session, audition, each, language=language, caller=caller) for each in audition.candidates
            ],
            n_done=states.count(JobState.DONE),
            is_alive=audition.is_alive,
            is_cancelling=bool(alive) and all(job.cancel_requested_at is not None for job in alive),
        )


@dataclass(frozen=True)
class AuditionPage(PageContext):
    """An audition on a page of its own."""

    template: ClassVar[str] = "auditions/audition.html"
    audition: AuditionView


@dataclass(frozen=True)
class AuditionFragment(PageContext):
    """An audition, to be put into a page that is open."""

    template: ClassVar[str] = "auditions/_audition.html"
    audition: AuditionView


@dataclass(frozen=True)
class CandidateFragment(PageContext):
    """One candidate, and its audition's head with how many are done."""

    template: ClassVar[str] = "auditions/_news.html"
    audition: AuditionView
    candidate: CandidateView


@router.get("/{audition_id}")
def show_audition(
    audition_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Show the candidates side by side."""
    audition = auditions.find(session, audition_id, listener_id=caller.listener_id)
    return show(request, AuditionPage(AuditionView.of(session, audition, language=language, caller=caller)))


@router.post("/{audition_id}/cancel", dependencies=[limited(Deed.CHANGE)])
def cancel_audition(
    audition_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Stop all that is not done yet."""
    auditions.cancel(session, audition_id, listener_id=caller.listener_id)
    return answer_audition(request, session, audition_id, language=language, caller=caller)


@router.get("/{audition_id}/{job_id}")
def show_candidate(
    audition_id: UUID, job_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Show one candidate as a fragment."""
    return _answer_candidate(request, session, audition_id, job_id, language=language, caller=caller)


@router.post("/{audition_id}/{job_id}/cancel", dependencies=[limited(Deed.CHANGE)])
def cancel_candidate(
    audition_id: UUID, job_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Stop one candidate; one that ended meanwhile is shown as it is."""
    try:
        jobs.request_cancel(session, job_id, listener_id=caller.listener_id)
    except JobNotCancellable:
        pass
    return _answer_candidate(request, session, audition_id, job_id, language=language, caller=caller)


@router.post("/{audition_id}/{job_id}/retry", dependencies=[limited(Deed.CHANGE)])
def retry_candidate(
    audition_id: UUID, job_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Queue one candidate again; one that is queued already is shown as it is."""
    try:
        jobs.retry(session, job_id, listener_id=caller.listener_id)
    except JobNotRetryable:
        pass
    return _answer_candidate(request, session, audition_id, job_id, language=language, caller=caller)


@router.post("/{audition_id}/{job_id}/keep", dependencies=[limited(Deed.CHANGE)])
def keep_candidate(
    audition_id: UUID, job_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Keep what came of a candidate."""
    candidate = _find_candidate(auditions.find(session, audition_id, listener_id=caller.listener_id), job_id)
    if candidate.sound is None:
        raise NoSuchSound
    drafts.keep(session, candidate.sound.id, listener_id=caller.listener_id)
    return _answer_candidate(request, session, audition_id, job_id, language=language, caller=caller)


def answer_audition(
    request: Request, session: Session, audition_id: UUID, *, language: Language, caller: Caller
) -> Response:
    """Answer a form that asked for candidates: with their fragment, or without scripts by going to their page."""
    if not wants_fragment(request):
        return RedirectResponse(f"/auditions/{audition_id}", status_code=303)
    audition = auditions.find(session, audition_id, listener_id=caller.listener_id)
    return show(request, AuditionFragment(AuditionView.of(session, audition, language=language, caller=caller)))


def recent_views(
    session: Session, first_id: UUID, second_id: UUID | None = None, *, language: Language, caller: Caller
) -> list[AuditionView]:
    """Read the reader's last auditions of a sound, or of two, so that a page that is loaded anew still shows them."""
    found = auditions.recent(session, listener_id=caller.listener_id, first_id=first_id, second_id=second_id)
    return [AuditionView.of(session, audition, language=language, caller=caller) for audition in found]


def _answer_candidate(
    request: Request, session: Session, audition_id: UUID, job_id: UUID, *, language: Language, caller: Caller
) -> Response:
    if not wants_fragment(request):
        return RedirectResponse(f"/auditions/{audition_id}", status_code=303)
    audition = auditions.find(session, audition_id, listener_id=caller.listener_id)
    candidate = _find_candidate(audition, job_id)
    return show(
        request,
        CandidateFragment(
            AuditionView.of(session, audition, language=language, caller=caller),
            _candidate(session, audition, candidate, language=language, caller=caller),
        ),
    )


def _find_candidate(audition: Audition, job_id: UUID) -> Candidate:
    for candidate in audition.candidates:
        if candidate.job.id == job_id:
            return candidate
    raise NoSuchJob(job_id=str(job_id))


def _candidate(
    session: Session, audition: Audition, candidate: Candidate, *, language: Language, caller: Caller
) -> CandidateView:
    asked, sound = candidate.job.arguments, candidate.sound
    if audition.task is TaskName.MIX_SOUNDS:
        name = say(language, "audition.blend", percent=percent(asked["blend"]))
    else:
        name = say(language, "audition.seed", seed=asked["seed"])
    return CandidateView(
        audition_id=audition.id,
        job=JobView.of(session, candidate.job, language=language, caller=caller),
        name=name,
        card=_card(sound, language, caller),
        has_picture=sound is not None and sound.mel_key is not None,
        is_draft=sound is not None and sound.is_draft,
        scale=_scale(candidate, language),
        again=Again(
            network=asked["network"],
            strength=asked.get("strength", STRENGTH_AGAIN),
            seconds=asked["seconds"],
            seed=secrets.randbelow(SEEDS),
            n_candidates=N_AGAIN,
        )
        if sound is not None
        else None,
    )


def _scale(candidate: Candidate, language: Language) -> Scale | None:
    """Say how far a candidate lies from its source, or where between its two parents."""
    first, second = candidate.first_distance, candidate.second_distance
    if first is None:
        return None
    if candidate.job.arguments.get("second_id") is None:
        return Scale(
            left=say(language, "audition.nearer"),
            right=say(language, "audition.farther"),
            percent=round(100 * math.sqrt(min(1.0, max(0.0, first) / FARTHEST)), 1),
            says=f"{first:.2f}",
            title=say(language, "audition.distance", distance=f"{first:.2f}"),
        )
    if second is None:
        return None
    return Scale(
        left="A",
        right="B",
        percent=round(100 * first / (first + second), 1) if first + second > 0 else 50.0,
        says=f"{first:.2f} · {second:.2f}",
        title=say(language, "audition.distances", first=f"{first:.2f}", second=f"{second:.2f}"),
    )


def _name(task: TaskName, first: Parent | None, second: Parent | None, language: Language) -> str:
    gone = say(language, "audition.parent_gone")
    titles = [parent.card.title if parent else gone for parent in (first, second)]
    if task is TaskName.MIX_SOUNDS:
        return say(language, "audition.between", first=titles[0], second=titles[1])
    return say(language, "audition.near", title=titles[0])


def _knobs(audition: Audition, language: Language) -> list[str]:
    asked = audition.candidates[0].job.arguments
    words = [say(language, "vary.seconds_says", value=f"{asked['seconds']:g}"), asked["network"].upper()]
    if "strength" in asked:
        return [say(language, "audition.strength", percent=percent(asked["strength"])), *words]
    return [*words, say(language, "audition.seed", seed=asked["seed"])]


def _card(sound: Sound | None, language: Language, caller: Caller) -> Card | None:
    return Card.of(sound, language=language, listener_id=caller.listener_id) if sound is not None else None
