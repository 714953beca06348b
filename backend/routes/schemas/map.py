"""Points of the map as JSON."""

from __future__ import annotations

from pydantic import BaseModel, Field

from backend.routes.schemas.sounds import SoundBody


class MapSoundBody(SoundBody):
    """A sound and the number of its point."""

    number: int = Field(description="What the points of the map are numbered by.")


class MapSounds(BaseModel):
    """The sounds of some points, in the order in which they were asked for; those that are gone are left out."""

    items: list[MapSoundBody]
