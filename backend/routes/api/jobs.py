"""Jobs over JSON and as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from functools import partial
from itertools import count
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from backend.catalogue import jobs
from backend.catalogue.errors import (
    AdminOnly,
    BadCursor,
    JobNotCancellable,
    JobNotRetryable,
    NoSuchJob,
    TooManyRequests,
)
from backend.database import one_transaction
from backend.routes.deps import CallerDep, CursorQuery, LimitQuery, SessionDep, limited
from backend.routes.events import JobWatch
from backend.routes.limits import Deed
from backend.routes.problems import problems
from backend.routes.schemas.jobs import JobBody, JobPage
from backend.settings import Settings
from backend.tables import Job

router = APIRouter(prefix="/jobs", tags=["jobs"])

# Seconds between comments that keep proxies from closing a quiet stream.
PING_S = 15
# A process that is told to stop ends its streams by itself at the next beat; this is for those that do not.
SHUTDOWN_GRACE_S = 1.0


def watch_jobs(settings: Settings) -> JobWatch:
    """Return what reads followed jobs from the database of these settings."""
    return JobWatch(partial(_read_jobs, settings))


@router.get("", responses=problems(BadCursor))
def list_jobs(session: SessionDep, caller: CallerDep, cursor: CursorQuery = None, limit: LimitQuery = 20) -> JobPage:
    """List the caller's jobs, newest first."""
    found = jobs.search(session, listener_id=caller.listener_id, is_admin=caller.is_admin, cursor=cursor, limit=limit)
    return JobPage(
        items=[JobBody.of(job, position=jobs.position(session, job)) for job in found.items],
        next_cursor=found.next_cursor,
    )


@router.get("/{job_id}", responses=problems(NoSuchJob))
def get_job(job_id: UUID, session: SessionDep, caller: CallerDep) -> JobBody:
    """Show how far a job is."""
    job = jobs.find(session, job_id, listener_id=caller.listener_id, is_admin=caller.is_admin)
    return JobBody.of(job, position=jobs.position(session, job))


@router.get(
    "/{job_id}/events",
    response_class=Response,
    responses={
        **problems(NoSuchJob),
        200: {
            "description": "Events named `job`, each with the job as GET jobs/{id} shows it; the last one has ended.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        204: {"description": "The job had ended when it was last told: do not ask again."},
    },
)
async def follow_job(
    job: Annotated[JobBody, Depends(get_job)],
    request: Request,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Tell each change of a job as it happens, until it has ended."""
    if last_event_id is not None and job.state.has_ended:
        # An EventSource reconnects when its stream ends; this answer is the one that stops it.
        return Response(status_code=204)
    watch = cast(JobWatch, request.app.state.job_watch)
    return EventSourceResponse(_told(watch, job), ping=PING_S, shutdown_grace_period=SHUTDOWN_GRACE_S)


@router.post(
    "/{job_id}/cancel",
    dependencies=[limited(Deed.CHANGE)],
    responses=problems(NoSuchJob, AdminOnly, JobNotCancellable, TooManyRequests),
)
def cancel_job(job_id: UUID, session: SessionDep, caller: CallerDep) -> JobBody:
    """Stop a job: a queued one at once, a running one within seconds."""
    job = jobs.request_cancel(session, job_id, listener_id=caller.listener_id, is_admin=caller.is_admin)
    return JobBody.of(job, position=jobs.position(session, job))


@router.post(
    "/{job_id}/retry",
    status_code=202,
    dependencies=[limited(Deed.CHANGE)],
    responses=problems(NoSuchJob, AdminOnly, JobNotRetryable, TooManyRequests),
)
def retry_job(job_id: UUID, session: SessionDep, caller: CallerDep) -> JobBody:
    """Queue a job again that failed or was cancelled."""
    job = jobs.retry(session, job_id, listener_id=caller.listener_id, is_admin=caller.is_admin)
    return JobBody.of(job, position=jobs.position(session, job))


async def _told(watch: JobWatch, job: JobBody) -> AsyncIterator[ServerSentEvent]:
    numbers = count(1)
    async with aclosing(watch.follow(job)) as followed:
        async for now in followed:
            yield ServerSentEvent(now.model_dump_json(), event="job", id=str(next(numbers)))


def _read_jobs(settings: Settings, job_ids: Collection[UUID]) -> dict[UUID, JobBody]:
    with one_transaction(settings) as session:
        # Who follows a job was let in when the stream was opened.
        found = [job for job_id in job_ids if (job := session.get(Job, job_id)) is not None]
        return {job.id: JobBody.of(job, position=jobs.position(session, job)) for job in found}
