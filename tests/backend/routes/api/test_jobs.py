"""Jobs over HTTP: watched, followed, cancelled, tried again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from queue import Queue
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, update
from sse_starlette.sse import AppStatus

from backend.routes import events
from backend.tables import Job, JobState
from tests.rows import a_job, a_listener, a_source
from tests.visits import Web, slug_of
from tests.waiting import eventually

PROBLEM = {"type": "/problems/video-removed", "title": "Video removed", "detail": "It is not there any more."}


def a_job_of(web: Web, visitor: httpx.Client, **facts: Any) -> str:
    me = web.id_of(visitor)
    with web.rows() as session:
        return str(a_job(session, **({"listener_id": me} | facts)).id)


def change(web: Web, job_id: str, **values: Any) -> None:
    with web.rows() as session:
        session.execute(update(Job).where(Job.id == UUID(job_id)).values(**values))


def running() -> dict[str, Any]:
    return {"state": JobState.RUNNING, "claimed_by": "somebody", "heartbeat_at": func.clock_timestamp()}


def told(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """The jobs that an open stream tells, one by one."""
    name = ""
    for line in response.iter_lines():
        if line.startswith("event:"):
            name = line.removeprefix("event:").strip()
        elif line.startswith("data:"):
            assert name == "job"
            yield json.loads(line.removeprefix("data:"))


def test_a_job_shows_how_far_it_is(web: Web, visitor: httpx.Client) -> None:
    job_id = a_job_of(web, visitor, progress=0.25, phase="downloading", **running())
    job = visitor.get(f"/api/v1/jobs/{job_id}").json()
    assert (job["state"], job["progress"], job["phase"], job["position"]) == ("running", 0.25, "downloading", None)
    assert job["is_cancelling"] is False


def test_a_failed_job_shows_the_problem_it_failed_with(web: Web, visitor: httpx.Client) -> None:
    job_id = a_job_of(web, visitor, state=JobState.FAILED, error=PROBLEM)
    assert visitor.get(f"/api/v1/jobs/{job_id}").json()["error"] == PROBLEM


def test_waiting_jobs_know_their_place_in_the_queue(web: Web, visitor: httpx.Client) -> None:
    ids = [a_job_of(web, visitor) for _ in range(3)]
    assert [visitor.get(f"/api/v1/jobs/{job_id}").json()["position"] for job_id in ids] == [0, 1, 2]


def test_somebody_elses_job_looks_like_none(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        other = a_listener(session)
        private = a_source(session, listener_id=other)
        job_id = a_job(session, listener_id=other, source_id=private.id).id
    for response in (
        visitor.get(f"/api/v1/jobs/{job_id}"),
        visitor.get(f"/api/v1/jobs/{job_id}/events"),
        visitor.post(f"/api/v1/jobs/{job_id}/cancel"),
        visitor.post(f"/api/v1/jobs/{job_id}/retry"),
        visitor.get(f"/api/v1/jobs/{uuid4()}"),
    ):
        assert response.status_code == 404
        assert slug_of(response) == "no-such-job"


def test_jobs_are_listed_newest_first(web: Web, visitor: httpx.Client) -> None:
    ids = [a_job_of(web, visitor) for _ in range(3)]
    page = visitor.get("/api/v1/jobs?limit=2").json()
    assert [job["id"] for job in page["items"]] == ids[:0:-1]
    rest = visitor.get("/api/v1/jobs", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert [job["id"] for job in rest["items"]] == ids[:1]
    assert rest["next_cursor"] is None


def test_a_queued_job_is_cancelled_at_once_and_only_once(web: Web, visitor: httpx.Client) -> None:
    job_id = a_job_of(web, visitor)
    assert visitor.post(f"/api/v1/jobs/{job_id}/cancel").json()["state"] == "cancelled"
    again = visitor.post(f"/api/v1/jobs/{job_id}/cancel")
    assert again.status_code == 409
    assert slug_of(again) == "job-not-cancellable"


def test_a_running_job_is_asked_to_stop(web: Web, visitor: httpx.Client) -> None:
    job_id = a_job_of(web, visitor, **running())
    job = visitor.post(f"/api/v1/jobs/{job_id}/cancel").json()
    assert (job["state"], job["is_cancelling"]) == ("running", True)


def test_a_failed_job_is_tried_again_and_a_done_one_is_not(web: Web, visitor: httpx.Client) -> None:
    failed, done = (a_job_of(web, visitor, state=state) for state in (JobState.FAILED, JobState.DONE))
    response = visitor.post(f"/api/v1/jobs/{failed}/retry")
    assert response.status_code == 202
    assert response.json()["state"] == "queued"
    assert slug_of(visitor.post(f"/api/v1/jobs/{done}/retry")) == "job-not-retryable"


def test_events_tell_each_change_and_end_with_the_job(web: Web, visitor: httpx.Client) -> None:
    job_id = a_job_of(web, visitor)
    with visitor.stream("GET", f"/api/v1/jobs/{job_id}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        jobs = told(response)
        assert next(jobs)["state"] == "queued"
        change(web, job_id, progress=0.5, phase="listening", **running())
        assert (now := next(jobs))["phase"] == "listening"
        assert now == visitor.get(f"/api/v1/jobs/{job_id}").json()
        change(web, job_id, state=JobState.DONE, progress=1.0, claimed_by=None, heartbeat_at=None)
        assert next(jobs)["state"] == "done"
        assert list(jobs) == []


def test_an_ended_job_is_told_once_and_then_not_again(web: Web, visitor: httpx.Client) -> None:
    job_id = a_job_of(web, visitor, state=JobState.DONE)
    path = f"/api/v1/jobs/{job_id}/events"
    with visitor.stream("GET", path) as response:
        assert [job["state"] for job in told(response)] == ["done"]
    assert visitor.get(path, headers={"Last-Event-ID": "1"}).status_code == 204


def test_a_job_that_is_deleted_ends_its_stream(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        source = a_source(session)
        job_id, source_id = str(a_job(session, source_id=source.id).id), source.id
    with visitor.stream("GET", f"/api/v1/jobs/{job_id}/events") as response:
        jobs = told(response)
        assert next(jobs)["state"] == "queued"
        assert visitor.delete(f"/api/v1/sources/{source_id}").status_code == 204
        assert list(jobs) == []


def test_many_follow_at_once_and_all_are_told_while_others_are_served(
    web: Web, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_followers = 40
    n_reads = 0
    watch = web.app.state.job_watch
    read = watch._read

    def counted(job_ids: Any) -> Any:
        nonlocal n_reads
        n_reads += 1
        return read(job_ids)

    monkeypatch.setattr(watch, "_read", counted)
    job_id = a_job_of(web, visitor)
    heard: Queue[str] = Queue()

    def follow() -> None:
        with httpx.Client(base_url=web.address, cookies=visitor.cookies, timeout=30) as follower:
            with follower.stream("GET", f"/api/v1/jobs/{job_id}/events") as response:
                for job in told(response):
                    heard.put(job["state"])

    threads = [threading.Thread(target=follow) for _ in range(n_followers)]
    for thread in threads:
        thread.start()
    eventually(lambda: heard.qsize() == n_followers, timeout_s=20)
    assert visitor.get("/api/v1/triggers").status_code == 200
    n_before = n_reads
    change(web, job_id, state=JobState.CANCELLED)
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(heard.queue) == ["cancelled"] * n_followers + ["queued"] * n_followers
    # One reader for all: what forty listeners cost the database is what one costs.
    assert n_reads - n_before < n_followers / 2
    assert not watch._followers
    assert not watch._latest


def test_a_web_that_is_told_to_stop_ends_its_streams(
    web: Web, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = a_job_of(web, visitor)
    with visitor.stream("GET", f"/api/v1/jobs/{job_id}/events") as response:
        jobs = told(response)
        assert next(jobs)["state"] == "queued"
        # What uvicorn's handler of SIGINT and SIGTERM does once sse-starlette is loaded.
        monkeypatch.setattr(AppStatus, "should_exit", True)
        assert list(jobs) == []


def test_a_database_that_goes_away_and_comes_back_does_not_end_the_stream(
    web: Web, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    monkeypatch.setattr(events, "PAUSE_S", 0.1)
    watch = web.app.state.job_watch
    read, n_failures = watch._read, 0

    def failing_at_first(job_ids: Any) -> Any:
        nonlocal n_failures
        if n_failures < 2:
            n_failures += 1
            raise OperationalError("SELECT", {}, Exception("away"))
        return read(job_ids)

    job_id = a_job_of(web, visitor)
    monkeypatch.setattr(watch, "_read", failing_at_first)
    with visitor.stream("GET", f"/api/v1/jobs/{job_id}/events") as response:
        jobs = told(response)
        assert next(jobs)["state"] == "queued"
        eventually(lambda: n_failures == 2)
        change(web, job_id, state=JobState.CANCELLED)
        assert next(jobs)["state"] == "cancelled"
