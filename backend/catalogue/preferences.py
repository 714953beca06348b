"""What a listener likes, learnt from their hearts, what they listened to and what they skipped.

A taste is no average: who likes rain and slime likes nothing halfway between them. What is liked is gathered around a
few points of the classifier's embedding space, each with the liked sounds that it stands for.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Float, and_, cast, delete, func, select, union
from sqlalchemy.orm import Session

from backend.catalogue import plays
from backend.catalogue.sources import is_visible
from backend.tables import Favourite, Play, Sound

Vectors = NDArray[np.float32]

MAX_SIGNALS = 300
"""Most hearts, and most plays, that a taste is learnt from: the newest."""
DAY_S = 24 * 3600.0

HEART_WEIGHT = 2.0
HEART_HALF_LIFE_S = 90 * DAY_S
HEARD_WEIGHT = 0.6
HEARD_TIMES_AT_MOST = 7.0
"""A sound that loops all night counts no more than one heard so often."""
HEARD_HALF_LIFE_S = 30 * DAY_S
SKIP_WEIGHT = 0.7
SKIPS_AT_MOST = 3
SKIP_HALF_LIFE_S = 14 * DAY_S
LIKED_FROM = 0.1
"""Less than this, plus or minus, says nothing."""

MAX_POINTS = 5
SPREAD = 0.45
"""Cosine distance from every point so far at which a liked sound begins a point of its own."""
N_ROUNDS = 6


@dataclass(frozen=True)
class Signal:
    """What a listener's deeds say of one sound: liked above zero, disliked below. `embedding` is of length 1. [256]."""

    sound_id: UUID
    trigger: str
    weight: float
    embedding: Vectors
    has_heart: bool = True


@dataclass(frozen=True)
class TastePoint:
    """A place that a listener's liked sounds gather around.

    Attributes:
        embedding: The place, of length 1. [256]
        share: Of all that is liked, 0 to 1.
        liked: The sounds around it, the best liked first.
    """

    embedding: Vectors
    share: float
    liked: list[Signal]


@dataclass(frozen=True)
class Taste:
    """What a listener likes, what they do not, and how often they met each trigger."""

    points: list[TastePoint]
    disliked: list[Signal]
    n_met: dict[str, int]


def taste(session: Session, *, listener_id: UUID) -> Taste:
    """Learn a listener's taste from what is remembered of them."""
    found = signals(session, listener_id=listener_id)
    n_met: dict[str, int] = {}
    for signal in found:
        n_met[signal.trigger] = n_met.get(signal.trigger, 0) + 1
    liked = [signal for signal in found if signal.weight >= LIKED_FROM]
    disliked = [signal for signal in found if signal.weight <= -LIKED_FROM]
    return Taste(taste_points(liked), disliked, n_met)


def signals(session: Session, *, listener_id: UUID) -> list[Signal]:
    """List what a listener's hearts and plays say, in no special order."""
    hearts = (
        select(Favourite.sound_id)
        .where(Favourite.listener_id == listener_id)
        .order_by(Favourite.created_at.desc())
        .limit(MAX_SIGNALS)
    )
    played = (
        select(Play.sound_id)
        .where(Play.listener_id == listener_id)
        .order_by(Play.last_played_at.desc())
        .limit(MAX_SIGNALS)
    )
    met = union(hearts.subquery().select(), played.subquery().select()).subquery()
    rows = session.execute(
        select(
            Sound.id,
            Sound.trigger_slug,
            Sound.embedding,
            Sound.duration_s,
            _age_s(Favourite.created_at),
            _age_s(Play.last_played_at),
            Play.n_skips,
            Play.listened_s,
        )
        .join(met, met.c.sound_id == Sound.id)
        .outerjoin(Favourite, and_(Favourite.sound_id == Sound.id, Favourite.listener_id == listener_id))
        .outerjoin(Play, and_(Play.sound_id == Sound.id, Play.listener_id == listener_id))
        .where(is_visible(Sound.listener_id, listener_id))
    )
    return [
        Signal(
            sound_id,
            trigger,
            weight_of(duration_s, heart_age_s, play_age_s, n_skips, listened_s),
            np.asarray(embedding, dtype=np.float32),
            has_heart=heart_age_s is not None,
        )
        for sound_id, trigger, embedding, duration_s, heart_age_s, play_age_s, n_skips, listened_s in rows
    ]


