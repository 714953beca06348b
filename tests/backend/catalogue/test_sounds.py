"""Sounds: searched by what they are, found by whom they are for, compared by how they sound."""

from base64 import urlsafe_b64encode
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from backend.catalogue import cursors, sounds, triggers
from backend.catalogue.errors import (
    AdminOnly,
    BadCursor,
    BadSort,
    NoSuchSound,
    NoSuchTrigger,
    SettingOutOfRange,
)
from backend.catalogue.sounds import Filters
from backend.tables import Sound, SoundKind
from tests import rows


def names(session: Session, *, listener_id: Any = None, sort: str = "oldest", **filters: Any) -> list[str | None]:
    return [
        sound.title for sound in sounds.search(session, Filters(**filters), listener_id=listener_id, sort=sort).items
    ]


def walk(session: Session, sort: str, limit: int) -> list[Sound]:
    seen: list[Sound] = []
    cursor = None
    while True:
        page = sounds.search(session, Filters(), listener_id=None, sort=sort, cursor=cursor, limit=limit)
        seen += page.items
        if (cursor := page.next_cursor) is None:
            return seen


def test_a_listener_sees_public_sounds_and_their_own(session: Session) -> None:
    mine, yours = rows.a_listener(session), rows.a_listener(session)
    rows.a_sound(session, title="public")
    rows.a_sound(session, title="mine", listener_id=mine)
    rows.a_sound(session, title="yours", listener_id=yours)
    assert names(session, listener_id=mine) == ["public", "mine"]
    assert names(session, listener_id=None) == ["public"]
    assert names(session, listener_id=mine, mine_only=True) == ["mine"]
    assert names(session, listener_id=None, mine_only=True) == []


def test_each_filter_keeps_what_it_names(session: Session) -> None:
    source = rows.a_source(session)
    rows.a_sound(session, title="a", trigger_slug="rain", confidence=0.9, duration_s=2.0, source_id=source.id)
    rows.a_sound(session, title="b", trigger_slug="paper", confidence=0.5, duration_s=10.0)
    rows.a_sound(session, title="c", trigger_slug="rain", confidence=0.4, duration_s=30.0, kind=SoundKind.MADE)
    assert names(session, trigger="rain") == ["a", "c"]
    assert names(session, kind=SoundKind.MADE) == ["c"]
    assert names(session, min_confidence=0.5) == ["a", "b"]
    assert names(session, min_seconds=10.0) == ["b", "c"]
    assert names(session, max_seconds=10.0) == ["a", "b"]
    assert names(session, source=source.id) == ["a"]
    assert names(session, source=uuid4()) == []
    assert names(session, trigger="rain", min_confidence=0.5, max_seconds=5.0) == ["a"]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("rain", ["rainy"]),
        ("RAIN", ["rainy"]),
        ("빗소리", ["rainy"]),
        ("raindrops", ["rainy"]),
        ("umbrella rain", ["rainy"]),
        ("umbrella paper", []),
        ("evening", ["rainy"]),
        ("속삭", ["whisper"]),
        ("50%", ["whisper"]),
        ("%", ["whisper"]),
        ("_", ["whisper"]),
        ("channel", ["rainy"]),
        ("no such thing", []),
        ("   ", ["rainy", "whisper"]),
    ],
)
def test_words_are_found_in_titles_and_in_the_names_of_triggers(session: Session, q: str, expected: list[str]) -> None:
    source = rows.a_source(session, title="Quiet Evening", uploader="A Channel")
    rows.a_sound(session, title="rainy", trigger_slug="rain", source_id=source.id)
    other = rows.a_source(session, title="50% softer", uploader=None)
    rows.a_sound(session, title="whisper", trigger_slug="whispering_man", source_id=other.id)
    assert names(session, q=q) == expected


def test_too_many_words_are_refused(session: Session) -> None:
    with pytest.raises(SettingOutOfRange):
        names(session, q="a b c d e f g h i")


def test_quotes_in_a_search_are_only_letters(session: Session) -> None:
    assert names(session, q="'; DROP TABLE sounds; --") == []


