"""The worker's side of a job: take it, keep it alive, record what came of it, or give it back.

Why two workers never record the same job: a claim is (job, worker, attempt). `attempts` grows with every claim and
never goes back, so each claim is unique. Whatever a worker writes for a job goes through `held`, which locks the row
and compares all three in the transaction that records; a worker that stopped beating finds another attempt on the row,
or another state, and gets `JobLost`. Between the lock and the commit nobody else can claim, sweep or cancel.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, update
from sqlalchemy.orm import Session

from backend import outbox
from backend.catalogue.errors import JobLost, WorkerLost
from backend.outbox import TaskName
from backend.tables import Job, JobState

# Many times the pause between two beats, so that a worker that is only slow keeps its job.
STALE_AFTER_S = 20.0
SWEEP_EVERY_S = 5.0
MAX_LOST = 3
MAX_RETRIES = 5
# A message is sent right after the commit; only one that is still unsent after a while is the sweeper's.
UNSENT_GRACE_S = 5.0
# A sent message may be lost with its broker. Each further one waits twice as long, so that a long queue fills with few.
FIRST_RESEND_S = 15.0
LAST_RESEND_S = 3600.0
SWEEP_LIMIT = 200


@dataclass(frozen=True)
class Claim:
    """A worker's hold on a job, with what it needs to know for its task. (job_id, worker, attempt) is the fence."""

    job_id: UUID
    worker: str
    attempt: int
    task: TaskName
    listener_id: UUID | None
    source_id: UUID | None
    arguments: dict[str, Any]
    n_retries: int


@dataclass(frozen=True)
class Beat:
    """What a worker learns when it beats."""

    still_mine: bool
    cancel_requested: bool


