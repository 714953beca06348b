"""Auditions and drafts: asked for together, heard side by side, kept or gone."""

from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backend.catalogue import auditions, drafts, jobs, recordings, sounds, triggers
from backend.catalogue.auditions import Audition
from backend.catalogue.errors import NoSuchJob, NoSuchSound, SettingOutOfRange, TooManyRequests
from backend.catalogue.sounds import Filters
from backend.database import settings_of
from backend.tables import Deed, Job, JobState, Sound, SoundKind
from tests import rows

KNOBS: dict[str, Any] = {"network": "vae", "seconds": 8.0, "seed": 1}


@pytest.fixture
def listener_id(session: Session) -> UUID:
    return rows.a_listener(session)


def vary(session: Session, sound: Sound, listener_id: UUID, **facts: Any) -> Audition:
    asked = {"strength": 0.5, "n_candidates": 3} | KNOBS | facts
    audition_id = auditions.vary(session, listener_id=listener_id, sound_id=sound.id, **asked)
    return auditions.find(session, audition_id, listener_id=listener_id)


def made(session: Session, job: Job, **facts: Any) -> Sound:
    """What a worker would record for a candidate."""
    first_id = UUID(job.arguments.get("sound_id") or job.arguments["first_id"])
    claim = rows.a_claim(session, job)
    return recordings.record_made(session, claim, rows.a_made_sound(first_parent_id=first_id, **facts))


def grown_old(session: Session, *drawn: Sound) -> None:
    ids = [sound.id for sound in drawn]
    two_days_ago = func.now() - func.make_interval(0, 0, 0, 2)
    session.execute(update(Sound).where(Sound.id.in_(ids)).values(created_at=two_days_ago))


def is_there(session: Session, sound: Sound) -> bool:
    return session.scalar(select(Sound.id).where(Sound.id == sound.id)) is not None


def test_candidates_are_jobs_that_differ_by_their_seeds_alone(session: Session, listener_id: UUID) -> None:
    audition = vary(session, rows.a_sound(session), listener_id)
    arguments = [candidate.job.arguments for candidate in audition.candidates]
    assert [each.pop("seed") for each in arguments] == [1, 2, 3]
    assert all(each == arguments[0] for each in arguments)
    assert [jobs.position(session, candidate.job) for candidate in audition.candidates] == [0, 1, 2]


def test_a_row_of_mixes_goes_from_one_sound_to_the_other_with_one_seed(session: Session, listener_id: UUID) -> None:
    first, second = rows.a_sound(session), rows.a_sound(session)
    audition_id = auditions.mix(
        session,
        listener_id=listener_id,
        first_id=first.id,
        second_id=second.id,
        blends=auditions.row(5),
        **KNOBS,
    )
    audition = auditions.find(session, audition_id, listener_id=listener_id)
    arguments = [candidate.job.arguments for candidate in audition.candidates]
    assert [(each["blend"], each["seed"]) for each in arguments] == [(0, 1), (0.25, 1), (0.5, 1), (0.75, 1), (1, 1)]
    assert audition.first is not None
    assert audition.second is not None
    assert (audition.first.id, audition.second.id) == (first.id, second.id)


@pytest.mark.parametrize("n_candidates", [0, 5, -1])
def test_more_candidates_than_one_can_compare_are_refused(
    session: Session, listener_id: UUID, n_candidates: int
) -> None:
    with pytest.raises(SettingOutOfRange, match="n_candidates"):
        vary(session, rows.a_sound(session), listener_id, n_candidates=n_candidates)
    with pytest.raises(SettingOutOfRange):
        auditions.row(4)


def test_an_audition_that_does_not_fit_the_queue_is_refused_whole(session: Session, listener_id: UUID) -> None:
    for _ in range(settings_of(session).max_queued_jobs - 2):
        rows.a_job(session, listener_id=listener_id, state=JobState.QUEUED)
    sound = rows.a_sound(session)
    with pytest.raises(TooManyRequests), session.begin_nested():
        vary(session, sound, listener_id, n_candidates=3)
    assert auditions.recent(session, listener_id=listener_id, first_id=sound.id) == []


def test_distances_are_cosine_distances_to_the_parents(session: Session, listener_id: UUID) -> None:
    parent = rows.a_sound(session, near=1)
    audition = vary(session, parent, listener_id, n_candidates=2)
    made(session, audition.candidates[0].job, embedding=rows.an_embedding(1))
    made(session, audition.candidates[1].job, embedding=rows.an_embedding(2))
    same, other = auditions.find(session, audition.id, listener_id=listener_id).candidates
    assert same.first_distance == pytest.approx(0.0, abs=1e-6)
    expected = 1 - np.dot(rows.an_embedding(1), rows.an_embedding(2))
    assert other.first_distance == pytest.approx(expected, abs=1e-5)
    assert other.second_distance is None


