"""Jobs as listeners ask for them, watch them, cancel them and try them again."""

import threading
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import database
from backend.catalogue import claims, jobs
from backend.catalogue.errors import (
    AdminOnly,
    BadCursor,
    IdempotencyConflict,
    JobNotCancellable,
    JobNotRetryable,
    NoSuchJob,
    TooManyRequests,
)
from backend.outbox import TaskName
from backend.settings import Settings
from backend.tables import Job, JobState, QueueName
from tests import rows


def test_the_same_key_and_request_give_the_same_job(session: Session) -> None:
    listener_id = uuid4()
    asked = {"listener_id": listener_id, "request": {"a": 1}, "idempotency_key": "k"}
    first = jobs.submit(session, TaskName.VARY_SOUND, **asked)
    assert jobs.submit(session, TaskName.VARY_SOUND, **asked).id == first.id
    assert session.scalar(select(func.count()).select_from(Job)) == 1


def test_the_same_key_for_another_request_is_a_conflict(session: Session) -> None:
    listener_id = uuid4()
    jobs.submit(session, TaskName.VARY_SOUND, listener_id=listener_id, request={"a": 1}, idempotency_key="k")
    with pytest.raises(IdempotencyConflict):
        jobs.submit(session, TaskName.VARY_SOUND, listener_id=listener_id, request={"a": 2}, idempotency_key="k")
    with pytest.raises(IdempotencyConflict):
        jobs.submit(session, TaskName.MIX_SOUNDS, listener_id=listener_id, request={"a": 1}, idempotency_key="k")


def test_two_listeners_may_use_the_same_key(session: Session) -> None:
    ids = {
        jobs.submit(session, TaskName.VARY_SOUND, listener_id=uuid4(), request={"a": 1}, idempotency_key="k").id
        for _ in range(2)
    }
    assert len(ids) == 2


def test_without_a_key_each_request_is_its_own(session: Session) -> None:
    listener_id = uuid4()
    first, second = (
        jobs.submit(session, TaskName.VARY_SOUND, listener_id=listener_id, request={"a": 1}) for _ in range(2)
    )
    assert first.id != second.id


def test_a_key_that_comes_many_times_at_once_makes_one_job(committed: Settings) -> None:
    listener_id, gate = uuid4(), threading.Barrier(6)
    ids: list[object] = []

    def ask() -> None:
        gate.wait()
        with database.one_transaction() as session:
            job = jobs.submit(
                session, TaskName.VARY_SOUND, listener_id=listener_id, request={"a": 1}, idempotency_key="k"
            )
        ids.append(job.id)

    askers = [threading.Thread(target=ask) for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(timeout=30)
    assert len(ids) == 6
    assert len(set(ids)) == 1


def test_a_listener_s_waiting_jobs_are_bounded(session: Session, settings: Settings) -> None:
    listener_id = rows.a_listener(session)
    waiting = [rows.a_job(session, listener_id=listener_id) for _ in range(settings.max_queued_jobs)]
    with pytest.raises(TooManyRequests):
        jobs.submit(session, TaskName.VARY_SOUND, listener_id=listener_id, request={})
    claims.finish(session, rows.a_claim(session, waiting[0]))
    jobs.submit(session, TaskName.VARY_SOUND, listener_id=listener_id, request={})


def test_somebody_else_s_job_looks_like_none(session: Session) -> None:
    mine, yours = rows.a_listener(session), rows.a_listener(session)
    source = rows.a_source(session, listener_id=yours)
    job = rows.a_job(session, listener_id=yours, source_id=source.id)
    for deed in (jobs.find, jobs.request_cancel, jobs.retry):
        with pytest.raises(NoSuchJob):
            deed(session, job.id, listener_id=mine)
        with pytest.raises(NoSuchJob):
            deed(session, uuid4(), listener_id=mine)
    assert jobs.find(session, job.id, listener_id=yours).id == job.id


def test_a_job_on_a_public_source_is_seen_by_all_and_touched_by_its_owner_and_the_admin(session: Session) -> None:
    owner, other = rows.a_listener(session), rows.a_listener(session)
    source = rows.a_source(session, listener_id=None)
    job = rows.a_job(session, listener_id=owner, source_id=source.id)
    assert jobs.find(session, job.id, listener_id=other).id == job.id
    assert jobs.find(session, job.id, listener_id=None).id == job.id
    with pytest.raises(AdminOnly):
        jobs.request_cancel(session, job.id, listener_id=other)
    jobs.request_cancel(session, job.id, listener_id=other, is_admin=True)
    jobs.retry(session, job.id, listener_id=owner)


def test_a_queued_job_is_cancelled_at_once(session: Session) -> None:
    job = rows.a_job(session, listener_id=rows.a_listener(session))
    cancelled = jobs.request_cancel(session, job.id, listener_id=job.listener_id)
    assert cancelled.state is JobState.CANCELLED
    assert cancelled.finished_at is not None
    assert claims.claim(session, job.id, "late", task=TaskName.LABEL_SOURCE) is None


def test_a_running_job_is_asked_to_stop_however_often(session: Session) -> None:
    job = rows.a_job(session, listener_id=rows.a_listener(session))
    rows.a_claim(session, job)
    first = jobs.request_cancel(session, job.id, listener_id=job.listener_id).cancel_requested_at
    again = jobs.request_cancel(session, job.id, listener_id=job.listener_id)
    assert again.state is JobState.RUNNING
    assert again.cancel_requested_at == first is not None


def test_a_cancelled_job_that_is_released_does_not_start_again(session: Session) -> None:
    job = rows.a_job(session, listener_id=rows.a_listener(session))
    claim = rows.a_claim(session, job)
    jobs.request_cancel(session, job.id, listener_id=job.listener_id)
    claims.release(session, claim)
    session.expire_all()
    assert session.get_one(Job, job.id).state is JobState.CANCELLED


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_an_ended_job_cannot_be_cancelled(session: Session, state: JobState) -> None:
    job = rows.a_job(session, listener_id=rows.a_listener(session), state=state)
    with pytest.raises(JobNotCancellable):
        jobs.request_cancel(session, job.id, listener_id=job.listener_id)


def test_a_failed_job_is_tried_again_as_the_same_row(session: Session) -> None:
    job = rows.a_job(session, listener_id=rows.a_listener(session), n_retries=5, n_lost=2)
    claims.fail(session, rows.a_claim(session, job), {"title": "No"})
    again = jobs.retry(session, job.id, listener_id=job.listener_id)
    assert again.id == job.id
    assert (again.state, again.error, again.finished_at) == (JobState.QUEUED, None, None)
    assert (again.progress, again.n_retries, again.n_lost, again.phase) == (0.0, 0, 0, "waiting")
    assert rows.a_claim(session, job).attempt == 2


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.DONE])
def test_a_job_that_did_not_fail_cannot_be_tried_again(session: Session, state: JobState) -> None:
    job = rows.a_job(session, listener_id=rows.a_listener(session), state=state)
    with pytest.raises(JobNotRetryable):
        jobs.retry(session, job.id, listener_id=job.listener_id)