def weight_of(
    duration_s: float,
    heart_age_s: float | None,
    play_age_s: float | None,
    n_skips: int | None,
    listened_s: float | None,
) -> float:
    """Weigh what a listener did with one sound: hearts and listening for it, skips against it, old deeds less.

    Args:
        duration_s: Of the sound (s).
        heart_age_s: How long ago it got a heart (s); None for none.
        play_age_s: How long ago it was played last (s); None for never.
        n_skips: How often it was left in its first moments.
        listened_s: How long it was heard in all (s).

    Returns:
        Above zero for a liked sound, below for a disliked one.
    """
    weight = 0.0
    if heart_age_s is not None:
        weight += HEART_WEIGHT * _fade(heart_age_s, HEART_HALF_LIFE_S)
    if play_age_s is not None:
        n_times = min((listened_s or 0.0) / duration_s, HEARD_TIMES_AT_MOST)
        weight += HEARD_WEIGHT * float(np.log2(1.0 + n_times)) * _fade(play_age_s, HEARD_HALF_LIFE_S)
        weight -= SKIP_WEIGHT * min(n_skips or 0, SKIPS_AT_MOST) * _fade(play_age_s, SKIP_HALF_LIFE_S)
    return weight


def taste_points(liked: list[Signal]) -> list[TastePoint]:
    """Gather liked sounds around a few points: weighted k-means by angle, begun from the farthest ones.

    Args:
        liked: Sounds with weights above zero.

    Returns:
        At most MAX_POINTS points, the weightiest first; none for no sounds.
    """
    if not liked:
        return []
    embeddings = np.stack([signal.embedding for signal in liked])
    weights = np.array([signal.weight for signal in liked], dtype=np.float32)
    points = _farthest(embeddings, weights)
    nearest = np.zeros(len(liked), dtype=np.int64)
    for _ in range(N_ROUNDS):
        nearest = (embeddings @ points.T).argmax(axis=1)
        sums = np.stack([(weights[:, None] * embeddings)[nearest == point].sum(axis=0) for point in range(len(points))])
        points = np.where(np.any(sums, axis=1)[:, None], _unit(sums), points)
    shares = [float(weights[nearest == point].sum() / weights.sum()) for point in range(len(points))]
    return [
        TastePoint(
            points[point],
            shares[point],
            sorted(
                (signal for signal, place in zip(liked, nearest, strict=True) if place == point),
                key=lambda signal: (-signal.weight, signal.sound_id),
            ),
        )
        for point in sorted(range(len(points)), key=lambda point: -shares[point])
        if shares[point] > 0.0
    ]


def forget(session: Session, *, listener_id: UUID, hearts_too: bool = False) -> None:
    """Forget what a taste was learnt from.

    Args:
        session: The transaction.
        listener_id: Whose.
        hearts_too: Whether the favourites go as well.
    """
    plays.forget(session, listener_id=listener_id)
    if hearts_too:
        session.execute(delete(Favourite).where(Favourite.listener_id == listener_id))


def _farthest(embeddings: Vectors, weights: NDArray[np.float32]) -> Vectors:
    chosen = [int(weights.argmax())]
    while len(chosen) < MAX_POINTS:
        distances = 1.0 - (embeddings @ embeddings[chosen].T).max(axis=1)
        far = np.where(distances >= SPREAD, distances * np.sqrt(weights), 0.0)
        if not far.any():
            break
        chosen.append(int(far.argmax()))
    return embeddings[chosen]


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit


def _fade(age_s: float, half_life_s: float) -> float:
    return float(0.5 ** (max(0.0, age_s) / half_life_s))


def _age_s(moment: Any) -> Any:
    return cast(func.extract("epoch", func.clock_timestamp() - moment), Float)
