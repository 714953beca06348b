"""What to hear next: sounds around what a listener likes, some from triggers that they have hardly met, no two alike.

The index of embeddings finds the sounds near each point of a taste; the list is then filled place by place, each with
the sound that is near its point, far from what was skipped and far from what the list has already (maximal marginal
relevance: Carbonell and Goldstein 1998).
"""

import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import numpy as np
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from backend.catalogue import sounds
from backend.catalogue.drafts import is_listed
from backend.catalogue.preferences import Signal, Taste, TastePoint, Vectors, taste
from backend.tables import Favourite, Play, Sound, Trigger

BACKGROUND = "background_other"
MAX_PICKS = 50
N_NEAR = 60
"""Sounds that are looked at around each point."""
EVERY_NTH_IS_NEW = 5
N_BEST = 8
RELEVANCE = 0.7
"""Share of nearness in the choice of the next sound; the rest is difference from the list so far."""
AVERSION = 0.5
FAMILIARITY = 0.3
"""What a sound loses that was played before."""
SOUNDS_PER_SOURCE = 3
ALIKE = 0.35
"""Cosine from which two sounds are called alike: less than for three of four pairs within a trigger."""


class Because(StrEnum):
    """Why a sound is proposed."""

    LIKED = "liked"
    HEARD = "heard"
    NEW = "new"
    START = "start"
    MADE = "made"


@dataclass(frozen=True)
class Pick:
    """A sound and why it is proposed; `liked` is the sound that it is near to, or was made from."""

    sound: Sound
    because: Because
    liked: Sound | None


@dataclass(frozen=True)
class _Candidate:
    sound_id: UUID
    source_id: UUID | None
    trigger: str
    embedding: Vectors
    is_known: bool


@dataclass(frozen=True)
class _Choice:
    candidate: _Candidate
    because: Because
    liked_id: UUID | None = None


def pick(
    session: Session, *, listener_id: UUID, n_sounds: int = 24, without: Collection[UUID] = (), seed: int = 0
) -> list[Pick]:
    """Propose sounds to a listener.

    Args:
        session: The transaction.
        listener_id: Whose taste.
        n_sounds: How many, at most MAX_PICKS; fewer where the catalogue has no more.
        without: Sounds that are not to be among them.
        seed: Same taste, catalogue and seed, same list.

    Returns:
        The list in the order in which it should be heard. Favourites and skipped sounds are not in it.
    """
    learnt = taste(session, listener_id=listener_id)
    n_sounds = max(1, min(n_sounds, MAX_PICKS))
    left_out = set(without) | _hearts(session, listener_id) | {signal.sound_id for signal in learnt.disliked}
    chance = random.Random(f"{listener_id} {seed}")
    if learnt.points:
        chosen = _around(session, learnt, listener_id, n_sounds, left_out, chance)
    else:
        chosen = _start(session, learnt, listener_id, n_sounds, left_out, chance)
    return _loaded(session, chosen, listener_id)


def _around(
    session: Session, learnt: Taste, listener_id: UUID, n_sounds: int, left_out: set[UUID], chance: random.Random
) -> list[_Choice]:
    near = [_near(session, point, listener_id, left_out) for point in learnt.points]
    n_new = n_sounds // EVERY_NTH_IS_NEW
    new = _hardly_met(session, learnt, listener_id, n_new, left_out, chance)
    turns = _turns(learnt.points)
    chosen: list[_Choice] = []
    for place in range(n_sounds):
        if place % EVERY_NTH_IS_NEW == EVERY_NTH_IS_NEW - 1 and new:
            taken = {each.candidate.sound_id for each in chosen}
            if (fresh := new.pop(0)).sound_id not in taken:
                chosen.append(_Choice(fresh, Because.NEW))
                continue
        for turn in _from(turns, place):
            best = _best(near[turn], learnt.points[turn], learnt.disliked, chosen)
            if best is not None:
                chosen.append(best)
                break
    return chosen


def _best(
    candidates: Sequence[_Candidate], point: TastePoint, disliked: Sequence[Signal], chosen: Sequence[_Choice]
) -> _Choice | None:
    taken = {each.candidate.sound_id for each in chosen}
    per_source = Counter(each.candidate.source_id for each in chosen if each.candidate.source_id is not None)
    left = [
        candidate
        for candidate in candidates
        if candidate.sound_id not in taken
        and (candidate.source_id is None or per_source[candidate.source_id] < SOUNDS_PER_SOURCE)
    ]
    if not left:
        return None
    embeddings = np.stack([candidate.embedding for candidate in left])
    relevance = embeddings @ point.embedding
    relevance -= FAMILIARITY * np.array([candidate.is_known for candidate in left])
    if disliked:
        aversion = (embeddings @ np.stack([signal.embedding for signal in disliked]).T).max(axis=1)
        # Only what lies nearer to a skipped sound than to the taste is pushed away, and the farther the more.
        relevance -= AVERSION * np.maximum(0.0, aversion - relevance)
    value = RELEVANCE * relevance
    if chosen:
        listed = np.stack([each.candidate.embedding for each in chosen])
        value -= (1.0 - RELEVANCE) * (embeddings @ listed.T).max(axis=1)
    best = int(value.argmax())
    likeness = np.stack([signal.embedding for signal in point.liked]) @ left[best].embedding
    nearest = point.liked[int(likeness.argmax())]
    if likeness.max() < ALIKE:
        # The nearest that there is in a small catalogue, and yet nothing like it: no reason to claim.
        return _Choice(left[best], Because.NEW)
    return _Choice(left[best], Because.LIKED if nearest.has_heart else Because.HEARD, nearest.sound_id)


