"""What listeners have heard: one row for each listener and sound, not a diary."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from backend.tables.table import Table


class Play(Table):
    """How much of a sound a listener has heard, in all and lately.

    `listened_s` adds up over all plays (s). `n_skips` counts plays that were left within the first moments.
    """

    __tablename__ = "plays"
    __table_args__ = (
        CheckConstraint("n_plays >= 1 AND n_skips BETWEEN 0 AND n_plays", "counts"),
        CheckConstraint("listened_s >= 0", "listened"),
        Index(None, "listener_id", "last_played_at", "sound_id"),
    )

    listener_id: Mapped[UUID] = mapped_column(ForeignKey("listeners.id", ondelete="CASCADE"), primary_key=True)
    sound_id: Mapped[UUID] = mapped_column(ForeignKey("sounds.id", ondelete="CASCADE"), primary_key=True, index=True)
    n_plays: Mapped[int] = mapped_column(default=1)
    n_skips: Mapped[int] = mapped_column(default=0)
    listened_s: Mapped[float]
    last_played_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
