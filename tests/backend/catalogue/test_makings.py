"""Variations and mixes as listeners ask for them."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from backend.catalogue import claims, jobs, mixes, variations
from backend.catalogue.errors import IdempotencyConflict, NoSuchSound, SettingOutOfRange
from backend.catalogue.parts import MAKES_A_SOUND
from backend.outbox import TaskName
from backend.tables import Job, QueueName
from tests import rows

KNOBS = {"network": "vae", "seconds": 8.0, "seed": 1, "space": "drift", "loop": True}


def vary(session: Session, sound_id: Any, **facts: Any) -> Job:
    return variations.submit(session, sound_id=sound_id, **({"listener_id": uuid4(), "strength": 0.5} | KNOBS | facts))


def mix(session: Session, first_id: Any, second_id: Any, **facts: Any) -> Job:
    return mixes.submit(
        session, first_id=first_id, second_id=second_id, **({"listener_id": uuid4(), "blend": 0.5} | KNOBS | facts)
    )


def test_a_variation_is_queued_with_its_knobs(session: Session) -> None:
    sound = rows.a_sound(session)
    job = vary(session, sound.id)
    assert (job.task, job.queue) == ("vary_sound", "sound")
    assert job.arguments == {"sound_id": str(sound.id), "strength": 0.5, **KNOBS}


def test_a_mix_is_queued_with_its_knobs(session: Session) -> None:
    first, second = rows.a_sound(session), rows.a_sound(session)
    job = mix(session, first.id, second.id)
    assert (job.task, job.queue) == ("mix_sounds", "sound")
    assert job.arguments == {"first_id": str(first.id), "second_id": str(second.id), "blend": 0.5, **KNOBS}


def test_a_sound_to_be_made_overtakes_recordings_to_be_listened_to(session: Session) -> None:
    rows.a_job(session, task=TaskName.LABEL_SOURCE, queue=QueueName.SOUND)
    first, second = (vary(session, rows.a_sound(session).id) for _ in range(2))
    assert [jobs.position(session, job) for job in (first, second)] == [0, 1]
    assert claims.first_waiting(session, MAKES_A_SOUND) == (first.id, TaskName.VARY_SOUND)


@pytest.mark.parametrize(
    "knob",
    [
        {"network": "wavenet"},
        {"seconds": 0.9},
        {"seconds": 600.1},
        {"seconds": float("nan")},
        {"space": "behind"},
        {"seed": -1},
        {"seed": 2**63},
        {"strength": 1.01},
        {"strength": float("inf")},
    ],
)
def test_a_knob_turned_too_far_is_refused_by_name(session: Session, knob: dict[str, Any]) -> None:
    sound = rows.a_sound(session)
    with pytest.raises(SettingOutOfRange) as refused:
        vary(session, sound.id, **knob)
    assert refused.value.extensions["setting"] == next(iter(knob))


def test_sounds_that_are_not_there_or_not_mine_are_not_used(session: Session) -> None:
    public, private = rows.a_sound(session), rows.a_sound(session, listener_id=rows.a_listener(session))
    for sound_id in (private.id, uuid4()):
        with pytest.raises(NoSuchSound):
            vary(session, sound_id)
        with pytest.raises(NoSuchSound):
            mix(session, public.id, sound_id)
        with pytest.raises(NoSuchSound):
            mix(session, sound_id, public.id)


def test_a_repeated_request_is_one_job(session: Session) -> None:
    sound, listener_id = rows.a_sound(session), uuid4()
    first = vary(session, sound.id, listener_id=listener_id, idempotency_key="once")
    assert vary(session, sound.id, listener_id=listener_id, idempotency_key="once") == first
    with pytest.raises(IdempotencyConflict):
        vary(session, sound.id, listener_id=listener_id, idempotency_key="once", seed=2)
