"""Auditions: candidates side by side while they are made, to hear, compare and keep."""

from __future__ import annotations

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
from backend.routes.pages.candidates import CandidateView, card_of
from backend.routes.pages.cards import Card
from backend.routes.pages.language import Language, LanguageDep, say
from backend.routes.pages.showing import PageContext, percent, show, wants_fragment
from backend.tables import JobState, Sound

router = APIRouter(prefix="/auditions")


@dataclass(frozen=True)
class Parent:
    """What candidates are made from."""

    card: Card
    has_picture: bool

    @classmethod
    def of(cls, sound: Sound | None, *, language: Language, caller: Caller) -> Parent | None:
        """Show a parent, if it is still there."""
        card = card_of(sound, language, caller)
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
                CandidateView.of(session, audition, each, language=language, caller=caller)
                for each in audition.candidates
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
            CandidateView.of(session, audition, candidate, language=language, caller=caller),
        ),
    )


def _find_candidate(audition: Audition, job_id: UUID) -> Candidate:
    for candidate in audition.candidates:
        if candidate.job.id == job_id:
            return candidate
    raise NoSuchJob(job_id=str(job_id))


def _name(task: TaskName, first: Parent | None, second: Parent | None, language: Language) -> str:
    gone = say(language, "audition.parent_gone")
    titles = [parent.card.title if parent else gone for parent in (first, second)]
    if task is TaskName.MIX_SOUNDS:
        return say(language, "audition.between", first=titles[0], second=titles[1])
    return say(language, "audition.near", title=titles[0])


def _knobs(audition: Audition, language: Language) -> list[str]:
    asked = audition.candidates[0].job.arguments
    words = [say(language, "vary.seconds_says", value=f"{asked['seconds']:g}"), asked["network"].upper()]
    if asked.get("space", "source") != "source":
        words.append(say(language, f"space.{asked['space']}"))
    if asked.get("loop"):
        words.append(say(language, "vary.loop"))
    if "strength" in asked:
        return [say(language, "audition.strength", percent=percent(asked["strength"])), *words]
    return [*words, say(language, "audition.seed", seed=asked["seed"])]
