"""The stream: sounds near what a listener likes, for as long as they listen, some of them made while they do.

Each time a player asks for more, at most one sound is asked for ahead. What is made for a stream is an audition under
the listener's own id: a draft, on no list, gone after a day unless it gets a heart.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from backend.catalogue import jobs, listeners, mixes, picks, sounds, variations
from backend.catalogue.errors import JobNotCancellable, TooManyRequests
from backend.catalogue.picks import Because, Pick
from backend.catalogue.preferences import Signal, Taste, taste
from backend.tables import Job, JobState, Listener, Sound

N_SOUNDS = 4
"""Sounds in an answer: about half a minute."""
MAX_AHEAD = 2
"""Sounds that are waiting to be made for one listener."""
MAX_READY = 3
"""Sounds that are made, or waiting to be, and not heard yet."""
MAX_PER_HOUR = 40
MIX_SHARE = 0.25
STRENGTHS = (0.25, 0.55)
BLENDS = (0.3, 0.7)
LENGTHS_S = (8, 16)
SEED_BITS = 32
REPEAT_AFTER = 8
"""A small catalogue begins anew; what was heard last does not come at once."""


@dataclass(frozen=True)
class Batch:
    """What comes next, and how many sounds are being made for later."""

    picks: list[Pick]
    n_in_making: int


def following(session: Session, *, listener_id: UUID, heard: Sequence[UUID], seed: int) -> Batch:
    """Give the next sounds of a listener's stream, and ask for one to be made for later if few are waiting.

    Args:
        session: The transaction.
        listener_id: Whose stream.
        heard: What this stream has given out already, in order.
        seed: Same taste, catalogue, heard sounds and seed, same answer.
    """
    listeners.arrive(session, listener_id)
    # Two pages of one listener that ask at once take turns, so that both together ask for no more than one may.
    session.execute(select(Listener.id).where(Listener.id == listener_id).with_for_update())
    chance = random.Random(f"stream {listener_id} {seed} {len(heard)}")
    ready = _ready(session, listener_id, heard)
    made = ready[:1]
    found = _found(session, listener_id, heard, n_sounds=N_SOUNDS - len(made), seed=seed)
    n_ahead = _n_ahead(session, listener_id)
    if n_ahead < MAX_AHEAD and n_ahead + len(ready) - len(made) < MAX_READY:
        n_ahead += _make_one(session, listener_id, [each.sound for each in found], chance)
    # Not first: whoever has just begun to listen hears a recording.
    return Batch([*found[:1], *made, *found[1:]], n_ahead)


def stop(session: Session, *, listener_id: UUID) -> None:
    """Cancel what is still to be made for a listener's stream."""
    for job in session.scalars(
        select(Job).where(*_is_of_stream(listener_id), Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
    ):
        try:
            jobs.request_cancel(session, job.id, listener_id=listener_id)
        except JobNotCancellable:
            # It ended a moment ago.
            continue


def _found(session: Session, listener_id: UUID, heard: Sequence[UUID], *, n_sounds: int, seed: int) -> list[Pick]:
    rounds: tuple[Collection[UUID], ...] = (heard, heard[-REPEAT_AFTER:], ())
    for without in rounds:
        found = picks.pick(session, listener_id=listener_id, n_sounds=n_sounds, without=without, seed=seed + len(heard))
        if found:
            return found
    return []


def _ready(session: Session, listener_id: UUID, heard: Sequence[UUID]) -> list[Pick]:
    """List what was made for the stream and has not been in it, the oldest first."""
    made = session.scalars(
        select(Sound)
        .join(Job, Job.id == Sound.job_id)
        .where(*_is_of_stream(listener_id), Sound.is_draft, Sound.id.not_in(heard))
        .order_by(Sound.created_at, Sound.id)
        .limit(MAX_READY + 1)
        .options(
            *sounds.as_listed(listener_id),
            joinedload(Sound.first_parent).options(joinedload(Sound.trigger), joinedload(Sound.source)),
        )
        .execution_options(populate_existing=True)
    )
    return [Pick(sound, Because.MADE, sound.first_parent) for sound in made]


def _n_ahead(session: Session, listener_id: UUID) -> int:
    states = Job.state.in_((JobState.QUEUED, JobState.RUNNING))
    return session.scalar(select(func.count()).select_from(Job).where(*_is_of_stream(listener_id), states)) or 0


def _make_one(session: Session, listener_id: UUID, instead: Sequence[Sound], chance: random.Random) -> int:
    """Ask for one more sound near what is liked; return how many were asked for."""
    an_hour_ago = func.clock_timestamp() - timedelta(hours=1)
    lately = select(func.count()).select_from(Job).where(*_is_of_stream(listener_id), Job.created_at > an_hour_ago)
    if (session.scalar(lately) or 0) >= MAX_PER_HOUR:
        return 0
    parents = _parents(taste(session, listener_id=listener_id), instead, chance)
    if not parents:
        return 0
    wanted: dict[str, Any] = {
        "network": "vae",
        "seconds": float(chance.randint(*LENGTHS_S)),
        "seed": chance.getrandbits(SEED_BITS),
        "audition_id": listener_id,
    }
    try:
        if len(parents) == 1:
            strength = round(chance.uniform(*STRENGTHS), 2)
            variations.submit(session, listener_id=listener_id, sound_id=parents[0], strength=strength, **wanted)
        else:
            first, second = parents
            blend = round(chance.uniform(*BLENDS), 2)
            mixes.submit(session, listener_id=listener_id, first_id=first, second_id=second, blend=blend, **wanted)
    except TooManyRequests:
        # The listener has asked for much by hand; that comes first.
        return 0
    return 1


def _parents(learnt: Taste, instead: Sequence[Sound], chance: random.Random) -> list[UUID]:
    """Choose one sound to vary or two to mix, by how well they are liked."""
    liked: list[Signal] = [signal for point in learnt.points for signal in point.liked]
    if not liked:
        return [chance.choice(instead).id] if instead else []
    first = chance.choices(liked, [signal.weight for signal in liked])[0]
    others = [signal for signal in liked if signal.trigger != first.trigger]
    if others and chance.random() < MIX_SHARE:
        second = chance.choices(others, [signal.weight for signal in others])[0]
        return [first.sound_id, second.sound_id]
    return [first.sound_id]


def _is_of_stream(listener_id: UUID) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (Job.listener_id == listener_id, Job.audition_id == listener_id)
