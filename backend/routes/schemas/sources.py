"""Sources as JSON."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from backend.routes.schemas.jobs import JobBody
from backend.routes.schemas.sounds import SoundBody
from backend.tables import JobState, Source, SourceKind

ADDRESS_MAX_LENGTH = 2000


class VideoAddressBody(BaseModel):
    """A video to catalogue."""

    url: str = Field(
        min_length=1,
        max_length=ADDRESS_MAX_LENGTH,
        description="Web address of one video.",
        examples=["https://www.youtube.com/watch?v=dQw4w9WgXcQ"],
    )


class StretchBody(BaseModel):
    """A part of a source that sounds like one trigger."""

    start_s: float
    end_s: float
    trigger: str
    confidence: float


class SourceBody(BaseModel):
    """Where audio comes from."""

    id: UUID
    kind: SourceKind
    title: str | None
    uploader: str | None
    licence: str | None
    url: str | None = Field(description="The address that was submitted.")
    webpage_url: str | None
    thumbnail_url: str | None
    duration_s: float | None
    n_channels: int | None
    sample_rate_hz: int | None
    is_synthetic: bool
    is_mine: bool
    labelled_with: str | None = Field(description="Network and weights version of the classifier.")
    status: JobState | None = Field(description="State of its newest job.")
    job: JobBody | None
    n_sounds: int
    created_at: datetime

    @classmethod
    def of(cls, source: Source, *, job: JobBody | None, n_sounds: int, listener_id: UUID) -> SourceBody:
        """Read a source off its row.

        Args:
            source: The row.
            job: Its newest job.
            n_sounds: How many sounds were found in it.
            listener_id: Who asks.
        """
        return cls(
            id=source.id,
            kind=source.kind,
            title=source.title,
            uploader=source.uploader,
            licence=source.licence,
            url=source.url,
            webpage_url=source.webpage_url,
            thumbnail_url=source.thumbnail_url,
            duration_s=source.duration_s,
            n_channels=source.n_channels,
            sample_rate_hz=source.sample_rate_hz,
            is_synthetic=source.is_synthetic,
            is_mine=source.listener_id == listener_id,
            labelled_with=source.labelled_with,
            status=job.state if job else None,
            job=job,
            n_sounds=n_sounds,
            created_at=source.created_at,
        )


class SourceDetailBody(SourceBody):
    """A source with what was heard in it."""

    timeline: list[StretchBody] = Field(description="Grows while the source is being listened to.")
    sounds: list[SoundBody]


class SourcePage(BaseModel):
    """Some sources, and where the next ones begin."""

    items: list[SourceBody]
    next_cursor: str | None


class SubmittedSource(BaseModel):
    """A source that was taken, or that was known before, and its job."""

    job: JobBody
    source: SourceBody
