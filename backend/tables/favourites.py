"""What listeners want to keep at hand."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from backend.tables.table import CreatedAt, Table


class Favourite(Table):
    """A sound that a listener has given a heart."""

    __tablename__ = "favourites"
    __table_args__ = (Index(None, "listener_id", "created_at", "sound_id"),)

    listener_id: Mapped[UUID] = mapped_column(ForeignKey("listeners.id", ondelete="CASCADE"), primary_key=True)
    sound_id: Mapped[UUID] = mapped_column(ForeignKey("sounds.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[CreatedAt]
