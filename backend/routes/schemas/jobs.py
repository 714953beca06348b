"""Jobs as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from backend.tables import Job, JobState


class ResultBody(BaseModel):
    """What a job is about or has made."""

    source_id: UUID | None = Field(description="The source that is ingested or labelled; known from the start.")
    sound_id: UUID | None = Field(description="The sound that was made; known once the job is done.")


class JobBody(BaseModel):
    """A piece of work in progress."""

    id: UUID
    task: str = Field(examples=["ingest_source"])
    state: JobState
    progress: float = Field(ge=0, le=1)
    phase: str = Field(description="What is being done, in a word or two.", examples=["downloading"])
    ready_s: float = Field(
        ge=0, description="How many seconds of the sound that is made can be heard already, at GET jobs/{id}/audio."
    )
    position: int | None = Field(description="How many jobs are taken before this one; null unless it is queued.")
    is_cancelling: bool = Field(description="Whether the job was asked to stop and has not stopped yet.")
    error: dict[str, Any] | None = Field(description="The problem (RFC 9457) that a failed job ended with.")
    result: ResultBody
    arguments: dict[str, Any] = Field(description="What was asked for, the seed of a made sound included.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: Job, *, position: int | None) -> JobBody:
        """Read a job off its row.

        Args:
            job: The row.
            position: How many jobs are taken before it, None unless it is queued.
        """
        return cls(
            id=job.id,
            task=job.task,
            state=job.state,
            progress=job.progress,
            phase=job.phase,
            ready_s=job.ready_s,
            position=position,
            is_cancelling=job.cancel_requested_at is not None and not job.state.has_ended,
            error=job.error,
            result=ResultBody(source_id=job.result_source_id, sound_id=job.sound_id),
            arguments=job.arguments,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )


class JobPage(BaseModel):
    """Some jobs, and where the next ones begin."""

    items: list[JobBody]
    next_cursor: str | None


class JobAnswer(BaseModel):
    """The job that was queued for a request."""

    job: JobBody