@pytest.mark.parametrize("sort", list(sounds.ORDERS))
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_tile_the_list_in_every_order(session: Session, sort: str, limit: int) -> None:
    for i in range(7):
        # Equal values on purpose: the id must part them.
        rows.a_sound(session, confidence=(i % 3) / 3, duration_s=1.0 + i % 2)
    seen = walk(session, sort, limit)
    assert len({sound.id for sound in seen}) == len(seen) == 7
    order = sounds.ORDERS[sort]
    places = [(getattr(sound, order.column.key), sound.id) for sound in seen]
    assert places == sorted(places, reverse=order.is_descending)


def test_a_sound_that_arrives_between_pages_shifts_nothing(session: Session) -> None:
    made = [rows.a_sound(session).id for _ in range(4)]
    first = sounds.search(session, Filters(), listener_id=None, limit=2)
    rows.a_sound(session)
    second = sounds.search(session, Filters(), listener_id=None, limit=2, cursor=first.next_cursor)
    assert [sound.id for sound in first.items + second.items] == made[::-1]


def test_a_cursor_fits_only_the_list_it_was_given_out_for(session: Session) -> None:
    for _ in range(3):
        rows.a_sound(session)
    cursor = sounds.search(session, Filters(), listener_id=None, limit=1).next_cursor
    assert cursor is not None
    for bad in (
        {"sort": "oldest"},
        {"filters": Filters(min_confidence=0.1)},
        {"listener_id": uuid4()},
        {"cursor": cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")},
        {"cursor": cursor[1:]},
        {"cursor": "💧"},
        {"cursor": ""},
        {"cursor": "A" * 9999},
    ):
        asked: dict[str, Any] = {"filters": Filters(), "listener_id": None, "cursor": cursor} | bad
        with pytest.raises(BadCursor):
            sounds.search(session, **asked)


@pytest.mark.parametrize("sort", ["newest", "confidence"])
@pytest.mark.parametrize(
    "place",
    ['["x","y"]', "[{}, 1]", "[null, null]", "[1, 2]", "1", "[]", f'[1{"0" * 400}, "{UUID(int=0).hex}"]', "[[],[]]"],
)
def test_a_cursor_that_somebody_made_up_is_refused_whatever_it_holds(session: Session, sort: str, place: str) -> None:
    scope = ["sounds", None, asdict(Filters())]
    check = cursors._check(place, sounds.ORDERS[sort], scope)
    made_up = urlsafe_b64encode((check + place).encode()).decode()
    with pytest.raises(BadCursor):
        sounds.search(session, Filters(), listener_id=None, sort=sort, cursor=made_up)


def test_unknown_orders_and_triggers_are_refused(session: Session) -> None:
    with pytest.raises(BadSort):
        names(session, sort="loudest")
    with pytest.raises(NoSuchTrigger):
        names(session, trigger="sneezing")


def test_a_found_sound_comes_with_trigger_source_and_parents(session: Session) -> None:
    parent = rows.a_sound(session)
    made = rows.a_sound(session, kind=SoundKind.MADE, first_parent_id=parent.id)
    session.expunge_all()
    sound = sounds.find(session, made.id, listener_id=None)
    assert sound.trigger.name_ko
    assert sound.source is None
    assert sound.first_parent_id == parent.id
    assert sound.second_parent_id is None
    found = sounds.find(session, parent.id, listener_id=None)
    assert found.source is not None
    assert found.source.title == "Evening taps"


def test_nothing_is_loaded_behind_the_back(session: Session) -> None:
    sound_id = rows.a_sound(session).id
    session.expunge_all()
    bare = session.scalars(select(Sound).where(Sound.id == sound_id)).one()
    with pytest.raises(InvalidRequestError):
        _ = bare.trigger


def test_somebody_else_s_sound_looks_like_none(session: Session) -> None:
    mine, yours = rows.a_listener(session), rows.a_listener(session)
    private = rows.a_sound(session, listener_id=yours).id
    told = []
    for sound_id in (private, uuid4()):
        for deed in (sounds.find, sounds.similar, sounds.delete):
            with pytest.raises(NoSuchSound) as refused:
                deed(session, sound_id, listener_id=mine)
            told.append(refused.value.detail)
    assert len(set(told)) == 1


def test_only_the_admin_deletes_a_public_sound(session: Session) -> None:
    listener_id = rows.a_listener(session)
    public, own = rows.a_sound(session), rows.a_sound(session, listener_id=listener_id)
    with pytest.raises(AdminOnly):
        sounds.delete(session, public.id, listener_id=listener_id)
    sounds.delete(session, public.id, listener_id=listener_id, is_admin=True)
    sounds.delete(session, own.id, listener_id=listener_id)
    assert names(session, listener_id=listener_id) == []


def test_a_deleted_parent_is_forgotten_by_its_children(session: Session) -> None:
    parent = rows.a_sound(session)
    child = rows.a_sound(session, kind=SoundKind.MADE, first_parent_id=parent.id).id
    sounds.delete(session, parent.id, listener_id=None, is_admin=True)
    session.expire_all()
    assert sounds.find(session, child, listener_id=None).first_parent_id is None


def test_similar_sounds_are_the_nearest_by_angle(session: Session) -> None:
    made = [rows.a_sound(session, near=seed) for seed in range(30)]
    vectors = np.array([sound.embedding for sound in made])
    expected = np.argsort(-(vectors @ vectors[0]), kind="stable")[1:11]
    found = sounds.similar(session, made[0].id, listener_id=None, limit=10)
    assert [neighbour.sound.id for neighbour in found] == [made[i].id for i in expected]
    assert [neighbour.similarity for neighbour in found] == pytest.approx(
        list((vectors @ vectors[0])[expected]), abs=1e-5
    )
    assert found[0].sound.trigger.slug == "nail_tapping"


def test_similar_sounds_keep_private_ones_private_and_to_the_trigger(session: Session) -> None:
    yours = rows.a_listener(session)
    here = rows.a_sound(session, near=0, title="here")
    rows.a_sound(session, near=0, title="private", listener_id=yours)
    rows.a_sound(session, near=1, title="rain", trigger_slug="rain")
    rows.a_sound(session, near=2, title="tap")
    titles = {neighbour.sound.title for neighbour in sounds.similar(session, here.id, listener_id=None)}
    assert titles == {"rain", "tap"}
    by_trigger = sounds.similar(session, here.id, listener_id=yours, trigger="rain")
    assert [neighbour.sound.title for neighbour in by_trigger] == ["rain"]
    with pytest.raises(NoSuchTrigger):
        sounds.similar(session, here.id, listener_id=None, trigger="sneezing")


def test_the_index_finds_rare_similar_sounds_among_many_others(session: Session) -> None:
    """The filtered ones lie far away: without an iterative scan the index would stop before it meets them."""
    here = rows.a_sound(session, near=0, title="here")
    source_id = rows.a_source(session).id
    rng = np.random.default_rng(1)
    centre = np.array(here.embedding)
    for ordinal in range(400):
        near = centre + 0.02 * rng.normal(size=256)
        rows_embedding = [float(x) for x in near / np.linalg.norm(near)]
        session.add(a_copy(here, source_id, ordinal, rows_embedding))
    session.flush()
    for seed in range(5):
        rows.a_sound(session, near=100 + seed, trigger_slug="rain")
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL enable_sort = off"))
    session.execute(text("SET LOCAL enable_bitmapscan = off"))
    found = sounds.similar(session, here.id, listener_id=None, trigger="rain", limit=5)
    assert len(found) == 5
    similarities = [neighbour.similarity for neighbour in found]
    assert similarities == sorted(similarities, reverse=True)


def a_copy(of: Sound, source_id: Any, ordinal: int, embedding: list[float]) -> Sound:
    kept = ("kind", "trigger_slug", "confidence", "probabilities", "duration_s", "n_channels", "audio_key", "peaks")
    facts = {name: getattr(of, name) for name in kept}
    return Sound(source_id=source_id, ordinal=ordinal, embedding=embedding, **facts)


def test_triggers_are_counted_as_the_listener_hears_them(session: Session) -> None:
    mine, yours = rows.a_listener(session), rows.a_listener(session)
    rows.a_sound(session, trigger_slug="rain")
    rows.a_sound(session, trigger_slug="rain", listener_id=mine)
    rows.a_sound(session, trigger_slug="rain", listener_id=yours)
    counts = {each.trigger.slug: each.n_sounds for each in triggers.counts(session, listener_id=mine)}
    assert counts["rain"] == 2
    assert counts["paper"] == 0
    assert len(counts) == 23


def test_sounds_keep_the_time_they_were_recorded(session: Session) -> None:
    first, second = rows.a_sound(session), rows.a_sound(session)
    assert timedelta(0) < second.created_at - first.created_at < timedelta(minutes=1)
