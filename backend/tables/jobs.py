"""Work in progress. The row is the truth; a message in the queue only wakes a worker."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.tables.table import CreatedAt, Id, Table, words


class JobState(StrEnum):
    """Where a job is in its life: queued → running → done, failed, cancelled; back to queued when a worker is lost."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to the job unless somebody asks for a retry."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


class QueueName(StrEnum):
    """Which workers take a task: those that reach the network, those that hold the networks, or who draws the map."""

    INGEST = "ingest"
    SOUND = "sound"
    MAP = "map"


class Job(Table):
    """A durable piece of work.

    `attempts` counts claims and never goes back: with `claimed_by` it is the fence that keeps a worker which lost the
    job from writing. `n_lost` counts workers that died on it, `n_retries` waits after passing trouble; both start
    anew with each task of the walk. `merged_into_id` is the first source when this one turned out to be known.
    `ready_s` tells how many seconds of the sound that is made can be heard already (`catalogue/parts.py`).
    Jobs with the same `audition_id` were asked for together: what they make are drafts to choose from.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("listener_id", "idempotency_key"),
        CheckConstraint("progress BETWEEN 0 AND 1", "progress"),
        CheckConstraint("state <> 'running' OR (claimed_by IS NOT NULL AND heartbeat_at IS NOT NULL)", "running_beats"),
        Index(None, "listener_id", "created_at", "id"),
        Index(None, "source_id", "created_at", "id"),
        Index(None, "created_at", "id"),
        Index("ix_jobs_waiting", "queue", "queued_at", "id", postgresql_where=text("state = 'queued'")),
        Index("ix_jobs_running", "heartbeat_at", postgresql_where=text("state = 'running'")),
    )

    id: Mapped[Id]
    task: Mapped[str]
    queue: Mapped[QueueName] = mapped_column(words(QueueName))
    state: Mapped[JobState] = mapped_column(words(JobState), default=JobState.QUEUED)
    progress: Mapped[float] = mapped_column(default=0.0)
    phase: Mapped[str] = mapped_column(default="waiting")
    ready_s: Mapped[float] = mapped_column(default=0.0, server_default="0")
    listener_id: Mapped[UUID | None] = mapped_column(ForeignKey("listeners.id", ondelete="CASCADE"))
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    sound_id: Mapped[UUID | None] = mapped_column(ForeignKey("sounds.id", ondelete="SET NULL"), index=True)
    audition_id: Mapped[UUID | None] = mapped_column(index=True)
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    n_lost: Mapped[int] = mapped_column(default=0)
    n_retries: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None]
    heartbeat_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    queued_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    sent_at: Mapped[datetime | None]
    n_sent: Mapped[int] = mapped_column(default=0)
    error: Mapped[dict[str, Any] | None]
    idempotency_key: Mapped[str | None]
    request_digest: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    @property
    def result_source_id(self) -> UUID | None:
        """The source that came out of this job: its own, or the first one of the same video."""
        return self.merged_into_id or self.source_id
