"""Simulated listeners: they like a few triggers, tell nobody, and can only play, skip and give hearts."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalogue import favourites, picks, plays, sounds
from backend.tables import EMBEDDING_WIDTH, Favourite, Listener, Play, Sound, Trigger
from tests import rows

N_ROUNDS = 4
N_IN_LIST = 12
HEART_SHARE = 0.3
SKIP_SHARE = 0.7

Choose = Callable[[Session, UUID, int], list[UUID]]
"""What proposes sounds: to a listener, in a round, so many as N_IN_LIST."""


@dataclass(frozen=True)
class World:
    """A catalogue whose triggers are known. `embeddings` [n_sounds, EMBEDDING_WIDTH], of length 1."""

    ids: list[UUID]
    triggers: list[str]
    embeddings: NDArray[np.float32]


@dataclass(frozen=True)
class Outcome:
    """How a way of proposing did, averaged over its listeners.

    Attributes:
        hit_rate: Share of all places in the lists that held a liked sound not heard before, 0 to 1.
        discovered: Share of the liked triggers that nobody had told of and that were met all the same, 0 to 1.
    """

    hit_rate: float
    discovered: float


def clouds(n_triggers: int, n_each: int, *, seed: int) -> tuple[list[str], NDArray[np.float32]]:
    """Draw embeddings that lie like the classifier's: cosine about 0.5 within a trigger, 0.25 between two."""
    chance = np.random.default_rng(seed)

    def directions(n: int) -> NDArray[np.float64]:
        drawn = chance.normal(size=(n, EMBEDDING_WIDTH))
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))

    common, own = directions(1), directions(n_triggers)
    labels = np.repeat(np.arange(n_triggers), n_each)
    mixed = 0.5 * common + 0.5 * own[labels] + 0.707 * directions(len(labels))
    return [f"trigger {label}" for label in labels], (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype("f4")


def settle(session: Session, labels: list[str], embeddings: NDArray[np.float32]) -> World:
    """Put a world into the catalogue, each label under a slug of the taxonomy."""
    slugs = _slugs(session)
    slug_of = dict(zip(dict.fromkeys(labels), slugs, strict=False))
    ids = []
    chance = random.Random(0)
    for label, embedding in zip(labels, embeddings, strict=True):
        source = rows.a_source(session)
        sound = rows.a_sound(
            session,
            source_id=source.id,
            trigger_slug=slug_of[label],
            embedding=[float(x) for x in embedding],
            confidence=chance.uniform(0.5, 1.0),
        )
        ids.append(sound.id)
    return World(ids, [slug_of[label] for label in labels], embeddings)


def live(session: Session, world: World, choose: Choose, *, n_listeners: int, seed: int = 0) -> Outcome:
    """Let listeners use the catalogue for a while.

    Each likes three triggers, of which two have hearts when they begin: three in one, one in the other.
    """
    trigger_of = dict(zip(world.ids, world.triggers, strict=True))
    all_triggers = sorted(set(world.triggers))
    n_hits, n_met = 0, 0
    for number in range(n_listeners):
        chance = random.Random(f"{seed} {number}")
        first, second, secret = liked = chance.sample(all_triggers, 3)
        listener_id = _somebody(session, choose, number)
        heard: set[UUID] = set()
        for trigger, n_hearts in ((first, 3), (second, 1)):
            own = [sound_id for sound_id in world.ids if trigger_of[sound_id] == trigger]
            for sound_id in chance.sample(own, n_hearts):
                favourites.add(session, sound_id, listener_id=listener_id)
                heard.add(sound_id)
        has_met_secret = False
        for turn in range(N_ROUNDS):
            for sound_id in choose(session, listener_id, turn)[:N_IN_LIST]:
                is_liked = trigger_of[sound_id] in liked
                n_hits += is_liked and sound_id not in heard
                has_met_secret |= trigger_of[sound_id] == secret
                heard.add(sound_id)
                _react(session, sound_id, listener_id, is_liked, chance)
        n_met += has_met_secret
    return Outcome(n_hits / (n_listeners * N_ROUNDS * N_IN_LIST), n_met / n_listeners)


def by_taste(session: Session, listener_id: UUID, turn: int) -> list[UUID]:
    """The platform's own way."""
    found = picks.pick(session, listener_id=listener_id, n_sounds=N_IN_LIST, seed=turn)
    return [each.sound.id for each in found]


def by_chance(session: Session, listener_id: UUID, turn: int) -> list[UUID]:
    """Any sounds that were not heard yet."""
    left = sorted(set(session.scalars(select(Sound.id))) - _known(session, listener_id))
    return random.Random(f"{listener_id} {turn}").sample(left, min(N_IN_LIST, len(left)))


def by_mean(session: Session, listener_id: UUID, turn: int) -> list[UUID]:
    """The sounds nearest to the mean of all hearts."""
    hearts = select(Sound.embedding).join(Favourite, Favourite.sound_id == Sound.id)
    liked = session.scalars(hearts.where(Favourite.listener_id == listener_id)).all()
    return _nearest(session, np.mean(np.stack(liked), axis=0), listener_id)


def by_last(session: Session, listener_id: UUID, turn: int) -> list[UUID]:
    """The sounds nearest to the newest heart: plain "more like this"."""
    newest = session.scalars(
        select(Favourite.sound_id).where(Favourite.listener_id == listener_id).order_by(Favourite.created_at.desc())
    ).first()
    assert newest is not None
    return _nearest(session, sounds.find(session, newest, listener_id=listener_id).embedding, listener_id)


def _somebody(session: Session, choose: Choose, number: int) -> UUID:
    """A listener whose id, by which chance is seeded, is the same in every run."""
    listener = Listener(id=UUID(int=1000 * zlib.crc32(choose.__name__.encode()) + number))
    session.add(listener)
    session.flush()
    return listener.id


def _nearest(session: Session, embedding: NDArray[np.float32], listener_id: UUID) -> list[UUID]:
    known = _known(session, listener_id)
    near = select(Sound.id).order_by(Sound.embedding.cosine_distance(embedding)).limit(N_IN_LIST + len(known))
    return [sound_id for sound_id in session.scalars(near) if sound_id not in known][:N_IN_LIST]


def _known(session: Session, listener_id: UUID) -> set[UUID]:
    hearts = session.scalars(select(Favourite.sound_id).where(Favourite.listener_id == listener_id))
    played = session.scalars(select(Play.sound_id).where(Play.listener_id == listener_id))
    return {*hearts, *played}


def _react(session: Session, sound_id: UUID, listener_id: UUID, is_liked: bool, chance: random.Random) -> None:
    # Sounds of tests last 4 s.
    if is_liked:
        plays.record(session, sound_id, listener_id=listener_id, listened_s=4.0, was_left=False)
        if chance.random() < HEART_SHARE:
            favourites.add(session, sound_id, listener_id=listener_id)
    else:
        listened_s = 0.5 if chance.random() < SKIP_SHARE else 2.5
        plays.record(session, sound_id, listener_id=listener_id, listened_s=listened_s, was_left=True)


def _slugs(session: Session) -> list[str]:
    return [slug for slug in session.scalars(select(Trigger.slug)) if slug != picks.BACKGROUND]
