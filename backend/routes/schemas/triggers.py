"""Triggers as JSON."""

from __future__ import annotations

from pydantic import BaseModel, Field

from backend.tables import Trigger


class TriggerNameBody(BaseModel):
    """A label of the taxonomy in both languages."""

    slug: str = Field(examples=["nail_tapping"])
    name_en: str
    name_ko: str

    @classmethod
    def of(cls, trigger: Trigger) -> TriggerNameBody:
        """Read a trigger off its row."""
        return cls(slug=trigger.slug, name_en=trigger.name_en, name_ko=trigger.name_ko)


class TriggerBody(TriggerNameBody):
    """A label of the taxonomy and how many sounds the caller can hear of it."""

    description_en: str
    description_ko: str
    aliases: list[str] = Field(description="Further words that it is searched by, in both languages.")
    n_sounds: int = Field(ge=0)
