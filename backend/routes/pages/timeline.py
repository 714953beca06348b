"""A source's timeline: stretches coloured by trigger, playable once they are sounds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from backend.catalogue import sounds, triggers
from backend.catalogue.cursors import MAX_LIMIT
from backend.catalogue.sounds import Filters
from backend.routes.pages.axes import moments
from backend.routes.pages.cards import Card
from backend.routes.pages.language import Language, say, trigger_name
from backend.routes.pages.showing import clock
from backend.tables import Sound, Source, Stretch

# A four-hour recording cut at every minute stays below this.
N_SOUNDS_DRAWN = 600
N_GUESSES = 4


@dataclass(frozen=True)
class StretchView:
    """A stretch of the timeline; `card` is the sound that it became."""

    start_s: float
    end_s: float
    trigger_slug: str
    words: str
    card: Card | None


@dataclass(frozen=True)
class LegendEntry:
    """A trigger that occurs in the timeline."""

    slug: str
    name: str


@dataclass(frozen=True)
class Guess:
    """What parts of a source without sounds were taken for, `seconds` in all; `confidence` is their mean."""

    slug: str
    name: str
    seconds: float
    confidence: float


@dataclass(frozen=True)
class Mark:
    """A moment written below the timeline; `percent` from the left."""

    label: str
    percent: float


@dataclass(frozen=True)
class Timeline:
    """What is drawn: stretches in order of time over the source's whole length."""

    duration_s: float
    stretches: list[StretchView]
    marks: list[Mark]
    legend: list[LegendEntry]
    guesses: list[Guess]


def found_sounds(session: Session, source_id: UUID, *, listener_id: UUID) -> list[Sound]:
    """List the sounds found in a source in order of time, at most N_SOUNDS_DRAWN."""
    found: list[Sound] = []
    cursor: str | None = None
    while len(found) < N_SOUNDS_DRAWN:
        page = sounds.search(
            session,
            Filters(source=source_id),
            listener_id=listener_id,
            sort="oldest",
            cursor=cursor,
            limit=MAX_LIMIT,
        )
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return sorted(found, key=lambda sound: sound.start_s or 0.0)


def read_timeline(
    session: Session,
    source: Source,
    found: list[Sound],
    cards: list[Card],
    *,
    language: Language,
    listener_id: UUID,
) -> Timeline:
    """Lay out a source's timeline: its sounds where they are known, else the stretches heard so far.

    Args:
        session: The transaction.
        source: The row.
        found: Its sounds in order of time.
        cards: The same sounds as cards.
        language: The reader's.
        listener_id: Who asks.
    """
    names = {
        each.trigger.slug: trigger_name(language, each.trigger)
        for each in triggers.counts(session, listener_id=listener_id)
    }

    def view(start_s: float, end_s: float, slug: str, card: Card | None) -> StretchView:
        words = say(language, "source.stretch", trigger=names.get(slug, slug), start=clock(start_s), end=clock(end_s))
        return StretchView(round(start_s, 2), round(end_s, 2), slug, words, card)

    if found:
        stretches = [
            view(sound.start_s or 0.0, sound.end_s or 0.0, sound.trigger_slug, card)
            for sound, card in zip(found, cards, strict=True)
        ]
    else:
        stretches = [
            view(stretch["start_s"], stretch["end_s"], stretch["trigger"], None) for stretch in source.timeline
        ]
    last_s = max((stretch.end_s for stretch in stretches), default=0.0)
    duration_s = max(source.duration_s or 0.0, last_s, 1.0)
    return Timeline(
        duration_s=round(duration_s, 2),
        stretches=stretches,
        marks=[Mark(clock(moment), round(100 * moment / duration_s, 2)) for moment in moments(duration_s)],
        legend=[LegendEntry(slug, names.get(slug, slug)) for slug in dict.fromkeys(s.trigger_slug for s in stretches)],
        guesses=[] if found else _guesses(source.timeline, names),
    )


def _guesses(timeline: list[Stretch], names: dict[str, str]) -> list[Guess]:
    """Sum a timeline up, what weighs most (length times confidence) first."""
    seconds: dict[str, float] = defaultdict(float)
    weight: dict[str, float] = defaultdict(float)
    for stretch in timeline:
        length_s = stretch["end_s"] - stretch["start_s"]
        seconds[stretch["trigger"]] += length_s
        weight[stretch["trigger"]] += length_s * stretch["confidence"]
    heaviest = sorted((slug for slug in weight if seconds[slug] > 0.0), key=lambda slug: -weight[slug])
    return [
        Guess(slug, names.get(slug, slug), seconds[slug], weight[slug] / seconds[slug]) for slug in heaviest[:N_GUESSES]
    ]
