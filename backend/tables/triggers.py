"""The taxonomy: what a sound does to a listener, in two languages. Read from `backend/taxonomy.toml`."""

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from backend.tables.table import Table


class Trigger(Table):
    """One label that the classifier knows."""

    __tablename__ = "triggers"

    slug: Mapped[str] = mapped_column(primary_key=True)
    name_en: Mapped[str]
    name_ko: Mapped[str]
    description_en: Mapped[str] = mapped_column(server_default="")
    description_ko: Mapped[str] = mapped_column(server_default="")
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    ordinal: Mapped[int] = mapped_column(unique=True)
