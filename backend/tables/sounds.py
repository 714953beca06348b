"""Anything a listener can play: found in a source, or made from other sounds."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    SmallInteger,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from backend.tables.sources import Source
from backend.tables.table import CreatedAt, Id, Table, words
from backend.tables.triggers import Trigger

EMBEDDING_WIDTH = 256


class SoundKind(StrEnum):
    """How a sound came to be."""

    FOUND = "found"
    MADE = "made"


class Deed(StrEnum):
    """What made a made sound."""

    VARIATION = "variation"
    MIX = "mix"


class Sound(Table):
    """An interval of a source, or a variation, or a mix; public when no listener owns it.

    `embedding` is the classifier's view of it, L2-normalised, [EMBEDDING_WIDTH]; it compares with those of the same
    weights alone (`embedded_with`). `peaks` is max |x| per column, 0..1.
    `play_gain_db` is what a player applies to reach the common loudness. Audio is FLAC under `audio_key`. A draft is
    one of several made to choose from: on no list until it is kept, gone after a day if it is not.

    The database keeps three things itself: `called`, what people may search it by beside its trigger, in small letters;
    `outline`, its peaks in at most 56 bars, hundredths of the loudest; and a tombstone for each that is deleted.
    """

    __tablename__ = "sounds"
    __table_args__ = (
        UniqueConstraint("source_id", "ordinal"),
        UniqueConstraint("job_id"),
        CheckConstraint("duration_s > 0", "lasts"),
        CheckConstraint("confidence BETWEEN 0 AND 1", "confidence"),
        CheckConstraint("kind <> 'found' OR (source_id IS NOT NULL AND ordinal IS NOT NULL)", "found_in_a_source"),
        CheckConstraint("(kind = 'made') = (deed IS NOT NULL)", "made_by_a_deed"),
        Index(None, "created_at", "id"),
        Index(None, "confidence", "id"),
        Index(None, "embedded_with"),
        Index(None, "duration_s", "id"),
        Index(None, "trigger_slug", "created_at", "id"),
        Index(None, "trigger_slug", "confidence", "id"),
        Index(None, "listener_id", "created_at", "id"),
        Index("ix_sounds_grams", text("grams_of(called, 1)"), postgresql_using="gin"),
        Index("ix_sounds_listed", "listener_id", "trigger_slug", postgresql_where=text("is_draft IS false")),
        Index("ix_sounds_drafts", "created_at", postgresql_where=text("is_draft")),
        Index(
            "ix_sounds_embedding",
            "embedding",
            postgresql_using="hnsw",
            postgresql_ops={"embedding": "vector_cosine_ops"},
        ),
    )

    id: Mapped[Id]
    kind: Mapped[SoundKind] = mapped_column(words(SoundKind))
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    ordinal: Mapped[int | None]
    start_s: Mapped[float | None]
    end_s: Mapped[float | None]
    listener_id: Mapped[UUID | None] = mapped_column(ForeignKey("listeners.id", ondelete="CASCADE"))
    trigger_slug: Mapped[str] = mapped_column(ForeignKey("triggers.slug"))
    confidence: Mapped[float]
    probabilities: Mapped[dict[str, float]]
    duration_s: Mapped[float]
    n_channels: Mapped[int]
    loudness_lufs: Mapped[float | None]
    true_peak_dbtp: Mapped[float | None]
    play_gain_db: Mapped[float] = mapped_column(server_default="0")
    embedding: Mapped[Any] = mapped_column(Vector(EMBEDDING_WIDTH))
    embedded_with: Mapped[str | None]
    audio_key: Mapped[str] = mapped_column(index=True)
    mel_key: Mapped[str | None] = mapped_column(index=True)
    peaks: Mapped[list[float]]
    outline: Mapped[list[int] | None] = mapped_column(
        ARRAY(SmallInteger), Computed("outline_of(peaks)", persisted=True)
    )
    title: Mapped[str | None]
    called: Mapped[str] = mapped_column(server_default="", deferred=True)
    network: Mapped[str | None]
    weights_version: Mapped[str | None]
    seed: Mapped[int | None] = mapped_column(BigInteger)
    settings: Mapped[dict[str, Any] | None]
    deed: Mapped[Deed | None] = mapped_column(words(Deed))
    first_parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("sounds.id", ondelete="SET NULL"), index=True)
    second_parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("sounds.id", ondelete="SET NULL"), index=True)
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL", use_alter=True))
    is_synthetic: Mapped[bool] = mapped_column(server_default=false(), default=False)
    is_draft: Mapped[bool] = mapped_column(server_default=false(), default=False)
    created_at: Mapped[CreatedAt]

    # Whether the listener who asks has given it a heart; read by the queries of catalogue/sounds.py.
    is_favourite: Mapped[bool | None] = query_expression()

    source: Mapped[Source | None] = relationship(lazy="raise", viewonly=True)
    trigger: Mapped[Trigger] = relationship(lazy="raise", viewonly=True)
    first_parent: Mapped["Sound | None"] = relationship(
        lazy="raise", viewonly=True, foreign_keys=[first_parent_id], remote_side="Sound.id"
    )
    second_parent: Mapped["Sound | None"] = relationship(
        lazy="raise", viewonly=True, foreign_keys=[second_parent_id], remote_side="Sound.id"
    )
