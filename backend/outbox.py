"""The door to the workers: a Job row in the caller's transaction, its message after the commit.

A message that cannot be sent is not an error: the row waits, and `catalogue.claims.sweep` sends it again.
"""

import logging
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from json import dumps
from typing import Any
from uuid import UUID

from celery import Celery
from kombu.exceptions import OperationalError as BrokerAway
from sqlalchemy import event, func, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, SessionTransaction

from backend.database import one_transaction, settings_of
from backend.settings import Settings
from backend.tables import Job, JobState, QueueName

log = logging.getLogger(__name__)

BROKER_TIMEOUT_S = 1.0
WAITING = "waiting"
_UNSENT = "jobs to send after commit"


class TaskName(StrEnum):
    """What a worker can be asked to do. The web knows the names, the worker the deeds."""

    INGEST_SOURCE = "ingest_source"
    LABEL_SOURCE = "label_source"
    VARY_SOUND = "vary_sound"
    MIX_SOUNDS = "mix_sounds"
    LAY_OUT_MAP = "lay_out_map"


QUEUE_OF: dict[TaskName, QueueName] = {
    TaskName.INGEST_SOURCE: QueueName.INGEST,
    TaskName.LABEL_SOURCE: QueueName.SOUND,
    TaskName.VARY_SOUND: QueueName.SOUND,
    TaskName.MIX_SOUNDS: QueueName.SOUND,
    # Drawing the map may take minutes: on the others' queue it would let listeners wait.
    TaskName.LAY_OUT_MAP: QueueName.MAP,
}


def enqueue(
    session: Session,
    task: TaskName,
    *,
    listener_id: UUID | None,
    source_id: UUID | None = None,
    audition_id: UUID | None = None,
    arguments: dict[str, Any] | None = None,
    idempotency_key: str | None = None,
    request_digest: str | None = None,
) -> Job:
    """Add a queued job to the caller's transaction and send its message once that is committed.

    Raises:
        sqlalchemy.exc.IntegrityError: if the listener used the idempotency key before.
    """
    job = Job(
        task=task,
        queue=QUEUE_OF[task],
        listener_id=listener_id,
        source_id=source_id,
        audition_id=audition_id,
        arguments=arguments or {},
        idempotency_key=idempotency_key,
        request_digest=request_digest,
    )
    session.add(job)
    session.flush()
    send_after_commit(session, job)
    return job


def hand_on(session: Session, job: Job, task: TaskName) -> None:
    """Queue the same, locked job for the next task of its walk, so that a listener's whole walk is one job."""
    job.task = task
    job.queue = QUEUE_OF[task]
    job.n_lost = 0
    job.n_retries = 0
    requeue(session, job)


def requeue(session: Session, job: Job, *, delay_s: float | None = None) -> None:
    """Put a locked job back into its queue, at the end.

    Its message goes out after the commit, or with a delay (seconds) when the sweeper finds the time has come.
    """
    job.state = JobState.QUEUED
    job.phase = WAITING
    job.claimed_by = None
    job.heartbeat_at = None
    job.not_before = None
    job.finished_at = None
    job.sent_at = None
    job.n_sent = 0
    session.flush()
    times: dict[str, Any] = {"queued_at": func.clock_timestamp()}
    if delay_s is not None:
        times["not_before"] = func.clock_timestamp() + timedelta(seconds=delay_s)
    session.execute(update(Job).where(Job.id == job.id).values(times))
    session.refresh(job, ["queued_at", "not_before"])
    if delay_s is None:
        send_after_commit(session, job)


def send_after_commit(session: Session, job: Job) -> None:
    """Send a job's message once the session's transaction is committed; a rollback forgets it."""
    session.info.setdefault(_UNSENT, {})[job.id] = (job.task, job.queue)


def digest(request: dict[str, Any]) -> str:
    """Return a fingerprint of a request, equal for equal requests: what an idempotency key is compared by."""
    return sha256(dumps(request, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()


@lru_cache(maxsize=4)
def producer(broker_url: str) -> Celery:
    """Return the Celery app that only sends. A broker that is away costs a request about a second, never a hang."""
    app = Celery("deepasmr-producer", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_serializer="json",
        broker_connection_timeout=BROKER_TIMEOUT_S,
        broker_transport_options={
            "socket_timeout": BROKER_TIMEOUT_S,
            "socket_connect_timeout": BROKER_TIMEOUT_S,
            "retry_on_timeout": False,
            "max_retries": 0,
            "interval_start": 0,
            "interval_step": 0,
            "interval_max": 0,
        },
    )
    return app


@event.listens_for(Session, "after_commit")
def _send_unsent(session: Session) -> None:
    if session.in_nested_transaction():
        return  # A savepoint was released: nothing is committed yet.
    unsent: dict[UUID, tuple[str, QueueName]] = session.info.pop(_UNSENT, {})
    settings = settings_of(session)
    sent = _send(settings, unsent)
    if sent:
        _mark_sent(settings, sent)


@event.listens_for(Session, "after_soft_rollback")
def _forget_unsent(session: Session, undone: SessionTransaction) -> None:
    if not undone.nested:
        session.info.pop(_UNSENT, None)


def _send(settings: Settings, unsent: dict[UUID, tuple[str, QueueName]]) -> list[UUID]:
    sent: list[UUID] = []
    for job_id, (task, queue) in unsent.items():
        try:
            producer(settings.broker_url).send_task(
                task, args=[str(job_id)], queue=queue, retry=False, ignore_result=True
            )
        except (BrokerAway, OSError) as away:
            # The others would only wait for the same broker; the sweeper sends them all.
            log.warning("broker away, %d messages left to the sweeper: %s", len(unsent) - len(sent), away)
            break
        sent.append(job_id)
    return sent


def _mark_sent(settings: Settings, job_ids: list[UUID]) -> None:
    marked = (
        update(Job)
        .where(Job.id.in_(job_ids), Job.state == JobState.QUEUED)
        .values(sent_at=func.clock_timestamp(), n_sent=Job.n_sent + 1)
    )
    try:
        with one_transaction(settings) as session:
            session.execute(marked)
    except SQLAlchemyError as unmarked:
        log.warning("sent messages stay unmarked, the sweeper repeats them: %s", unmarked)
