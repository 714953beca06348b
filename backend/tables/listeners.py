"""People, known by nothing but a signed cookie."""

from datetime import datetime

from sqlalchemy import func, true
from sqlalchemy.orm import Mapped, mapped_column

from backend.tables.table import CreatedAt, Id, Table


class Listener(Table):
    """An anonymous listener; `is_remembered` is whether they want what they play to be remembered."""

    __tablename__ = "listeners"

    id: Mapped[Id]
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    is_remembered: Mapped[bool] = mapped_column(server_default=true(), default=True)
