"""The life of a job, seen by the workers that share it."""

import threading
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend import database
from backend.catalogue import claims, jobs
from backend.catalogue.errors import JobLost
from backend.outbox import TaskName
from backend.settings import Settings
from backend.tables import Job, JobState, Source
from tests import rows

PROBLEM = {"type": "/problems/video-unavailable", "title": "Video unavailable", "detail": "Busy."}


def seen(session: Session, job: Job) -> Job:
    session.expire_all()
    return session.get_one(Job, job.id)


def test_a_queued_job_is_claimed_once(session: Session) -> None:
    job = rows.a_job(session)
    first = claims.claim(session, job.id, "one", task=TaskName.LABEL_SOURCE)
    assert first is not None
    assert claims.claim(session, job.id, "two", task=TaskName.LABEL_SOURCE) is None
    now = seen(session, job)
    assert (now.state, now.claimed_by, now.attempts) == (JobState.RUNNING, "one", 1)
    assert now.started_at is not None


def test_a_message_for_a_job_that_is_gone_finds_nothing_to_do(session: Session) -> None:
    assert claims.claim(session, uuid4(), "one", task=TaskName.LABEL_SOURCE) is None


def test_a_late_message_for_a_task_that_the_job_left_behind_claims_nothing(session: Session) -> None:
    job = rows.a_job(session, task=TaskName.INGEST_SOURCE)
    claims.hand_on(session, rows.a_claim(session, job), TaskName.LABEL_SOURCE)
    assert claims.claim(session, job.id, "two", task=TaskName.INGEST_SOURCE) is None
    assert claims.claim(session, job.id, "two", task=TaskName.LABEL_SOURCE) is not None


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_an_ended_job_is_not_claimed(session: Session, state: JobState) -> None:
    job = rows.a_job(session, state=state)
    assert claims.claim(session, job.id, "one", task=TaskName.LABEL_SOURCE) is None


def test_a_running_job_whose_worker_still_beats_is_not_taken_over(session: Session) -> None:
    job = rows.a_job(session)
    rows.a_claim(session, job)
    rows.goes_silent(session, job.id, claims.STALE_AFTER_S - 5)
    assert claims.claim(session, job.id, "two", task=TaskName.LABEL_SOURCE) is None


def test_a_job_whose_worker_stopped_beating_is_taken_over_by_a_message(session: Session) -> None:
    job = rows.a_job(session)
    rows.a_claim(session, job)
    rows.goes_silent(session, job.id)
    second = claims.claim(session, job.id, "two", task=TaskName.LABEL_SOURCE)
    assert second is not None
    assert second.attempt == 2


@pytest.mark.parametrize("deed", ["finish", "fail", "stop", "release", "hand_on", "retry_later"])
def test_a_worker_that_lost_its_job_cannot_write_for_it(session: Session, deed: str) -> None:
    job = rows.a_job(session)
    lost = rows.a_claim(session, job, "one")
    rows.goes_silent(session, job.id)
    rows.a_claim(session, job, "two")
    deeds = {
        "finish": lambda: claims.finish(session, lost),
        "fail": lambda: claims.fail(session, lost, PROBLEM),
        "stop": lambda: claims.stop(session, lost),
        "release": lambda: claims.release(session, lost),
        "hand_on": lambda: claims.hand_on(session, lost, TaskName.LABEL_SOURCE),
        "retry_later": lambda: claims.retry_later(session, lost, delay_s=1, problem=PROBLEM),
    }
    with pytest.raises(JobLost):
        deeds[deed]()
    now = seen(session, job)
    assert (now.state, now.claimed_by) == (JobState.RUNNING, "two")


def test_the_same_worker_cannot_write_under_its_earlier_claim(session: Session) -> None:
    job = rows.a_job(session)
    earlier = rows.a_claim(session, job, "one")
    rows.goes_silent(session, job.id)
    later = rows.a_claim(session, job, "one")
    assert not claims.beat(session, earlier).still_mine
    assert claims.beat(session, later).still_mine
    with pytest.raises(JobLost):
        claims.finish(session, earlier)


def test_a_beat_carries_news_and_learns_of_a_cancellation(session: Session) -> None:
    job = rows.a_job(session, listener_id=rows.a_listener(session))
    claim = rows.a_claim(session, job)
    assert claims.beat(session, claim, progress=0.4, phase="listening") == claims.Beat(True, False)
    jobs.request_cancel(session, job.id, listener_id=job.listener_id)
    assert claims.beat(session, claim, progress=7.0) == claims.Beat(True, True)
    now = seen(session, job)
    assert (now.progress, now.phase) == (1.0, "listening")
    claims.stop(session, claim)
    assert seen(session, job).state is JobState.CANCELLED
    assert claims.beat(session, claim) == claims.Beat(False, False)


def test_a_released_job_is_queued_again_and_counts_no_loss(session: Session) -> None:
    job = rows.a_job(session)
    claims.release(session, rows.a_claim(session, job))
    now = seen(session, job)
    assert (now.state, now.claimed_by, now.n_lost) == (JobState.QUEUED, None, 0)
    assert rows.a_claim(session, job, "two").attempt == 2


def test_a_job_that_kills_its_workers_fails_after_the_third(session: Session) -> None:
    job = rows.a_job(session)
    for _ in range(claims.MAX_LOST):
        assert seen(session, job).state is JobState.QUEUED
        rows.a_claim(session, job)
        rows.goes_silent(session, job.id)
        claims.sweep(session)
    now = seen(session, job)
    assert now.state is JobState.FAILED
    assert now.error is not None
    assert now.error["type"] == "/problems/worker-lost"
    assert now.finished_at is not None


