"""A sound's family: what it was made from, generation by generation, and what was made from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.catalogue.drafts import is_listed
from backend.catalogue.sounds import as_listed
from backend.catalogue.sources import is_visible
from backend.tables import Deed, Sound

MAX_GENERATIONS = 4
MAX_CHILDREN = 24
N_PARENTS = {None: 0, Deed.VARIATION: 1, Deed.MIX: 2}


@dataclass(frozen=True)
class Generation:
    """The parents of some sounds, as far as the asker may see them; `n_lost` of them were deleted or are private."""

    parents: list[Sound]
    n_lost: int


def ancestors(session: Session, sound: Sound, *, listener_id: UUID | None) -> list[Generation]:
    """List the generations before a sound, its parents first, at most MAX_GENERATIONS."""
    generations: list[Generation] = []
    known = {sound.id}
    youngest: Sequence[Sound] = [sound]
    while youngest and len(generations) < MAX_GENERATIONS:
        n_parents = sum(N_PARENTS[each.deed] for each in youngest)
        wanted = [
            parent_id for each in youngest for parent_id in (each.first_parent_id, each.second_parent_id) if parent_id
        ]
        if n_parents == 0:
            break
        rows = session.scalars(
            select(Sound)
            .where(Sound.id.in_(wanted), is_visible(Sound.listener_id, listener_id))
            .options(*as_listed(listener_id))
        )
        found = {parent.id: parent for parent in rows}
        # In the order of the mix, first tray first; one that is on the tree already is drawn once.
        parents = [found[parent_id] for parent_id in dict.fromkeys(wanted) if parent_id in found]
        n_lost = n_parents - sum(parent_id in found for parent_id in wanted)
        youngest = [parent for parent in parents if parent.id not in known]
        known |= found.keys()
        generations.append(Generation(youngest, n_lost))
    return generations


def children(session: Session, sound_id: UUID, *, listener_id: UUID | None) -> list[Sound]:
    """List what this listener may hear of what was made from a sound, the newest first, at most MAX_CHILDREN."""
    return list(
        session.scalars(
            select(Sound)
            .where(or_(Sound.first_parent_id == sound_id, Sound.second_parent_id == sound_id), is_listed(listener_id))
            .options(*as_listed(listener_id))
            .order_by(Sound.created_at.desc(), Sound.id.desc())
            .limit(MAX_CHILDREN)
        )
    )