def claim(session: Session, job_id: UUID, worker: str, *, task: TaskName) -> Claim | None:
    """Take a queued job, or one whose worker stopped beating; None when there is nothing to do.

    Messages may come twice, late, or for a task that the job has left behind: such a one finds nothing to do.
    """
    stale = select(Job).where(Job.id == job_id, _is_stale(_clock())).with_for_update(skip_locked=True)
    if (lost := session.scalar(stale.execution_options(populate_existing=True))) is not None:
        _take_up(session, lost)
    taken = session.scalar(
        update(Job)
        .where(
            Job.id == job_id,
            Job.task == task,
            Job.state == JobState.QUEUED,
            or_(Job.not_before.is_(None), Job.not_before <= _clock()),
        )
        .values(
            state=JobState.RUNNING,
            claimed_by=worker,
            attempts=Job.attempts + 1,
            heartbeat_at=_clock(),
            started_at=func.coalesce(Job.started_at, _clock()),
            error=None,
        )
        .returning(Job)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    if taken is None:
        return None
    return Claim(
        job_id=taken.id,
        worker=worker,
        attempt=taken.attempts,
        task=TaskName(taken.task),
        listener_id=taken.listener_id,
        source_id=taken.source_id,
        arguments=taken.arguments,
        n_retries=taken.n_retries,
    )


def first_waiting(session: Session, tasks: Collection[TaskName]) -> tuple[UUID, TaskName] | None:
    """Find the job that has waited longest for one of these tasks, without taking it."""
    found = session.execute(
        select(Job.id, Job.task)
        .where(
            Job.task.in_(tasks),
            Job.state == JobState.QUEUED,
            or_(Job.not_before.is_(None), Job.not_before <= _clock()),
        )
        .order_by(Job.queued_at, Job.id)
        .limit(1)
    ).one_or_none()
    return (found[0], TaskName(found[1])) if found is not None else None


def beat(
    session: Session,
    held_by: Claim,
    *,
    progress: float | None = None,
    phase: str | None = None,
    ready_s: float | None = None,
) -> Beat:
    """Say that the worker lives, how far it is (0..1) and at what; learn whether to stop.

    `ready_s` is how much of the sound can be heard, in seconds: what an earlier worker had ready stays ready.
    """
    news: dict[str, Any] = {"heartbeat_at": _clock()}
    if progress is not None:
        news["progress"] = min(1.0, max(0.0, progress))
    if phase is not None:
        news["phase"] = phase
    if ready_s is not None:
        news["ready_s"] = func.greatest(Job.ready_s, ready_s)
    beaten = session.execute(
        update(Job)
        .where(_is_held(held_by))
        .values(news)
        .returning(Job.cancel_requested_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return Beat(still_mine=beaten is not None, cancel_requested=beaten is not None and beaten[0] is not None)


def held(session: Session, held_by: Claim) -> Job:
    """Lock the job's row for the rest of the transaction, if it still is this worker's.

    Raises:
        JobLost: if another worker has it, or it has ended.
    """
    job = session.scalar(
        select(Job).where(_is_held(held_by)).with_for_update().execution_options(populate_existing=True)
    )
    if job is None:
        raise JobLost(job_id=str(held_by.job_id))
    return job


def finish(session: Session, held_by: Claim, *, sound_id: UUID | None = None) -> None:
    """End a job well. Raises as `held` does."""
    job = held(session, held_by)
    if sound_id is not None:
        job.sound_id = sound_id
    job.progress = 1.0
    _end(session, job, JobState.DONE)


def fail(session: Session, held_by: Claim, problem: dict[str, Any]) -> None:
    """End a job badly, with the problem (RFC 9457) that its listener reads. Raises as `held` does."""
    job = held(session, held_by)
    job.error = problem
    _end(session, job, JobState.FAILED)


def stop(session: Session, held_by: Claim) -> None:
    """End a job whose cancellation was asked for. Raises as `held` does."""
    _end(session, held(session, held_by), JobState.CANCELLED)


def release(session: Session, held_by: Claim) -> None:
    """Give a job back because this worker is told to stop; another takes it at once. Raises as `held` does."""
    job = held(session, held_by)
    if job.cancel_requested_at is not None:
        _end(session, job, JobState.CANCELLED)
    else:
        outbox.requeue(session, job)


def hand_on(session: Session, held_by: Claim, task: TaskName) -> None:
    """Queue the same job for the next task of its walk. Raises as `held` does."""
    job = held(session, held_by)
    if job.cancel_requested_at is not None:
        _end(session, job, JobState.CANCELLED)
    else:
        outbox.hand_on(session, job, task)


def retry_later(session: Session, held_by: Claim, *, delay_s: float, problem: dict[str, Any]) -> JobState:
    """Put a job back for another try after passing trouble; after `MAX_RETRIES` it fails with that trouble.

    Args:
        session: The transaction.
        held_by: The worker's claim.
        delay_s: How long to wait, in seconds.
        problem: The trouble (RFC 9457), shown while waiting.

    Returns:
        The state that the job is in now: queued, failed, or cancelled if that was asked for.

    Raises:
        JobLost: as `held` does.
    """
    job = held(session, held_by)
    job.error = problem
    if job.cancel_requested_at is not None:
        _end(session, job, JobState.CANCELLED)
    elif job.n_retries >= MAX_RETRIES:
        _end(session, job, JobState.FAILED)
    else:
        outbox.requeue(session, job, delay_s=delay_s)
        job.n_retries += 1
        job.phase = "waiting to try again"
        session.flush()
    return job.state


def sweep(session: Session, now: datetime | None = None) -> Sequence[Job]:
    """Take up jobs whose worker stopped beating, and send again what is queued but seems to have no message.

    Any number of workers may sweep at once. Messages go out after the commit, by themselves.

    Args:
        session: The transaction.
        now: What time it is; default: the database's clock.

    Returns:
        The jobs whose messages are sent again.
    """
    at: ColumnElement[datetime] = _clock() if now is None else literal(now)
    stale = select(Job).where(_is_stale(at)).limit(SWEEP_LIMIT).with_for_update(skip_locked=True)
    for lost in session.scalars(stale.execution_options(populate_existing=True)).all():
        _take_up(session, lost)
    resend_after_s = func.least(FIRST_RESEND_S * func.power(2.0, Job.n_sent - 1), LAST_RESEND_S)
    unsent = session.scalars(
        select(Job)
        .where(
            Job.state == JobState.QUEUED,
            or_(Job.not_before.is_(None), Job.not_before <= at),
            or_(
                and_(Job.sent_at.is_(None), Job.queued_at <= at - _interval(UNSENT_GRACE_S)),
                Job.sent_at <= at - _interval(resend_after_s),
            ),
        )
        .order_by(Job.queued_at, Job.id)
        .limit(SWEEP_LIMIT)
        .with_for_update(skip_locked=True)
    ).all()
    for job in unsent:
        outbox.send_after_commit(session, job)
    return unsent


def _take_up(session: Session, lost: Job) -> None:
    """Decide what becomes of a locked job whose worker is gone."""
    lost.n_lost += 1
    if lost.cancel_requested_at is not None:
        _end(session, lost, JobState.CANCELLED)
    elif lost.n_lost >= MAX_LOST:
        lost.error = WorkerLost(n_lost=lost.n_lost).problem()
        _end(session, lost, JobState.FAILED)
    else:
        outbox.requeue(session, lost)


def _end(session: Session, job: Job, state: JobState) -> None:
    job.state = state
    job.phase = state.value
    job.claimed_by = None
    job.heartbeat_at = None
    job.not_before = None
    if state is JobState.DONE:
        job.error = None
    session.flush()
    session.execute(update(Job).where(Job.id == job.id).values(finished_at=_clock()))


def _is_held(held_by: Claim) -> ColumnElement[bool]:
    return and_(
        Job.id == held_by.job_id,
        Job.state == JobState.RUNNING,
        Job.claimed_by == held_by.worker,
        Job.attempts == held_by.attempt,
    )


def _is_stale(at: ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(Job.state == JobState.RUNNING, Job.heartbeat_at <= at - _interval(STALE_AFTER_S))


def _clock() -> ColumnElement[datetime]:
    """One clock for all machines: the database's, read at the statement and not at the transaction's start."""
    return func.clock_timestamp()


def _interval(seconds: float | ColumnElement[float]) -> ColumnElement[Any]:
    return func.make_interval(0, 0, 0, 0, 0, 0, seconds)