def test_the_sweep_ends_a_lost_job_whose_cancellation_was_asked_for(session: Session) -> None:
    job = rows.a_job(session, listener_id=rows.a_listener(session))
    rows.a_claim(session, job)
    jobs.request_cancel(session, job.id, listener_id=job.listener_id)
    rows.goes_silent(session, job.id)
    claims.sweep(session)
    assert seen(session, job).state is JobState.CANCELLED


def test_passing_trouble_waits_then_fails_after_the_last_retry(session: Session) -> None:
    job = rows.a_job(session)
    for _ in range(claims.MAX_RETRIES):
        claim = rows.a_claim(session, job)
        assert claims.retry_later(session, claim, delay_s=60, problem=PROBLEM) is JobState.QUEUED
        assert seen(session, job).error == PROBLEM
        assert claims.claim(session, job.id, "early", task=TaskName.LABEL_SOURCE) is None
        session.execute(update(Job).values(not_before=Job.queued_at))
    last = rows.a_claim(session, job)
    assert claims.retry_later(session, last, delay_s=60, problem=PROBLEM) is JobState.FAILED
    assert seen(session, job).error == PROBLEM


def test_a_job_done_after_trouble_shows_no_trouble(session: Session) -> None:
    job = rows.a_job(session, error=PROBLEM)
    claims.finish(session, rows.a_claim(session, job))
    now = seen(session, job)
    assert (now.state, now.error, now.progress, now.claimed_by) == (JobState.DONE, None, 1.0, None)


def test_the_next_task_of_a_walk_starts_with_fresh_counts(session: Session) -> None:
    job = rows.a_job(session, task=TaskName.INGEST_SOURCE, n_lost=2, n_retries=4)
    claims.hand_on(session, rows.a_claim(session, job), TaskName.LABEL_SOURCE)
    now = seen(session, job)
    assert (now.task, now.queue, now.n_lost, now.n_retries) == ("label_source", "sound", 0, 0)


def queued_ago(session: Session, seconds: float, **facts: object) -> Job:
    job = rows.a_job(session)
    at = claims._clock() - claims._interval(seconds)
    session.execute(update(Job).where(Job.id == job.id).values(queued_at=at, **facts))
    return job


def test_the_sweep_sends_what_was_never_sent(session: Session) -> None:
    fresh, forgotten = queued_ago(session, 0), queued_ago(session, claims.UNSENT_GRACE_S + 1)
    swept = [job.id for job in claims.sweep(session)]
    assert forgotten.id in swept
    assert fresh.id not in swept


def test_the_sweep_repeats_a_message_at_growing_intervals(session: Session) -> None:
    def sent_ago(seconds: float, n_sent: int) -> Job:
        return queued_ago(session, 9999, n_sent=n_sent, sent_at=claims._clock() - claims._interval(seconds))

    waiting = [sent_ago(10, 1), sent_ago(100, 5), sent_ago(3000, 60)]
    due = [sent_ago(16, 1), sent_ago(250, 5), sent_ago(3700, 60)]
    assert {job.id for job in claims.sweep(session)} == {job.id for job in due}
    assert waiting


def test_the_sweep_leaves_a_delayed_job_alone_until_its_time(session: Session) -> None:
    at = claims._clock() + claims._interval(60.0)
    later = queued_ago(session, 9999, not_before=at)
    assert later.id not in {job.id for job in claims.sweep(session)}
    session.execute(update(Job).where(Job.id == later.id).values(not_before=claims._clock()))
    assert later.id in {job.id for job in claims.sweep(session)}


def test_many_workers_that_race_for_a_job_leave_it_to_one(committed: Settings) -> None:
    with database.one_transaction() as session:
        job_id = rows.a_job(session).id
    gate, won = threading.Barrier(8), []

    def race(worker: str) -> None:
        gate.wait()
        with database.one_transaction() as session:
            if claims.claim(session, job_id, worker, task=TaskName.LABEL_SOURCE) is not None:
                won.append(worker)

    racers = [threading.Thread(target=race, args=(f"worker-{i}",)) for i in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(timeout=30)
    assert len(won) == 1


def test_nobody_takes_a_job_between_its_lock_and_its_record(committed: Settings) -> None:
    with database.one_transaction() as session:
        source = rows.a_source(session)
        job = rows.a_job(session, source_id=source.id)
        claim = rows.a_claim(session, job)
        rows.goes_silent(session, job.id)
    with database.one_transaction() as recording:
        claims.held(recording, claim)
        with database.one_transaction() as sweeping:
            claims.sweep(sweeping)
            assert claims.claim(sweeping, job.id, "thief", task=TaskName.LABEL_SOURCE) is None
        claims.finish(recording, claim)
    with database.one_transaction() as session:
        assert session.get_one(Job, job.id).state is JobState.DONE


def test_a_deleted_source_takes_the_job_from_its_worker(session: Session) -> None:
    source = rows.a_source(session)
    claim = rows.a_claim(session, rows.a_job(session, source_id=source.id))
    session.delete(session.get_one(Source, source.id))
    session.flush()
    assert not claims.beat(session, claim).still_mine
    with pytest.raises(JobLost):
        claims.finish(session, claim)
    assert session.scalars(select(Job)).all() == []