def test_a_draft_is_on_no_list_until_it_is_kept(session: Session, listener_id: UUID) -> None:
    parent = rows.a_sound(session)
    draft = made(session, vary(session, parent, listener_id).candidates[0].job)

    def lists() -> list[bool]:
        mine = sounds.search(session, Filters(kind=SoundKind.MADE, mine_only=True), listener_id=listener_id).items
        near = sounds.similar(session, parent.id, listener_id=listener_id)
        n_rain = {each.trigger.slug: each.n_sounds for each in triggers.counts(session, listener_id=listener_id)}
        return [draft in mine, draft in [each.sound for each in near], n_rain["rain"] == 1]

    assert draft.is_draft
    assert lists() == [False, False, False]
    assert sounds.find(session, draft.id, listener_id=listener_id) is draft
    drafts.keep(session, draft.id, listener_id=listener_id)
    assert lists() == [True, True, True]


def test_a_draft_is_its_listeners_alone(session: Session, listener_id: UUID) -> None:
    audition = vary(session, rows.a_sound(session), listener_id)
    draft = made(session, audition.candidates[0].job)
    for nobody in (None, uuid4()):
        with pytest.raises(NoSuchSound):
            drafts.keep(session, draft.id, listener_id=nobody)
    with pytest.raises(NoSuchJob):
        auditions.find(session, audition.id, listener_id=uuid4())
    with pytest.raises(NoSuchJob):
        auditions.cancel(session, audition.id, listener_id=uuid4())


def test_old_drafts_go_and_kept_and_young_ones_stay(session: Session, listener_id: UUID) -> None:
    audition = vary(session, rows.a_sound(session), listener_id)
    unkept, kept, young = (made(session, candidate.job) for candidate in audition.candidates)
    drafts.keep(session, kept.id, listener_id=listener_id)
    grown_old(session, unkept, kept)
    assert drafts.sweep(session) == 1
    assert [is_there(session, sound) for sound in (unkept, kept, young)] == [False, True, True]
    gone = auditions.find(session, audition.id, listener_id=listener_id).candidates[0]
    assert (gone.sound, gone.job.state) == (None, JobState.DONE)


def test_a_draft_stays_as_long_as_what_was_made_from_it(session: Session, listener_id: UUID) -> None:
    draft = made(session, vary(session, rows.a_sound(session), listener_id).candidates[0].job)
    child = rows.a_sound(session, kind=SoundKind.MADE, deed=Deed.VARIATION, first_parent_id=draft.id)
    grown_old(session, draft)
    assert drafts.sweep(session) == 0
    child.is_draft = True
    session.flush()
    grown_old(session, child)
    assert drafts.sweep(session) == 2


def test_what_is_asked_for_alone_is_no_draft(session: Session, listener_id: UUID) -> None:
    parent = rows.a_sound(session)
    arguments = {"sound_id": str(parent.id)}
    assert not made(session, rows.a_job(session, task="vary_sound", arguments=arguments)).is_draft


def test_cancelling_an_audition_stops_what_has_not_ended(session: Session, listener_id: UUID) -> None:
    audition = vary(session, rows.a_sound(session), listener_id)
    made(session, audition.candidates[0].job)
    rows.a_claim(session, audition.candidates[1].job)
    auditions.cancel(session, audition.id, listener_id=listener_id)
    done, running, waiting = (
        candidate.job for candidate in auditions.find(session, audition.id, listener_id=listener_id).candidates
    )
    assert (done.state, running.state, waiting.state) == (JobState.DONE, JobState.RUNNING, JobState.CANCELLED)
    assert running.cancel_requested_at is not None


def test_recent_auditions_are_found_again_by_what_they_are_made_from(session: Session, listener_id: UUID) -> None:
    first, second = rows.a_sound(session), rows.a_sound(session)
    older, newer = vary(session, first, listener_id), vary(session, first, listener_id, seed=9)
    vary(session, second, listener_id)
    vary(session, first, rows.a_listener(session))
    mixed = auditions.mix(
        session, listener_id=listener_id, first_id=first.id, second_id=second.id, blends=[0.5], **KNOBS
    )
    found = auditions.recent(session, listener_id=listener_id, first_id=first.id)
    assert [audition.id for audition in found] == [newer.id, older.id]
    pair = auditions.recent(session, listener_id=listener_id, first_id=first.id, second_id=second.id)
    assert [audition.id for audition in pair] == [mixed]
    assert auditions.recent(session, listener_id=listener_id, first_id=second.id, second_id=first.id) == []


def test_a_job_that_waits_to_be_tried_again_is_passed_by(session: Session, listener_id: UUID) -> None:
    first, second, third = vary(session, rows.a_sound(session), listener_id).candidates
    first.job.not_before = session.scalar(select(func.clock_timestamp() + func.make_interval(0, 0, 0, 1)))
    session.flush()
    assert [jobs.position(session, candidate.job) for candidate in (second, third)] == [0, 1]
