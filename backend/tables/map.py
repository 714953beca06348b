"""The map: where each sound lies in the plane, and from which drawing of the map that is."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from backend.tables.table import CreatedAt, Table


class MapLayout(Table):
    """One drawing of the whole map; the newest one counts. `n_sounds` were drawn, which took `took_s` seconds."""

    __tablename__ = "map_layouts"

    version: Mapped[int] = mapped_column(Identity(), primary_key=True)
    n_sounds: Mapped[int]
    took_s: Mapped[float]
    created_at: Mapped[CreatedAt]


class MapPoint(Table):
    """A sound's place, 0 to 1 on both axes, which have no unit.

    `number` names it in a quarter of an id's bytes: a hundred thousand of them travel together. A sound that came after
    the drawing `version` lies among its neighbours until the map is drawn anew.
    """

    __tablename__ = "map_points"
    __table_args__ = (
        CheckConstraint("x BETWEEN 0 AND 1 AND y BETWEEN 0 AND 1", "inside"),
        Index(None, "number", unique=True),
    )

    sound_id: Mapped[UUID] = mapped_column(ForeignKey("sounds.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Identity())
    x: Mapped[float]
    y: Mapped[float]
    version: Mapped[int] = mapped_column(ForeignKey("map_layouts.version"))
