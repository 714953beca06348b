"""Jobs as pages and as the fragment that shows one in its states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from backend.catalogue import jobs, parts, sounds, sources
from backend.catalogue.errors import NoSuchSound, NoSuchSource
from backend.outbox import WAITING
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.identity import Caller
from backend.routes.limits import Deed
from backend.routes.pages.cards import Card
from backend.routes.pages.language import Language, LanguageDep, failure_words, phase_words, say
from backend.routes.pages.showing import PageContext, show, wants_fragment
from backend.tables import Job, JobState

router = APIRouter()

N_JOBS_SHOWN = 30


@dataclass(frozen=True)
class JobView:
    """A job as its fragment shows it: alive with its progress, done with what came out, or ended with why.

    Attributes:
        ready_s: How much of the sound can be heard while it is made.
        seconds: How long that sound will be; None for a job that is not making one.
    """

    id: UUID
    task: str
    state: str
    is_alive: bool
    progress: float
    phase_words: str
    ready_s: float
    seconds: float | None
    is_cancelling: bool
    subject: str | None
    failure: str | None
    incident: str | None
    source_id: UUID | None
    audition_id: UUID | None
    card: Card | None
    created_at: datetime

    @classmethod
    def of(cls, session: Session, job: Job, *, language: Language, caller: Caller) -> JobView:
        """Read a job off its row, with what it is about and what came out of it as far as that is still there."""
        source_id = job.result_source_id
        error = job.error or {}
        position = jobs.position(session, job)
        if position is not None and job.phase == WAITING:
            words = say(language, "job.position", position=position) if position else say(language, "job.next")
        else:
            is_new = job.state is JobState.RUNNING and job.phase == WAITING
            words = phase_words(language, "running" if is_new else job.phase)
        subject = None
        if source_id is not None:
            try:
                source = sources.find(session, source_id, listener_id=caller.listener_id).source
                subject = source.title or source.url
            except NoSuchSource:
                source_id = None
        return cls(
            id=job.id,
            task=job.task,
            state=job.state.value,
            is_alive=not job.state.has_ended,
            progress=job.progress,
            phase_words=words,
            ready_s=job.ready_s,
            seconds=job.arguments["seconds"] if job.task in parts.MAKES_A_SOUND and not job.state.has_ended else None,
            is_cancelling=job.cancel_requested_at is not None and not job.state.has_ended,
            subject=subject,
            failure=failure_words(language, error),
            incident=error.get("incident"),
            source_id=source_id,
            audition_id=job.audition_id,
            card=_made_card(session, job, language, caller),
            created_at=job.created_at,
        )


@dataclass(frozen=True)
class JobFragment(PageContext):
    """One job, to be swapped into a page that is open."""

    template: ClassVar[str] = "jobs/_job.html"
    job: JobView


@dataclass(frozen=True)
class JobPage(PageContext):
    """One job on a page of its own."""

    template: ClassVar[str] = "jobs/job.html"
    job: JobView


@dataclass(frozen=True)
class JobsPage(PageContext):
    """What the reader has asked for, newest first."""

    template: ClassVar[str] = "jobs/jobs.html"
    jobs: list[JobView]


@router.get("/jobs")
def list_jobs(request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep) -> Response:
    """Show the reader's jobs."""
    found = jobs.search(session, listener_id=caller.listener_id, is_admin=caller.is_admin, limit=N_JOBS_SHOWN)
    views = [JobView.of(session, job, language=language, caller=caller) for job in found.items]
    return show(request, JobsPage(views))


@router.get("/jobs/{job_id}")
def show_job(job_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep) -> Response:
    """Show one job."""
    job = jobs.find(session, job_id, listener_id=caller.listener_id, is_admin=caller.is_admin)
    return show(request, JobPage(JobView.of(session, job, language=language, caller=caller)))


@router.get("/jobs/{job_id}/fragment")
def show_fragment(
    job_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Show one job as a fragment."""
    job = jobs.find(session, job_id, listener_id=caller.listener_id, is_admin=caller.is_admin)
    return show(request, JobFragment(JobView.of(session, job, language=language, caller=caller)))


@router.post("/jobs/{job_id}/cancel", dependencies=[limited(Deed.CHANGE)])
def cancel_job(
    job_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Stop a job."""
    job = jobs.request_cancel(session, job_id, listener_id=caller.listener_id, is_admin=caller.is_admin)
    return answer_job(request, session, job, language=language, caller=caller)


@router.post("/jobs/{job_id}/retry", dependencies=[limited(Deed.CHANGE)])
def retry_job(
    job_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Queue a job again."""
    job = jobs.retry(session, job_id, listener_id=caller.listener_id, is_admin=caller.is_admin)
    return answer_job(request, session, job, language=language, caller=caller)


def answer_job(request: Request, session: Session, job: Job, *, language: Language, caller: Caller) -> Response:
    """Answer a form that asked for work: with the job's fragment, or without scripts by going to its page."""
    if wants_fragment(request):
        return show(request, JobFragment(JobView.of(session, job, language=language, caller=caller)))
    return RedirectResponse(f"/jobs/{job.id}", status_code=303)


def _made_card(session: Session, job: Job, language: Language, caller: Caller) -> Card | None:
    if job.sound_id is None:
        return None
    try:
        sound = sounds.find(session, job.sound_id, listener_id=caller.listener_id)
    except NoSuchSound:
        return None
    return Card.of(sound, language=language, listener_id=caller.listener_id)
