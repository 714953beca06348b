"""Favourites, plays, corrections: what a listener does, and what is remembered of it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalogue import corrections, favourites, plays, preferences, sounds
from backend.catalogue.errors import BadCursor, NoSuchSound, NoSuchTrigger
from backend.tables import Play, Sound, SoundKind
from tests import rows


def hearts(session: Session, listener_id: object) -> list[object]:
    return [sound.id for sound in favourites.search(session, listener_id=listener_id).items]


def play_of(session: Session, listener_id: object) -> Play:
    return session.scalars(select(Play).where(Play.listener_id == listener_id)).one()


def test_a_heart_stays_however_often_it_is_given_and_goes_when_it_is_taken(session: Session) -> None:
    me, other = rows.a_listener(session), rows.a_listener(session)
    sound = rows.a_sound(session)
    favourites.add(session, sound.id, listener_id=me)
    favourites.add(session, sound.id, listener_id=me)
    assert hearts(session, me) == [sound.id]
    assert hearts(session, other) == []
    assert sounds.find(session, sound.id, listener_id=me).is_favourite
    assert not sounds.find(session, sound.id, listener_id=other).is_favourite
    favourites.remove(session, sound.id, listener_id=me)
    favourites.remove(session, sound.id, listener_id=me)
    assert hearts(session, me) == []


def test_favourites_come_newest_first_and_pages_tile_them(session: Session) -> None:
    me, source = rows.a_listener(session), rows.a_source(session)
    given = [rows.a_sound(session, source_id=source.id).id for _ in range(7)]
    for sound_id in given:
        favourites.add(session, sound_id, listener_id=me)
    seen, cursor = [], None
    while True:
        page = favourites.search(session, listener_id=me, cursor=cursor, limit=3)
        seen += [sound.id for sound in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == given[::-1]
    with pytest.raises(BadCursor):
        plays.search(session, listener_id=me, cursor=favourites.search(session, listener_id=me, limit=1).next_cursor)


def test_somebody_else_s_sound_can_be_neither_kept_nor_played_nor_corrected(session: Session) -> None:
    me, private = rows.a_listener(session), rows.a_sound(session, listener_id=rows.a_listener(session))
    for sound_id in (private.id, uuid4()):
        with pytest.raises(NoSuchSound):
            favourites.add(session, sound_id, listener_id=me)
        with pytest.raises(NoSuchSound):
            plays.record(session, sound_id, listener_id=me, listened_s=1.0, was_left=False)
        with pytest.raises(NoSuchSound):
            corrections.say(session, sound_id, "rain", listener_id=me)


def test_a_draft_that_gets_a_heart_is_kept(session: Session) -> None:
    me = rows.a_listener(session)
    draft = rows.a_sound(session, kind=SoundKind.MADE, listener_id=me, is_draft=True)
    favourites.add(session, draft.id, listener_id=me)
    session.refresh(draft)
    assert not draft.is_draft


def test_plays_of_a_sound_add_up_to_one_row(session: Session) -> None:
    me, sound = rows.a_listener(session), rows.a_sound(session)
    plays.record(session, sound.id, listener_id=me, listened_s=4.0, was_left=False)
    plays.record(session, sound.id, listener_id=me, listened_s=0.5, was_left=True)
    play = play_of(session, me)
    assert (play.n_plays, play.n_skips, play.listened_s) == (2, 1, 4.5)


@pytest.mark.parametrize(
    ("listened_s", "was_left", "is_skip"), [(1.0, True, True), (1.0, False, False), (2.5, True, False)]
)
def test_only_what_is_left_for_another_sound_in_its_first_moments_is_a_skip(
    session: Session, listened_s: float, was_left: bool, is_skip: bool
) -> None:
    me, sound = rows.a_listener(session), rows.a_sound(session, duration_s=4.0)
    plays.record(session, sound.id, listener_id=me, listened_s=listened_s, was_left=was_left)
    assert play_of(session, me).n_skips == is_skip


def test_the_sound_that_was_played_longest_ago_gives_way(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plays, "MAX_SOUNDS", 3)
    me, source = rows.a_listener(session), rows.a_source(session)
    played = [rows.a_sound(session, source_id=source.id).id for _ in range(5)]
    for sound_id in [*played, played[2]]:
        plays.record(session, sound_id, listener_id=me, listened_s=4.0, was_left=False)
    found = plays.search(session, listener_id=me).items
    assert [each.sound.id for each in found] == [played[2], played[4], played[3]]


def test_nothing_is_remembered_of_who_does_not_want_it_until_they_do(session: Session) -> None:
    me, sound = rows.a_listener(session), rows.a_sound(session)
    plays.choose(session, listener_id=me, is_remembered=False)
    plays.record(session, sound.id, listener_id=me, listened_s=4.0, was_left=False)
    assert plays.search(session, listener_id=me).items == []
    plays.choose(session, listener_id=me, is_remembered=True)
    plays.record(session, sound.id, listener_id=me, listened_s=4.0, was_left=False)
    assert len(plays.search(session, listener_id=me).items) == 1


def test_forgetting_takes_the_plays_and_on_request_the_hearts_of_one_listener_alone(session: Session) -> None:
    me, other, sound = rows.a_listener(session), rows.a_listener(session), rows.a_sound(session)
    for listener_id in (me, other):
        favourites.add(session, sound.id, listener_id=listener_id)
        plays.record(session, sound.id, listener_id=listener_id, listened_s=4.0, was_left=False)
    preferences.forget(session, listener_id=me)
    assert plays.everything(session, listener_id=me) == []
    assert hearts(session, me) == [sound.id]
    preferences.forget(session, listener_id=me, hearts_too=True)
    assert hearts(session, me) == []
    assert preferences.taste(session, listener_id=me).points == []
    assert len(preferences.taste(session, listener_id=other).points) == 1


def test_what_a_listener_says_replaces_what_they_said_and_leaves_the_label(session: Session) -> None:
    me, other, sound = rows.a_listener(session), rows.a_listener(session), rows.a_sound(session)
    corrections.say(session, sound.id, "rain", listener_id=me)
    corrections.say(session, sound.id, None, listener_id=me)
    corrections.say(session, sound.id, "water", listener_id=other)
    said = corrections.find(session, sound.id, listener_id=me)
    assert said is not None
    assert said.trigger is None
    assert [each.trigger_slug for each in corrections.everything(session, listener_id=other)] == ["water"]
    session.refresh(sound)
    assert sound.trigger_slug == "nail_tapping"
    corrections.withdraw(session, sound.id, listener_id=me)
    assert corrections.find(session, sound.id, listener_id=me) is None
    with pytest.raises(NoSuchTrigger):
        corrections.say(session, sound.id, "thunder", listener_id=me)


def test_what_was_done_goes_with_its_sound(session: Session) -> None:
    me, sound = rows.a_listener(session), rows.a_sound(session)
    favourites.add(session, sound.id, listener_id=me)
    plays.record(session, sound.id, listener_id=me, listened_s=4.0, was_left=False)
    corrections.say(session, sound.id, "rain", listener_id=me)
    session.delete(session.get_one(Sound, sound.id))
    session.flush()
    assert hearts(session, me) == []
    assert plays.search(session, listener_id=me).items == []
    assert corrections.everything(session, listener_id=me) == []
