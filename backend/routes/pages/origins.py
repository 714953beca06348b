"""Where a sound comes from, and the sentence that gives those people credit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from backend.routes.pages.cards import Card
from backend.routes.pages.language import Language, say
from backend.routes.schemas.sounds import SoundSourceBody, address_at
from backend.tables import Sound


@dataclass(frozen=True)
class Origin:
    """Where a found sound comes from; `original_href` is the video's page at the sound's first moment."""

    id: UUID
    title: str | None
    uploader: str | None
    licence: str | None
    original_href: str | None

    @classmethod
    def of(cls, sound: Sound) -> Origin | None:
        """Read a sound's origin off its row, with its source loaded; None for a made sound."""
        if sound.source is None:
            return None
        source = SoundSourceBody.of(sound.source, start_s=sound.start_s)
        return cls(source.id, source.title, source.uploader, source.licence, web_address(source.url))

    def credit(self, language: Language) -> str:
        """Write who made the recording, where it is and what may be done with it, as far as that is known."""
        title = say(language, "credit.title", title=self.title) if self.title else say(language, "source.untitled")
        licence = self.licence or say(language, "credit.no_licence")
        by = say(language, "credit.by", title=title, uploader=self.uploader) if self.uploader else title
        return ". ".join(part for part in (by, licence, self.original_href) if part)


def attribution(card: Card, origin: Origin | None, ancestors: Iterable[Sound], language: Language) -> str | None:
    """Write the text to copy beside a sound that is used elsewhere; None where nobody is to be credited.

    Args:
        card: The sound.
        origin: Where it was found; None for a made sound.
        ancestors: What a made sound goes back to, with their sources loaded.
        language: The reader's.
    """
    if origin is not None:
        place = f" ({card.place})" if card.place else ""
        return say(language, "credit.found", credit=origin.credit(language), place=place)
    origins = {origin.id: origin for origin in map(Origin.of, ancestors) if origin is not None}
    if not origins:
        return None
    credits = " · ".join(each.credit(language) for each in origins.values())
    return say(language, "credit.made", title=card.title, credits=credits)


def web_address(address: str | None, start_s: float | None = None) -> str | None:
    """Return an address that a link may carry: a site's own data never becomes a javascript: link."""
    here = address_at(address, start_s)
    return here if here is not None and here.lower().startswith(("https://", "http://")) else None
