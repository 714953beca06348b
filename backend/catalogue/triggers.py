"""The taxonomy with what there is to hear of it."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from sqlalchemy import func, inspect, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.catalogue.errors import NoSuchTrigger
from backend.database import settings_of
from backend.tables import Sound, Trigger


@dataclass(frozen=True)
class TriggerCount:
    """A trigger and how many sounds a listener can hear of it."""

    trigger: Trigger
    n_sounds: int


@dataclass(frozen=True)
class _Census:
    """The triggers in their order and the public sounds of each, as they were at `taken_s` of the monotonic clock."""

    triggers: list[Trigger]
    n_public: Counter[str]
    taken_s: float


# By database: counting a hundred thousand sounds for every page would take longer than everything else on it.
_censuses: dict[str, _Census] = {}
_counting = Lock()


def find(session: Session, slug: str) -> Trigger:
    """Find a trigger by its slug.

    Raises:
        NoSuchTrigger: if there is none.
    """
    trigger = session.get(Trigger, slug)
    if trigger is None:
        raise NoSuchTrigger(trigger=slug)
    return trigger


def named(session: Session, word: str) -> list[str]:
    """List the slugs of the triggers with a word in their slug, a name or an alias, in English or Korean."""
    wanted = word.lower()
    return [
        trigger.slug
        for trigger in _census(session).triggers
        if any(wanted in name.lower() for name in (trigger.slug, trigger.name_en, trigger.name_ko, *trigger.aliases))
    ]


def counts(session: Session, *, listener_id: UUID | None) -> list[TriggerCount]:
    """List all triggers in their order, each with the number of sounds that are public or this listener's.

    The public ones are counted once in `Settings.counts_kept_s`, a listener's own each time.
    """
    census = _census(session)
    n_sounds = census.n_public
    if listener_id is not None:
        n_sounds = n_sounds + _count(session, listener_id)
    return [TriggerCount(trigger, n_sounds[trigger.slug]) for trigger in census.triggers]


def admit(session: Session, slugs: Iterable[str]) -> None:
    """See to it that each of these labels is a trigger: one that only the classifier knows yet is called by its slug.

    A sound must not be lost because the taxonomy has not caught up; the next migration that names it gives it words.
    """
    known = set(session.scalars(select(Trigger.slug)))
    strangers = sorted(set(slugs) - known)
    if not strangers:
        return
    # Places are unique: two workers must not give out the same one.
    session.execute(text("LOCK TABLE triggers IN SHARE ROW EXCLUSIVE MODE"))
    for slug in strangers:
        name = slug.replace("_", " ").capitalize()
        last = session.scalar(select(func.max(Trigger.ordinal)))
        place = 0 if last is None else last + 1
        session.execute(
            insert(Trigger).values(slug=slug, name_en=name, name_ko=name, ordinal=place).on_conflict_do_nothing()
        )


def _census(session: Session) -> _Census:
    settings = settings_of(session)
    if settings.counts_kept_s == 0:
        return _take_census(session)
    known = _censuses.get(settings.database_url)
    if known is not None and time.monotonic() - known.taken_s < settings.counts_kept_s:
        return known
    # One counts; the others go on with what was true a moment ago.
    if not _counting.acquire(blocking=known is None) and known is not None:
        return known
    try:
        fresh = _censuses[settings.database_url] = _take_census(session)
    finally:
        _counting.release()
    return fresh


def _take_census(session: Session) -> _Census:
    columns = inspect(Trigger).columns
    rows = session.execute(select(*columns).order_by(Trigger.ordinal)).mappings()
    # Bound to no session, as these outlive it.
    return _Census([Trigger(**row) for row in rows], _count(session, None), time.monotonic())


def _count(session: Session, listener_id: UUID | None) -> Counter[str]:
    rows = session.execute(
        select(Sound.trigger_slug, func.count())
        .where(Sound.listener_id == listener_id, Sound.is_draft.is_(False))
        .group_by(Sound.trigger_slug)
    )
    return Counter(dict(rows.tuples().all()))
