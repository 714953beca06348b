"""The stream: endless, a little ahead of its listener, never in a hurry."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalogue import auditions, favourites, jobs, recordings, sounds, stream
from backend.catalogue.picks import Because
from backend.catalogue.sounds import Filters
from backend.tables import Job, JobState, Sound
from tests import rows


@pytest.fixture
def me(session: Session) -> UUID:
    return rows.a_listener(session)


@pytest.fixture
def catalogue(session: Session) -> list[UUID]:
    slugs = ("rain", "paper", "slime")
    return [rows.a_sound(session, trigger_slug=slug, near=place).id for place, slug in enumerate(slugs * 4)]


def making(session: Session, me: UUID) -> list[Job]:
    return list(session.scalars(select(Job).where(Job.listener_id == me).order_by(Job.created_at)))


def make(session: Session, job: Job) -> UUID:
    """A worker's part."""
    parent = UUID(job.arguments.get("sound_id") or job.arguments["first_id"])
    claim = rows.a_claim(session, job)
    return recordings.record_made(session, claim, rows.a_made_sound(first_parent_id=parent)).id


def following(session: Session, me: UUID, heard: list[UUID]) -> stream.Batch:
    batch = stream.following(session, listener_id=me, heard=heard, seed=1)
    heard += [each.sound.id for each in batch.picks]
    return batch


def test_it_goes_on_and_on_even_in_a_small_catalogue(session: Session, me: UUID, catalogue: list[UUID]) -> None:
    heard: list[UUID] = []
    for _ in range(8):
        assert len(following(session, me, heard).picks) == stream.N_SOUNDS
    assert set(heard[: len(catalogue)]) == set(catalogue)
    assert all(first != second for first, second in itertools.pairwise(heard))


def test_each_answer_asks_for_one_sound_at_most_and_never_for_more_than_two_ahead(
    session: Session, me: UUID, catalogue: list[UUID]
) -> None:
    heard: list[UUID] = []
    n_jobs = []
    for _ in range(5):
        batch = following(session, me, heard)
        n_jobs.append(len(making(session, me)))
        assert batch.n_in_making == n_jobs[-1]
    assert n_jobs == [1, 2, 2, 2, 2]


def test_what_was_made_comes_once_and_says_from_what(session: Session, me: UUID, catalogue: list[UUID]) -> None:
    heard: list[UUID] = []
    following(session, me, heard)
    made = make(session, making(session, me)[0])
    fresh = [each for each in following(session, me, heard).picks if each.because is Because.MADE]
    assert [each.sound.id for each in fresh] == [made]
    assert fresh[0].liked is not None
    assert made not in [each.sound.id for each in following(session, me, heard).picks]


def test_nothing_more_is_made_while_nobody_hears_what_is_ready(
    session: Session, me: UUID, catalogue: list[UUID]
) -> None:
    for _ in range(6):
        # A page that asks and never plays: nothing of what it is given counts as heard.
        stream.following(session, listener_id=me, heard=[], seed=1)
        for job in making(session, me):
            if job.state is JobState.QUEUED:
                make(session, job)
    assert len(making(session, me)) <= stream.MAX_READY + 1


def test_no_more_is_made_in_an_hour_than_there_should_be(
    session: Session, me: UUID, catalogue: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "MAX_PER_HOUR", 3)
    heard: list[UUID] = []
    for _ in range(6):
        following(session, me, heard)
        for job in making(session, me):
            if job.state is JobState.QUEUED:
                make(session, job)
    assert len(making(session, me)) == 3


def test_it_varies_and_mixes_what_the_listener_likes(session: Session, me: UUID, catalogue: list[UUID]) -> None:
    liked = {str(sound_id) for sound_id in catalogue[:2]}
    for sound_id in catalogue[:2]:
        favourites.add(session, sound_id, listener_id=me)
    heard: list[UUID] = []
    for _ in range(6):
        following(session, me, heard)
        for job in making(session, me):
            if job.state is JobState.QUEUED:
                make(session, job)
    parents = {
        job.arguments[name]
        for job in making(session, me)
        for name in ("sound_id", "first_id", "second_id")
        if name in job.arguments
    }
    assert parents <= liked


def test_what_it_made_is_on_no_list_until_it_gets_a_heart(session: Session, me: UUID, catalogue: list[UUID]) -> None:
    heard: list[UUID] = []
    following(session, me, heard)
    made = make(session, making(session, me)[0])
    mine = Filters(mine_only=True)
    assert session.get_one(Sound, made).is_draft
    assert sounds.search(session, mine, listener_id=me).items == []
    assert jobs.search(session, listener_id=me).items == []
    assert auditions.recent(session, listener_id=me, first_id=UUID(making(session, me)[0].arguments["sound_id"])) == []
    favourites.add(session, made, listener_id=me)
    assert [sound.id for sound in sounds.search(session, mine, listener_id=me).items] == [made]


def test_stopping_cancels_what_is_still_to_be_made(session: Session, me: UUID, catalogue: list[UUID]) -> None:
    other = rows.a_listener(session)
    following(session, me, [])
    following(session, other, [])
    stream.stop(session, listener_id=me)
    assert [job.state for job in making(session, me)] == [JobState.CANCELLED]
    assert [job.state for job in making(session, other)] == [JobState.QUEUED]


def test_an_empty_catalogue_has_no_stream_and_makes_nothing(session: Session, me: UUID) -> None:
    batch = stream.following(session, listener_id=me, heard=[], seed=1)
    assert (batch.picks, batch.n_in_making) == ([], 0)
    assert making(session, me) == []