def _near(session: Session, point: TastePoint, listener_id: UUID, left_out: set[UUID]) -> list[_Candidate]:
    """Find the sounds around a point by the index, nearest first."""
    session.execute(text("SET LOCAL hnsw.iterative_scan = relaxed_order"))
    is_known = select(Play.sound_id).where(Play.sound_id == Sound.id, Play.listener_id == listener_id).exists()
    liked_triggers = {signal.trigger for signal in point.liked}
    near = (
        select(Sound.id, Sound.source_id, Sound.trigger_slug, Sound.embedding, is_known)
        .where(is_listed(listener_id))
        .order_by(Sound.embedding.cosine_distance(point.embedding))
        .limit(N_NEAR + len(left_out))
    )
    found = [_Candidate(row[0], row[1], row[2], _vector(row[3]), row[4]) for row in session.execute(near)]
    return [
        candidate
        for candidate in found
        if candidate.sound_id not in left_out and (candidate.trigger != BACKGROUND or BACKGROUND in liked_triggers)
    ][:N_NEAR]


def _hardly_met(
    session: Session, learnt: Taste, listener_id: UUID, n_sounds: int, left_out: set[UUID], chance: random.Random
) -> list[_Candidate]:
    """Choose sounds of the triggers that a listener has met least, chance deciding between equals."""
    refused = {signal.trigger for signal in learnt.disliked} - {
        signal.trigger for point in learnt.points for signal in point.liked
    }
    slugs = [slug for slug in session.scalars(select(Trigger.slug)) if slug != BACKGROUND and slug not in refused]
    slugs.sort(key=lambda slug: (learnt.n_met.get(slug, 0), chance.random()))
    found: list[_Candidate] = []
    for slug in slugs:
        if len(found) >= n_sounds:
            break
        if best := _best_of(session, slug, listener_id, left_out):
            found.append(chance.choice(best))
    return found


def _start(
    session: Session, learnt: Taste, listener_id: UUID, n_sounds: int, left_out: set[UUID], chance: random.Random
) -> list[_Choice]:
    """Go round the triggers for somebody of whom nothing is known: what others like most first, the surest sounds."""
    hearts = (
        select(Sound.trigger_slug, func.count())
        .join(Favourite, Favourite.sound_id == Sound.id)
        .group_by(Sound.trigger_slug)
    )
    n_hearts: dict[str, int] = dict(session.execute(hearts).tuples().all())
    refused = {signal.trigger for signal in learnt.disliked}
    slugs = [slug for slug in session.scalars(select(Trigger.slug)) if slug != BACKGROUND]
    slugs.sort(key=lambda slug: (slug in refused, -n_hearts.get(slug, 0), chance.random()))
    best = [_best_of(session, slug, listener_id, left_out) for slug in slugs]
    chosen: list[_Choice] = []
    for place in range(N_BEST):
        chosen += [_Choice(candidates[place], Because.START) for candidates in best if len(candidates) > place]
    return chosen[:n_sounds]


def _best_of(session: Session, slug: str, listener_id: UUID, left_out: set[UUID]) -> list[_Candidate]:
    """List the sounds that a trigger is best known by, the surest first, at most one of each source."""
    surest = (
        select(Sound.id, Sound.source_id, Sound.trigger_slug, Sound.embedding)
        .where(Sound.trigger_slug == slug, is_listed(listener_id))
        .order_by(Sound.confidence.desc(), Sound.id.desc())
        .limit(3 * N_BEST + len(left_out))
    )
    found: dict[UUID, _Candidate] = {}
    for sound_id, source_id, trigger, embedding in session.execute(surest):
        if sound_id not in left_out:
            found.setdefault(
                source_id or sound_id, _Candidate(sound_id, source_id, trigger, _vector(embedding), is_known=False)
            )
    return list(found.values())[:N_BEST]


def _hearts(session: Session, listener_id: UUID) -> set[UUID]:
    return set(session.scalars(select(Favourite.sound_id).where(Favourite.listener_id == listener_id)))


def _turns(points: Sequence[TastePoint]) -> list[int]:
    """Give each point its turns, evenly spread: the root of its share, so that a small love is not drowned."""
    shares = np.sqrt([point.share for point in points])
    shares /= shares.sum()
    credit = np.zeros(len(points))
    turns = []
    for _ in range(MAX_PICKS):
        credit += shares
        turns.append(int(credit.argmax()))
        credit[turns[-1]] -= 1.0
    return turns


def _from(turns: Sequence[int], place: int) -> list[int]:
    """The point whose turn it is, then the others in the order of their next turns."""
    return list(dict.fromkeys([*turns[place:], *turns]))


def _loaded(session: Session, chosen: Sequence[_Choice], listener_id: UUID) -> list[Pick]:
    ids = {each.candidate.sound_id for each in chosen} | {each.liked_id for each in chosen if each.liked_id}
    rows = {
        sound.id: sound
        for sound in session.scalars(
            select(Sound)
            .where(Sound.id.in_(ids))
            .options(*sounds.as_listed(listener_id))
            .execution_options(populate_existing=True)
        )
    }
    return [
        Pick(rows[each.candidate.sound_id], each.because, rows.get(each.liked_id) if each.liked_id else None)
        for each in chosen
    ]


def _vector(embedding: object) -> Vectors:
    return np.asarray(embedding, dtype=np.float32)
