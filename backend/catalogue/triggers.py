"""The taxonomy with what there is to hear of it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from backend.catalogue.drafts import is_listed
from backend.catalogue.errors import NoSuchTrigger
from backend.tables import Sound, Trigger


@dataclass(frozen=True)
class TriggerCount:
    """A trigger and how many sounds a listener can hear of it."""

    trigger: Trigger
    n_sounds: int


def find(session: Session, slug: str) -> Trigger:
    """Find a trigger by its slug.

    Raises:
        NoSuchTrigger: if there is none.
    """
    trigger = session.get(Trigger, slug)
    if trigger is None:
        raise NoSuchTrigger(trigger=slug)
    return trigger


def counts(session: Session, *, listener_id: UUID | None) -> list[TriggerCount]:
    """List all triggers in their order, each with the number of sounds that are public or this listener's."""
    rows = session.execute(
        select(Trigger, func.count(Sound.id))
        .outerjoin(Sound, and_(Sound.trigger_slug == Trigger.slug, is_listed(listener_id)))
        .group_by(Trigger.slug)
        .order_by(Trigger.ordinal)
    )
    return [TriggerCount(trigger, n_sounds) for trigger, n_sounds in rows]
