"""What becomes of a job, by the way its deed ends."""

import contextlib
import threading

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend.catalogue import claims
from backend.catalogue.errors import VideoRemoved
from backend.outbox import TaskName
from backend.tables import Job, JobState
from tests.rows import a_claim, a_job, a_source
from worker import held, stopping
from worker.held import HeldJob, Interrupted, Interruption
from worker.tasks.task import Deed, carry_out
from worker.video.facts import SiteBusy


@pytest.fixture(autouse=True)
def _no_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests share one connection, which a second thread must not use."""
    monkeypatch.setattr(held, "BEAT_EVERY_S", 3600.0)


@pytest.fixture
def job(session: Session) -> Job:
    return a_job(session, source_id=a_source(session).id)


def after(session: Session, job: Job, deed: Deed) -> Job:
    carry_out(deed, TaskName.LABEL_SOURCE, job.id)
    session.refresh(job)
    return job


def raising(error: Exception) -> Deed:
    def deed(_: HeldJob) -> None:
        raise error

    return deed


def test_a_refusal_fails_the_job_with_its_problem(session: Session, job: Job) -> None:
    after(session, job, raising(VideoRemoved("Gone.")))
    assert job.state is JobState.FAILED
    assert job.error == VideoRemoved("Gone.").problem()


def test_passing_trouble_queues_the_job_for_later(session: Session, job: Job) -> None:
    after(session, job, raising(SiteBusy("HTTP Error 429")))
    assert job.state is JobState.QUEUED
    assert job.not_before is not None
    assert job.n_retries == 1
    assert job.error is not None


def test_a_bug_fails_the_job_and_leaves_a_traceback_by_its_incident(
    session: Session, job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    after(session, job, raising(ZeroDivisionError("hunter2")))
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error["incident"] in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "hunter2" not in str(job.error)


def test_a_cancelled_job_ends_cancelled(session: Session, job: Job) -> None:
    after(session, job, raising(Interrupted(Interruption.CANCELLED)))
    assert job.state is JobState.CANCELLED


def test_a_stopping_worker_gives_its_job_back(session: Session, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "is_requested", lambda: True)
    after(session, job, lambda held_job: held_job.report(0.5))
    assert job.state is JobState.QUEUED
    assert job.n_lost == 0


def test_a_job_that_another_worker_took_is_left_to_it(session: Session, job: Job) -> None:
    def lose(held_job: HeldJob) -> None:
        job.claimed_by = "another"
        session.flush()
        with pytest.raises(claims.JobLost):
            claims.finish(session, held_job.claim)
        raise ValueError("too late to matter")

    after(session, job, lose)
    assert job.state is JobState.RUNNING
    assert job.claimed_by == "another"


def test_a_message_for_a_job_that_is_done_wakes_nobody(session: Session, job: Job) -> None:
    job.state = JobState.DONE
    session.flush()
    after(session, job, raising(AssertionError("must not run")))
    assert job.error is None


def test_progress_never_goes_back(session: Session, job: Job) -> None:
    seen: list[float | None] = []

    def deed(held_job: HeldJob) -> None:
        for progress in (0.2, 0.6, 0.4, 7.0):
            held_job.report(progress)
            seen.append(held_job.progress)
        with_claim = held_job.claim
        claims.finish(session, with_claim)

    after(session, job, deed)
    assert seen == [0.2, 0.6, 0.6, 1.0]


def test_an_interruption_is_raised_where_the_task_reports(session: Session, job: Job) -> None:
    reached = threading.Event()

    def deed(held_job: HeldJob) -> None:
        held_job.interrupt(Interruption.CANCELLED)
        held_job.report(0.1)
        reached.set()

    after(session, job, deed)
    assert not reached.is_set()
    assert job.state is JobState.CANCELLED


def test_an_outcome_waits_for_a_database_that_is_away(
    session: Session, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "BEAT_EVERY_S", 0.01)
    n_tries = 0

    def deed(held_job: HeldJob) -> None:
        def write(writing: Session) -> None:
            nonlocal n_tries
            n_tries += 1
            if n_tries < 3:
                raise OperationalError("INSERT", {}, ConnectionError("the server closed the connection"))
            claims.finish(writing, held_job.claim)

        held_job.record(write)

    monkeypatch.setattr("worker.tasks.task.beating", lambda _: contextlib.nullcontext())
    after(session, job, deed)
    assert n_tries == 3
    assert job.state is JobState.DONE


def test_a_note_is_written_once(session: Session, job: Job) -> None:
    held_job = HeldJob(a_claim(session, job))
    held_job.note(lambda _: None)
    assert held_job.take_note() is not None
    assert held_job.take_note() is None