def test_the_position_counts_the_jobs_before_it_in_its_queue(session: Session) -> None:
    first, second, third = (rows.a_job(session) for _ in range(3))
    elsewhere = rows.a_job(session, task=TaskName.INGEST_SOURCE)
    for job in (first, second, third, elsewhere):
        session.refresh(job)
    assert [jobs.position(session, job) for job in (first, second, third, elsewhere)] == [0, 1, 2, 0]
    rows.a_claim(session, first)
    session.refresh(first)
    assert [jobs.position(session, job) for job in (first, second, third)] == [None, 0, 1]
    claims.release(session, rows.a_claim(session, second))
    session.expire_all()
    assert [jobs.position(session, session.get_one(Job, job.id)) for job in (second, third)] == [1, 0]


def test_jobs_are_counted_by_queue_and_state(session: Session) -> None:
    rows.a_job(session)
    rows.a_job(session, state=JobState.FAILED)
    counts = jobs.counts(session)
    assert counts[QueueName.SOUND, JobState.QUEUED] == 1
    assert counts[QueueName.SOUND, JobState.FAILED] == 1
    assert counts[QueueName.INGEST, JobState.DONE] == 0
    assert len(counts) == len(QueueName) * len(JobState)


def test_a_listener_s_jobs_are_listed_newest_first_in_pages(session: Session) -> None:
    listener_id = rows.a_listener(session)
    made = [rows.a_job(session, listener_id=listener_id).id for _ in range(5)]
    rows.a_job(session, listener_id=rows.a_listener(session))
    platform = rows.a_job(session)
    first = jobs.search(session, listener_id=listener_id, limit=3)
    second = jobs.search(session, listener_id=listener_id, limit=3, cursor=first.next_cursor)
    assert [job.id for job in first.items + second.items] == made[::-1]
    assert second.next_cursor is None
    seen_by_admin = jobs.search(session, listener_id=listener_id, is_admin=True).items
    assert [job.id for job in seen_by_admin] == [platform.id, *made[::-1]]


def test_a_cursor_of_another_listener_s_list_is_refused(session: Session) -> None:
    mine, yours = rows.a_listener(session), rows.a_listener(session)
    for _ in range(3):
        rows.a_job(session, listener_id=mine)
    cursor = jobs.search(session, listener_id=mine, limit=1).next_cursor
    with pytest.raises(BadCursor):
        jobs.search(session, listener_id=yours, limit=1, cursor=cursor)
