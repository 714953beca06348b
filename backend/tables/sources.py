"""Where audio comes from: a video or a listener's file. A source's status is that of its newest job."""

from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from backend.tables.table import CreatedAt, Id, Table, words


class SourceKind(StrEnum):
    """How a source came here."""

    VIDEO = "video"
    UPLOAD = "upload"


class Stretch(TypedDict):
    """A part of a source's timeline that sounds like one trigger, background included."""

    start_s: float
    end_s: float
    trigger: str
    confidence: float


class Source(Table):
    """A video or an upload; public when no listener owns it."""

    __tablename__ = "sources"
    __table_args__ = (Index(None, "listener_id", "created_at", "id"), Index(None, "created_at", "id"))

    id: Mapped[Id]
    kind: Mapped[SourceKind] = mapped_column(words(SourceKind))
    listener_id: Mapped[UUID | None] = mapped_column(ForeignKey("listeners.id", ondelete="CASCADE"))
    url: Mapped[str | None]
    webpage_url: Mapped[str | None]
    extractor: Mapped[str | None]
    video_key: Mapped[str | None] = mapped_column(unique=True)
    title: Mapped[str | None]
    uploader: Mapped[str | None]
    licence: Mapped[str | None]
    thumbnail_url: Mapped[str | None]
    duration_s: Mapped[float | None]
    audio_key: Mapped[str | None] = mapped_column(index=True)
    audio_bytes: Mapped[int | None] = mapped_column(BigInteger)
    media_type: Mapped[str | None]
    n_channels: Mapped[int | None]
    sample_rate_hz: Mapped[int | None]
    is_synthetic: Mapped[bool] = mapped_column(server_default=false(), default=False)
    timeline: Mapped[list[Stretch]] = mapped_column(JSONB, server_default="[]", default=list)
    probabilities_key: Mapped[str | None] = mapped_column(index=True)
    labelled_with: Mapped[str | None]
    created_at: Mapped[CreatedAt]
