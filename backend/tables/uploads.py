"""Files on their way here, piece by piece, so that a dropped connection costs no more than the piece it was in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from backend.tables.table import CreatedAt, Id, Table


class Upload(Table):
    """A file of `n_bytes` that is arriving; how many of them are here, the file itself tells.

    `source_id` is what it became once it had arrived whole. An upload without one is gone after `expires_at`.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint("n_bytes > 0", "has_bytes"),
        Index(None, "listener_id", "created_at", "id"),
        Index(None, "expires_at"),
    )

    id: Mapped[Id]
    listener_id: Mapped[UUID] = mapped_column(ForeignKey("listeners.id", ondelete="CASCADE"))
    filename: Mapped[str]
    media_type: Mapped[str]
    n_bytes: Mapped[int] = mapped_column(BigInteger)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]
