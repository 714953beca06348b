"""Sounds as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from backend.routes.schemas.triggers import TriggerNameBody
from backend.tables import Deed, Sound, SoundKind, Source, SourceKind

API_PREFIX = "/api/v1"


class SoundSourceBody(BaseModel):
    """Where a found sound comes from."""

    id: UUID
    kind: SourceKind
    title: str | None
    uploader: str | None
    licence: str | None
    webpage_url: str | None
    url: str | None = Field(description="The video's page at the moment where the sound begins.")

    @classmethod
    def of(cls, source: Source, *, start_s: float | None) -> SoundSourceBody:
        """Read off a source what is told with each of its sounds."""
        return cls(
            id=source.id,
            kind=source.kind,
            title=source.title,
            uploader=source.uploader,
            licence=source.licence,
            webpage_url=source.webpage_url,
            url=address_at(source.webpage_url, start_s),
        )


class SoundBody(BaseModel):
    """Anything a listener can play."""

    id: UUID
    kind: SoundKind
    deed: Deed | None = Field(description="What made it; null for a found sound.")
    title: str | None
    trigger: TriggerNameBody
    confidence: float = Field(ge=0, le=1)
    duration_s: float
    start_s: float | None = Field(description="Where it begins in its source, in seconds.")
    end_s: float | None
    source: SoundSourceBody | None
    parents: list[UUID] = Field(description="The sounds that it was made from, as far as they still exist.")
    network: str | None
    weights_version: str | None
    seed: int | None
    settings: dict[str, Any] | None
    play_gain_db: float = Field(description="Gain by which a player brings it to the common loudness.")
    loudness_lufs: float | None
    is_synthetic: bool = Field(description="Whether it was synthesised for demonstration.")
    is_mine: bool
    created_at: datetime
    audio_url: str
    waveform_url: str
    mel_url: str | None

    @classmethod
    def of(cls, sound: Sound, *, listener_id: UUID) -> SoundBody:
        """Read a sound off its row.

        Args:
            sound: The row, with its trigger and source loaded.
            listener_id: Who asks.
        """
        here = f"{API_PREFIX}/sounds/{sound.id}"
        return cls(
            id=sound.id,
            kind=sound.kind,
            deed=sound.deed,
            title=sound.title,
            trigger=TriggerNameBody.of(sound.trigger),
            confidence=sound.confidence,
            duration_s=sound.duration_s,
            start_s=sound.start_s,
            end_s=sound.end_s,
            source=SoundSourceBody.of(sound.source, start_s=sound.start_s) if sound.source else None,
            parents=[parent for parent in (sound.first_parent_id, sound.second_parent_id) if parent is not None],
            network=sound.network,
            weights_version=sound.weights_version,
            seed=sound.seed,
            settings=sound.settings,
            play_gain_db=sound.play_gain_db,
            loudness_lufs=sound.loudness_lufs,
            is_synthetic=sound.is_synthetic,
            is_mine=sound.listener_id == listener_id,
            created_at=sound.created_at,
            audio_url=f"{here}/audio",
            waveform_url=f"{here}/waveform",
            mel_url=f"{here}/mel.png" if sound.mel_key else None,
        )


class SimilarSoundBody(SoundBody):
    """A sound and how near it lies to the one that was asked about."""

    similarity: float = Field(description="Cosine of the two embeddings, -1 to 1.")


class SoundPage(BaseModel):
    """Some sounds, and where the next ones begin."""

    items: list[SoundBody]
    next_cursor: str | None


class SimilarSounds(BaseModel):
    """Sounds near another one, nearest first."""

    items: list[SimilarSoundBody]


class WaveformBody(BaseModel):
    """A sound's outline."""

    duration_s: float
    peaks: list[float] = Field(description="Greatest |x| of each of equally long stretches, 0 to 1.")


def address_at(webpage_url: str | None, start_s: float | None) -> str | None:
    """Return the address of a video's page at one of its moments.

    Args:
        webpage_url: The page; None for an upload.
        start_s: The moment, in seconds from the beginning.

    Returns:
        The page with the moment in the spelling of its site, else as a media fragment (W3C).
    """
    if webpage_url is None or not start_s:
        return webpage_url
    seconds = int(start_s)
    if "youtube.com/watch" in webpage_url:
        return f"{webpage_url}&t={seconds}s"
    return f"{webpage_url.partition('#')[0]}#t={seconds}"
