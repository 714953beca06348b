"""What listeners say a sound is, where they disagree with the classifier. Kept apart from what it says itself."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.tables.table import Table
from backend.tables.triggers import Trigger


class Correction(Table):
    """One listener's word about one sound; no trigger means "none of these"."""

    __tablename__ = "corrections"

    listener_id: Mapped[UUID] = mapped_column(ForeignKey("listeners.id", ondelete="CASCADE"), primary_key=True)
    sound_id: Mapped[UUID] = mapped_column(ForeignKey("sounds.id", ondelete="CASCADE"), primary_key=True, index=True)
    trigger_slug: Mapped[str | None] = mapped_column(ForeignKey("triggers.slug"))
    said_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    trigger: Mapped[Trigger | None] = relationship(lazy="raise", viewonly=True)
