"""The listener's side of a job: ask for work, watch it, cancel it, try it again. The worker's side is `claims.py`."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend import outbox
from backend.catalogue import cursors, listeners
from backend.catalogue.cursors import Page
from backend.catalogue.errors import (
    AdminOnly,
    IdempotencyConflict,
    JobNotCancellable,
    JobNotRetryable,
    NoSuchJob,
    TooManyRequests,
)
from backend.catalogue.parts import MAKES_A_SOUND
from backend.database import settings_of
from backend.outbox import TaskName
from backend.tables import Job, JobState, QueueName, Source

NEWEST = cursors.Order("newest", Job.created_at, Job.id)


def submit(
    session: Session,
    task: TaskName,
    *,
    listener_id: UUID | None,
    request: dict[str, Any],
    idempotency_key: str | None = None,
    source: Source | None = None,
    arguments: dict[str, Any] | None = None,
    audition_id: UUID | None = None,
) -> Job:
    """Queue a piece of work, once: the same idempotency key with the same request gives the first job again.

    Args:
        session: The transaction.
        task: What to do.
        listener_id: Who asks; None for the platform itself.
        request: What was asked for, in full: what a repeated key is compared by.
        idempotency_key: The listener's name for this request.
        source: What to work on; a new one is added together with the job.
        arguments: What the task needs beside the source.
        audition_id: What the candidates of one audition share; what comes of such a job is a draft.

    Raises:
        IdempotencyConflict: if the key was used for another request.
        TooManyRequests: if the listener has too many jobs waiting.
    """
    digest = outbox.digest({"task": task.value, **request})
    if (first := recall(session, listener_id, idempotency_key, digest)) is not None:
        return first
    if listener_id is not None:
        listeners.arrive(session, listener_id)
        _refuse_too_many(session, listener_id)
    try:
        with session.begin_nested():
            if source is not None:
                session.add(source)
                session.flush()
            return outbox.enqueue(
                session,
                task,
                listener_id=listener_id,
                source_id=source.id if source is not None else None,
                arguments=arguments,
                audition_id=audition_id,
                idempotency_key=idempotency_key,
                request_digest=digest if idempotency_key else None,
            )
    except IntegrityError:
        # The same request came in twice at once and the other was first.
        if (first := recall(session, listener_id, idempotency_key, digest)) is None:
            raise
        return first


def recall(session: Session, listener_id: UUID | None, idempotency_key: str | None, digest: str) -> Job | None:
    """Find the job that a listener's earlier request under the same key made.

    Raises:
        IdempotencyConflict: if that request was a different one.
    """
    if listener_id is None or idempotency_key is None:
        return None
    first = session.scalar(select(Job).where(Job.listener_id == listener_id, Job.idempotency_key == idempotency_key))
    if first is not None and first.request_digest != digest:
        raise IdempotencyConflict
    return first


def find(session: Session, job_id: UUID, *, listener_id: UUID | None, is_admin: bool = False) -> Job:
    """Find a job that this listener may watch: their own, or one on a public source.

    Raises:
        NoSuchJob: if there is none, or it is somebody else's: the two look the same.
    """
    job = session.scalar(select(Job).where(Job.id == job_id, _is_visible(listener_id, is_admin)))
    if job is None:
        raise NoSuchJob(job_id=str(job_id))
    return job


def search(
    session: Session,
    *,
    listener_id: UUID | None,
    is_admin: bool = False,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Job]:
    """List a listener's jobs, newest first; for the admin also those that the platform started itself.

    What a stream asks for by itself (`stream.py`) is nobody's business but the stream's.

    Raises:
        BadCursor: if the cursor was not given out for this list.
    """
    is_asked_for = or_(Job.audition_id.is_(None), Job.audition_id != Job.listener_id)
    mine = and_(or_(*_owners(listener_id, is_admin)), is_asked_for)
    scope = ["jobs", listener_id, is_admin]
    rows = session.scalars(
        cursors.following(select(Job).where(mine), NEWEST, cursor=cursor, scope=scope, limit=limit)
    ).all()
    return cursors.page(rows, NEWEST, scope=scope, limit=limit)


def position(session: Session, job: Job) -> int | None:
    """Count the queued jobs that are taken before this one; None unless it is queued itself.

    One that waits to be tried again later is passed by. What is made overtakes what is listened to.
    """
    if job.state is not JobState.QUEUED:
        return None
    return session.scalar(
        select(func.count())
        .select_from(Job)
        .where(
            Job.queue == job.queue,
            Job.state == JobState.QUEUED,
            Job.task.in_(MAKES_A_SOUND) if job.task in MAKES_A_SOUND else true(),
            or_(Job.not_before.is_(None), Job.not_before <= func.clock_timestamp()),
            tuple_(Job.queued_at, Job.id) < tuple_(job.queued_at, job.id),
        )
    )


def counts(session: Session) -> dict[tuple[QueueName, JobState], int]:
    """Count the jobs of each queue in each state, zeros included."""
    found = {
        (queue, state): n_jobs
        for queue, state, n_jobs in session.execute(
            select(Job.queue, Job.state, func.count()).group_by(Job.queue, Job.state)
        )
    }
    return {(queue, state): found.get((queue, state), 0) for queue in QueueName for state in JobState}


def request_cancel(session: Session, job_id: UUID, *, listener_id: UUID | None, is_admin: bool = False) -> Job:
    """Cancel a queued job at once; ask the worker of a running one to stop.

    Raises:
        NoSuchJob: as `find` does.
        AdminOnly: if the job is in sight but not the listener's own.
        JobNotCancellable: if it has ended.
    """
    job = _own(session, job_id, listener_id=listener_id, is_admin=is_admin)
    if job.state.has_ended:
        raise JobNotCancellable(state=job.state.value)
    now = session.scalar(select(func.clock_timestamp()))
    job.cancel_requested_at = job.cancel_requested_at or now
    if job.state is JobState.QUEUED:
        job.state = JobState.CANCELLED
        job.phase = JobState.CANCELLED.value
        job.not_before = None
        job.finished_at = now
    session.flush()
    return job


def retry(session: Session, job_id: UUID, *, listener_id: UUID | None, is_admin: bool = False) -> Job:
    """Queue a job that failed or was cancelled once more: the same row, with the task that it stopped at.

    Raises:
        NoSuchJob: as `find` does.
        AdminOnly: if the job is in sight but not the listener's own.
        JobNotRetryable: if it is waiting, running or done.
        TooManyRequests: if the listener has too many jobs waiting.
    """
    job = _own(session, job_id, listener_id=listener_id, is_admin=is_admin)
    if job.state not in {JobState.FAILED, JobState.CANCELLED}:
        raise JobNotRetryable(state=job.state.value)
    if job.listener_id is not None:
        _refuse_too_many(session, job.listener_id)
    job.cancel_requested_at = None
    job.error = None
    job.progress = 0.0
    job.ready_s = 0.0
    job.n_lost = 0
    job.n_retries = 0
    outbox.requeue(session, job)
    return job


def _own(session: Session, job_id: UUID, *, listener_id: UUID | None, is_admin: bool) -> Job:
    job = session.scalar(
        select(Job)
        .where(Job.id == job_id, _is_visible(listener_id, is_admin))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if job is None:
        raise NoSuchJob(job_id=str(job_id))
    if not is_admin and (job.listener_id is None or job.listener_id != listener_id):
        raise AdminOnly
    return job


def _is_visible(listener_id: UUID | None, is_admin: bool) -> ColumnElement[bool]:
    on_public_source = (
        select(Source.id)
        .where(Source.id == func.coalesce(Job.merged_into_id, Job.source_id), Source.listener_id.is_(None))
        .exists()
    )
    return or_(on_public_source, *_owners(listener_id, is_admin))


def _owners(listener_id: UUID | None, is_admin: bool) -> list[ColumnElement[bool]]:
    owners: list[ColumnElement[bool]] = [false()]
    if listener_id is not None:
        owners.append(Job.listener_id == listener_id)
    if is_admin:
        owners.append(Job.listener_id.is_(None))
    return owners


def _refuse_too_many(session: Session, listener_id: UUID) -> None:
    limit = settings_of(session).max_queued_jobs
    n_waiting = session.scalar(
        select(func.count())
        .select_from(Job)
        .where(Job.listener_id == listener_id, Job.state.in_([JobState.QUEUED, JobState.RUNNING]))
    )
    if n_waiting is not None and n_waiting >= limit:
        raise TooManyRequests(
            f"{n_waiting} of your jobs are waiting already; let some of them end first.",
            n_waiting=n_waiting,
            limit=limit,
        )
