"""The map: drawn whole and at once, never by two, and what is new lies near its neighbours meanwhile."""

import numpy as np
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.catalogue import claims
from backend.catalogue import map as catalogue_map
from backend.catalogue.claims import Claim
from backend.catalogue.errors import AdminOnly
from backend.outbox import TaskName
from backend.tables import Job, JobState, MapLayout, MapPoint, Sound
from tests.rows import a_claim, a_listener, a_sound, an_embedding

FAULT = {"type": "/problems/internal", "title": "x", "detail": "x."}


def drawn(session: Session, sounds: list[Sound]) -> MapLayout:
    """Record a drawing in which each sound lies a step to the right of the one before."""
    job = catalogue_map.draw_anew(session, is_admin=True)
    steps = np.linspace(0, 1, len(sounds)).tolist()
    return catalogue_map.record_layout(
        session, a_claim(session, job), [sound.id for sound in sounds], steps, [0.25] * len(sounds), took_s=1.0
    )


def place_of(session: Session, sound: Sound) -> tuple[float, float]:
    point = session.get_one(MapPoint, sound.id, populate_existing=True)
    return point.x, point.y


def fail(session: Session, job: Job) -> Claim:
    claim = a_claim(session, job)
    claims.fail(session, claim, dict(FAULT))
    return claim


def test_a_drawing_places_every_sound_and_ends_its_job(session: Session) -> None:
    sounds = [a_sound(session) for _ in range(3)]
    layout = drawn(session, sounds)
    assert place_of(session, sounds[2]) == (1.0, 0.25)
    assert session.scalars(select(Job.state).where(Job.task == TaskName.LAY_OUT_MAP)).one() is JobState.DONE
    again = drawn(session, sounds[::-1])
    assert place_of(session, sounds[2]) == (0.0, 0.25)
    assert again.version > layout.version


def test_a_sound_deleted_while_the_map_is_drawn_is_left_out(session: Session) -> None:
    sounds = [a_sound(session) for _ in range(3)]
    session.delete(sounds[0])
    session.flush()
    drawn(session, sounds)
    assert session.query(MapPoint).count() == 2


def test_only_one_drawing_is_asked_for_at_a_time(session: Session) -> None:
    first = catalogue_map.draw_anew(session, is_admin=True)
    assert catalogue_map.draw_anew(session, is_admin=True).id == first.id
    a_claim(session, first)
    assert catalogue_map.draw_anew(session, is_admin=True).id == first.id
    assert catalogue_map.draw_if_due(session) is None


def test_only_the_operator_has_the_map_drawn(session: Session) -> None:
    with pytest.raises(AdminOnly):
        catalogue_map.draw_anew(session, is_admin=False)


def test_a_drawing_is_due_when_the_catalogue_has_grown_by_a_tenth(session: Session) -> None:
    assert catalogue_map.draw_if_due(session) is None
    sounds = [a_sound(session) for _ in range(20)]
    first = catalogue_map.draw_if_due(session)
    assert first is not None
    catalogue_map.record_layout(
        session, a_claim(session, first), [each.id for each in sounds], [0.5] * 20, [0.5] * 20, took_s=1
    )
    a_sound(session)
    assert catalogue_map.draw_if_due(session) is None
    a_sound(session)
    assert catalogue_map.draw_if_due(session) is not None


def test_a_drawing_that_failed_is_not_tried_at_once(session: Session) -> None:
    for _ in range(3):
        a_sound(session)
    job = catalogue_map.draw_if_due(session)
    assert job is not None
    fail(session, job)
    assert catalogue_map.draw_if_due(session) is None
    long_ago = claims._clock() - claims._interval(2 * catalogue_map.PAUSE_AFTER_FAILURE_S)
    session.execute(update(Job).where(Job.id == job.id).values(finished_at=long_ago))
    session.expire_all()
    assert catalogue_map.draw_if_due(session) is not None


def test_a_new_sound_lies_near_what_it_is_most_like(session: Session) -> None:
    sounds = [a_sound(session, near=seed) for seed in range(10)]
    drawn(session, sounds)
    like = np.asarray(an_embedding(9)) + 0.01 * np.asarray(an_embedding(77))
    new = a_sound(session, embedding=(like / np.linalg.norm(like)).tolist())
    assert catalogue_map.place(session, [new.id]) == 1
    x, y = place_of(session, new)
    assert abs(x - 1.0) < 0.2
    assert abs(y - 0.25) < 0.1
    assert catalogue_map.place(session) == 0


def test_before_the_first_drawing_nothing_is_placed(session: Session) -> None:
    a_sound(session)
    assert catalogue_map.place(session) == 0


def test_each_sees_the_public_points_and_their_own(session: Session) -> None:
    mine, theirs = a_listener(session), a_listener(session)
    sounds = [a_sound(session), a_sound(session, listener_id=mine), a_sound(session, listener_id=theirs)]
    drawn(session, sounds)
    assert catalogue_map.drawing(session, listener_id=None).n_points == 1
    assert catalogue_map.drawing(session, listener_id=mine).n_points == 1
    numbers = session.scalars(select(MapPoint.number).order_by(MapPoint.x)).all()
    seen = catalogue_map.sounds_at(session, numbers, listener_id=mine)
    assert [sound.id for _, sound in seen] == [sounds[0].id, sounds[1].id]
