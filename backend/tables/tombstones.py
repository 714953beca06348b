"""What is left of sounds that were deleted: their ids, so that old links find a way on. Written by the database."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from backend.tables.table import Table


class Tombstone(Table):
    """A sound that was here. Its title is not kept: it may be why the sound had to go."""

    __tablename__ = "tombstones"

    sound_id: Mapped[UUID] = mapped_column(primary_key=True)
    trigger_slug: Mapped[str] = mapped_column(ForeignKey("triggers.slug"))
    listener_id: Mapped[UUID | None]
    deleted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
