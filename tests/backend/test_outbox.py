"""A job's message leaves after the commit, or not at all, and never holds a request up."""

import base64
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import database, outbox
from backend.catalogue import claims
from backend.outbox import QUEUE_OF, TaskName
from backend.settings import Settings, get_settings
from backend.tables import Job, JobState
from tests import rows
from tests.services import RedisServer


def messages(server: RedisServer, queue: str) -> list[list[str]]:
    """Task and job id of each message that waits in a queue, first in first."""
    with redis.Redis.from_url(server.url) as client:
        waiting = [json.loads(word) for word in client.lrange(queue, 0, -1)]
    return [[each["headers"]["task"], json.loads(base64.b64decode(each["body"]))[0][0]] for each in reversed(waiting)]


def test_nothing_is_sent_before_the_commit(session: Session, redis_server: RedisServer) -> None:
    job = outbox.enqueue(session, TaskName.INGEST_SOURCE, listener_id=None)
    assert messages(redis_server, "ingest") == []
    session.commit()
    assert messages(redis_server, "ingest") == [["ingest_source", str(job.id)]]


def test_a_sent_job_is_marked_so(session: Session) -> None:
    job = outbox.enqueue(session, TaskName.MIX_SOUNDS, listener_id=None)
    session.commit()
    session.refresh(job)
    assert job.sent_at is not None
    assert job.n_sent == 1


def test_a_rollback_sends_nothing(session: Session, redis_server: RedisServer) -> None:
    outbox.enqueue(session, TaskName.MIX_SOUNDS, listener_id=None)
    session.rollback()
    session.add(rows.Listener())
    session.commit()
    assert messages(redis_server, "sound") == []


def test_a_released_savepoint_is_not_a_commit(session: Session, redis_server: RedisServer) -> None:
    with session.begin_nested():
        outbox.enqueue(session, TaskName.MIX_SOUNDS, listener_id=None)
    assert messages(redis_server, "sound") == []
    session.commit()
    assert len(messages(redis_server, "sound")) == 1


def test_an_undone_savepoint_does_not_take_earlier_messages_with_it(
    session: Session, redis_server: RedisServer
) -> None:
    kept = outbox.enqueue(session, TaskName.MIX_SOUNDS, listener_id=None)
    inner = session.begin_nested()
    session.add(rows.Listener())
    inner.rollback()
    session.commit()
    assert messages(redis_server, "sound") == [["mix_sounds", str(kept.id)]]


def test_a_job_handed_on_is_sent_to_the_next_queue(session: Session, redis_server: RedisServer) -> None:
    job = rows.a_job(session, task=TaskName.INGEST_SOURCE)
    claims.hand_on(session, rows.a_claim(session, job), TaskName.LABEL_SOURCE)
    session.commit()
    assert messages(redis_server, "ingest") == []
    assert messages(redis_server, "sound") == [["label_source", str(job.id)]]


def test_what_the_sweep_finds_is_sent_and_marked(session: Session, redis_server: RedisServer) -> None:
    job = rows.a_job(session)
    rows.a_claim(session, job)
    rows.goes_silent(session, job.id)
    claims.sweep(session)
    session.commit()
    assert messages(redis_server, "sound") == [["label_source", str(job.id)]]


@pytest.fixture
def without_broker(
    committed: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    """A broker that refuses (nobody listens), or one that takes the connection and never says a word."""
    with socket.socket(socket.AF_UNIX) as silent:
        if request.param == "silent":
            silent.bind(str(tmp_path / "r.sock"))
            silent.listen()
        monkeypatch.setenv("DEEPASMR_REDIS_URL", f"unix://{tmp_path}/r.sock")
        get_settings.cache_clear()
        yield
    get_settings.cache_clear()


@pytest.mark.parametrize("without_broker", ["refuses", "silent"], indirect=True)
def test_a_broker_that_is_away_neither_fails_nor_hangs_the_request(without_broker: None) -> None:
    began_s = time.monotonic()
    with database.one_transaction() as session:
        for _ in range(5):
            outbox.enqueue(session, TaskName.VARY_SOUND, listener_id=None)
    took_s = time.monotonic() - began_s
    with database.one_transaction() as session:
        jobs = session.scalars(select(Job)).all()
    assert [(job.state, job.sent_at) for job in jobs] == [(JobState.QUEUED, None)] * 5
    # One timeout of a second, not five, and no endless retry; the bound leaves room for a busy machine.
    assert took_s < 4.9


def test_messages_wait_for_a_broker_that_comes_back(committed: Settings, redis_server: RedisServer) -> None:
    redis_server.stop()
    try:
        with database.one_transaction() as session:
            job = outbox.enqueue(session, TaskName.VARY_SOUND, listener_id=None)
    finally:
        redis_server.start()
    with database.one_transaction() as session:
        later = session.scalar(select(claims._clock() + claims._interval(60.0)))
        assert [swept.id for swept in claims.sweep(session, later)] == [job.id]
    assert messages(redis_server, "sound") == [["vary_sound", str(job.id)]]


def test_messages_survive_a_restart_of_the_broker(committed: Settings, redis_server: RedisServer) -> None:
    with database.one_transaction() as session:
        job = outbox.enqueue(session, TaskName.VARY_SOUND, listener_id=None)
    redis_server.kill()
    redis_server.start()
    assert messages(redis_server, "sound") == [["vary_sound", str(job.id)]]


def test_every_task_has_a_queue() -> None:
    assert set(QUEUE_OF) == set(TaskName)


def test_equal_requests_have_equal_digests() -> None:
    assert outbox.digest({"a": 1, "b": [2.5]}) == outbox.digest({"b": [2.5], "a": 1})
    assert outbox.digest({"a": 1}) != outbox.digest({"a": 2})
