"""What is proposed: near what is liked, far from what is skipped, with reasons, and better than simpler ways."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from sqlalchemy.orm import Session

from backend.catalogue import favourites, picks, plays, preferences
from backend.catalogue.picks import Because
from backend.catalogue.preferences import DAY_S, Signal, taste_points, weight_of
from backend.tables import SoundKind
from tests import listening, rows
from tests.listening import World

N_TRIGGERS, N_EACH = 8, 12


@pytest.fixture
def world(session: Session) -> World:
    return listening.settle(session, *listening.clouds(N_TRIGGERS, N_EACH, seed=1))


def of(world: World, trigger: int) -> list[UUID]:
    return world.ids[trigger * N_EACH : (trigger + 1) * N_EACH]


def proposed(session: Session, listener_id: UUID, **knobs: object) -> list[picks.Pick]:
    return picks.pick(session, listener_id=listener_id, **knobs)  # type: ignore[arg-type]


def test_a_new_listener_gets_something_of_everything_but_the_background(session: Session, world: World) -> None:
    rows.a_sound(session, trigger_slug=picks.BACKGROUND, confidence=1.0)
    found = proposed(session, rows.a_listener(session), n_sounds=N_TRIGGERS)
    assert {each.sound.trigger_slug for each in found} == set(world.triggers)
    assert {each.because for each in found} == {Because.START}


def test_a_new_listener_begins_with_what_others_like_most(session: Session, world: World) -> None:
    for sound_id in of(world, 5)[:3]:
        favourites.add(session, sound_id, listener_id=rows.a_listener(session))
    first = proposed(session, rows.a_listener(session))[0]
    assert first.sound.trigger_slug == world.triggers[5 * N_EACH]


def test_each_proposal_names_the_liked_sound_that_it_is_near_to(session: Session, world: World) -> None:
    me = rows.a_listener(session)
    liked = [of(world, 0)[0], of(world, 1)[0]]
    for sound_id in liked:
        favourites.add(session, sound_id, listener_id=me)
    near = [each for each in proposed(session, me, n_sounds=10) if each.because is Because.LIKED]
    assert {each.liked.id for each in near if each.liked} == set(liked)
    assert all(each.liked and each.liked.trigger_slug == each.sound.trigger_slug for each in near[:4])


def test_two_loves_are_both_served_and_not_what_lies_between_them(session: Session, world: World) -> None:
    me = rows.a_listener(session)
    for sound_id in [*of(world, 0)[:4], of(world, 1)[0]]:
        favourites.add(session, sound_id, listener_id=me)
    near = [each.sound.trigger_slug for each in proposed(session, me, n_sounds=10) if each.because is Because.LIKED]
    both = {world.triggers[0], world.triggers[N_EACH]}
    assert set(near) == both
    assert min(near.count(slug) for slug in both) >= 2


def test_every_fifth_place_is_for_a_trigger_that_was_hardly_met(session: Session, world: World) -> None:
    me = rows.a_listener(session)
    favourites.add(session, of(world, 0)[0], listener_id=me)
    found = proposed(session, me, n_sounds=10)
    new = [place for place, each in enumerate(found) if each.because is Because.NEW]
    assert new == [4, 9]
    assert all(found[place].sound.trigger_slug != world.triggers[0] for place in new)


def test_hearts_and_skipped_sounds_are_not_proposed_and_skipped_triggers_not_as_something_new(
    session: Session, world: World
) -> None:
    me = rows.a_listener(session)
    favourites.add(session, of(world, 0)[0], listener_id=me)
    skipped = of(world, 1)[:2]
    for sound_id in skipped:
        plays.record(session, sound_id, listener_id=me, listened_s=0.5, was_left=True)
    found = proposed(session, me, n_sounds=30)
    ids = [each.sound.id for each in found]
    assert not {of(world, 0)[0], *skipped} & set(ids)
    assert len(ids) == len(set(ids))
    assert world.triggers[N_EACH] not in {each.sound.trigger_slug for each in found if each.because is Because.NEW}


def test_no_recording_fills_the_list(session: Session, world: World) -> None:
    me, long_one = rows.a_listener(session), rows.a_source(session)
    heart = of(world, 0)[0]
    favourites.add(session, heart, listener_id=me)
    for _ in range(10):
        embedding = [float(x) for x in world.embeddings[0]]
        rows.a_sound(session, source_id=long_one.id, trigger_slug=world.triggers[0], embedding=embedding)
    found = proposed(session, me, n_sounds=12)
    assert sum(each.sound.source_id == long_one.id for each in found) <= picks.SOUNDS_PER_SOURCE


def test_what_others_own_and_drafts_are_never_proposed(session: Session, world: World) -> None:
    me, other = rows.a_listener(session), rows.a_listener(session)
    favourites.add(session, of(world, 0)[0], listener_id=me)
    embedding = [float(x) for x in world.embeddings[0]]
    about = {"kind": SoundKind.MADE, "trigger_slug": world.triggers[0], "embedding": embedding}
    hidden = {
        rows.a_sound(session, listener_id=other, **about).id,
        rows.a_sound(session, listener_id=me, is_draft=True, **about).id,
    }
    assert not hidden & {each.sound.id for each in proposed(session, me, n_sounds=50)}


def test_the_same_seed_gives_the_same_list(session: Session, world: World) -> None:
    me = rows.a_listener(session)
    favourites.add(session, of(world, 0)[0], listener_id=me)
    ids = [each.sound.id for each in proposed(session, me, seed=3)]
    assert [each.sound.id for each in proposed(session, me, seed=3)] == ids
    assert [each.sound.id for each in proposed(session, me, seed=4)] != ids


def test_an_empty_catalogue_proposes_nothing(session: Session) -> None:
    assert proposed(session, rows.a_listener(session)) == []


def test_hearts_weigh_more_than_listening_old_deeds_less_and_skips_against() -> None:
    heart = weight_of(4.0, 0.0, None, None, None)
    heard = weight_of(4.0, None, 0.0, 0, 4.0)
    assert heart > heard > 0
    assert weight_of(4.0, None, 0.0, 0, 40.0) > heard
    assert weight_of(4.0, None, 0.0, 0, 4000.0) == weight_of(4.0, None, 0.0, 0, 40.0)
    assert weight_of(4.0, 90 * DAY_S, None, None, None) == pytest.approx(heart / 2)
    assert weight_of(4.0, None, 0.0, 1, 0.5) < 0
    assert weight_of(4.0, 0.0, 0.0, 1, 0.5) > 0


def test_points_gather_what_is_alike_and_keep_apart_what_is_not() -> None:
    labels, embeddings = listening.clouds(3, 6, seed=2)
    signals = [
        Signal(UUID(int=place), label, 2.0 if label == labels[0] else 1.0, embedding)
        for place, (label, embedding) in enumerate(zip(labels, embeddings, strict=True))
    ]
    points = taste_points(signals)
    assert len(points) <= preferences.MAX_POINTS
    assert sum(point.share for point in points) == pytest.approx(1.0)
    assert all(np.linalg.norm(point.embedding) == pytest.approx(1.0, abs=1e-5) for point in points)
    assert {signal.trigger for point in points for signal in point.liked} == set(labels)
    assert all(len({signal.trigger for signal in point.liked}) == 1 for point in points)
    assert taste_points([]) == []


@pytest.mark.slow
def test_simulated_listeners_find_what_they_like_and_what_they_told_nobody_of(session: Session) -> None:
    world = listening.settle(session, *listening.clouds(12, 24, seed=3))
    by_taste, by_chance, by_mean, by_last = (
        listening.live(session, world, choose, n_listeners=4)
        for choose in (listening.by_taste, listening.by_chance, listening.by_mean, listening.by_last)
    )
    assert by_taste.hit_rate > 1.5 * by_chance.hit_rate
    # Staying near what is liked explores nothing; a fifth of our places does, and that is all it may cost.
    nearest = max(by_mean.hit_rate, by_last.hit_rate)
    assert by_taste.hit_rate > (1 - 1 / picks.EVERY_NTH_IS_NEW) * nearest
    # What nobody had told of is found by exploring, not by staying near.
    assert by_taste.discovered > max(by_mean.discovered, by_last.discovered)
