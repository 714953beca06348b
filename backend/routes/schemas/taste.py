"""What a listener likes, has heard and has said, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.catalogue.picks import Because, Pick
from backend.routes.schemas.sounds import SoundBody
from backend.tables import Correction, Sound

MAX_HEARD = 200


class PlayBody(BaseModel):
    """What a player tells when a sound ends or is left."""

    model_config = ConfigDict(extra="forbid")

    sound_id: UUID
    listened_s: float = Field(ge=0, allow_inf_nan=False, description="How long it was heard, repetitions included.")
    how: Literal["ended", "skipped", "stopped"] = Field(
        description="Whether it ended, was left for another sound, or went with the page."
    )


class PlayedBody(SoundBody):
    """A sound that the caller has played."""

    last_played_at: datetime
    n_plays: int
    listened_s: float = Field(description="How long it was heard in all.")


class PlayedPage(BaseModel):
    """Some of what the caller has played, and where the rest begins."""

    items: list[PlayedBody]
    next_cursor: str | None


class CorrectionWish(BaseModel):
    """What a listener says a sound is."""

    model_config = ConfigDict(extra="forbid")

    sound_id: UUID
    trigger: str | None = Field(description="Slug of the right trigger; null for none of these.")


class CorrectionBody(BaseModel):
    """What a listener has said a sound is."""

    sound_id: UUID
    trigger: str | None = Field(description="Slug of the trigger; null for none of these.")
    said_at: datetime

    @classmethod
    def of(cls, correction: Correction) -> CorrectionBody:
        """Read a correction off its row."""
        return cls(sound_id=correction.sound_id, trigger=correction.trigger_slug, said_at=correction.said_at)


class CorrectionPage(BaseModel):
    """Some of what the caller has said, and where the rest begins."""

    items: list[CorrectionBody]
    next_cursor: str | None


class LikedBody(BaseModel):
    """A liked sound that a proposed one is near to, or was made from."""

    id: UUID
    title: str | None
    trigger: str


class PickBody(SoundBody):
    """A proposed sound and why it is proposed."""

    because: Because = Field(
        description="liked: near a favourite; heard: near a sound that was listened to; new: unlike those; "
        "start: nothing is known yet; made: made for this stream."
    )
    liked: LikedBody | None

    @classmethod
    def from_pick(cls, pick: Pick, *, listener_id: UUID) -> PickBody:
        """Read a proposal off what the catalogue found."""
        liked = pick.liked
        return cls(
            **dict(SoundBody.of(pick.sound, listener_id=listener_id)),
            because=pick.because,
            liked=LikedBody(id=liked.id, title=title_of(liked), trigger=liked.trigger_slug) if liked else None,
        )


class PickList(BaseModel):
    """Sounds in the order in which they should be heard."""

    items: list[PickBody]


class StreamWish(BaseModel):
    """What a stream has given out already."""

    model_config = ConfigDict(extra="forbid")

    heard: Annotated[list[UUID], Field(max_length=MAX_HEARD)] = Field(
        default=[], description="Ids of the sounds that this stream has given out, in order; the last ones are enough."
    )


class StreamBody(PickList):
    """The next sounds of a stream."""

    n_in_making: int = Field(description="Sounds that are being made for later.")


class PreferencesWish(BaseModel):
    """What a listener wants done with what they play."""

    model_config = ConfigDict(extra="forbid")

    is_remembered: bool = Field(description="Whether what is played is remembered from now on.")


class HeartBody(BaseModel):
    """A favourite, in the export."""

    sound_id: UUID
    trigger: str
    title: str | None
    created_at: datetime


class PlayedSumBody(BaseModel):
    """What is remembered of the plays of one sound, in the export."""

    sound_id: UUID
    n_plays: int
    n_skips: int
    listened_s: float
    last_played_at: datetime


class TastePointBody(BaseModel):
    """A place that liked sounds gather around."""

    share: float = Field(ge=0, le=1, description="Of all that is liked.")
    liked: list[UUID] = Field(description="The sounds around it, the best liked first.")
    triggers: list[str]


class PreferencesBody(BaseModel):
    """All that is known of the caller's taste: what they did, and what was learnt from it."""

    is_remembered: bool
    favourites: list[HeartBody]
    plays: list[PlayedSumBody]
    corrections: list[CorrectionBody]
    taste: list[TastePointBody]


def title_of(sound: Sound) -> str | None:
    """Return a sound's own title, else its source's."""
    return sound.title or (sound.source.title if sound.source is not None else None)
