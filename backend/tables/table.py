"""What every table shares: names of constraints, types of columns, ids in order of time."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, Enum, MetaData, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from uuid_utils.compat import uuid7

# `clock_timestamp()` and not `now()`: two rows made in one transaction must differ.
CreatedAt = Annotated[datetime, mapped_column(server_default=func.clock_timestamp())]
Id = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]


class Table(DeclarativeBase):
    """A row of the catalogue. Relationships never load by themselves (`lazy="raise"`): queries say what they need."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(none_as_null=True),
        dict[str, float]: JSONB(none_as_null=True),
        list[float]: JSONB(none_as_null=True),
    }


def words(values: type[StrEnum]) -> Enum:
    """Return the column type of an enumeration: its words as text, held to by a check constraint."""
    return Enum(
        values,
        native_enum=False,
        length=32,
        create_constraint=True,
        name=values.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )
