"""Every web address under which a source was submitted: the same address never makes a second source."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from backend.tables.table import CreatedAt, Table


class Address(Table):
    """A normalised address and the source that it leads to."""

    __tablename__ = "addresses"

    url: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[CreatedAt]
