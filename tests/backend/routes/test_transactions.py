"""A request is one transaction, decided before its answer leaves."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend.tables import Source
from tests.visits import Web, slug_of

VIDEO = {"url": "https://video.example/1"}


@pytest.fixture
def commits_that_fail() -> Iterator[None]:
    def fail(_session: Session) -> None:
        raise OperationalError("COMMIT", {}, psycopg.OperationalError("the server closed the connection"))

    event.listen(Session, "before_commit", fail)
    yield
    event.remove(Session, "before_commit", fail)


def test_a_commit_that_fails_is_answered_as_a_failure(visitor: httpx.Client, commits_that_fail: None) -> None:
    response = visitor.post("/api/v1/sources", json=VIDEO)
    assert response.status_code == 503
    assert slug_of(response) == "catalogue-unavailable"


def test_a_request_that_fails_leaves_nothing_behind(
    web: Web, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.routes.api import sources

    def broken(*_: object) -> None:
        raise RuntimeError("after the rows were written")

    monkeypatch.setattr(sources, "_body_of", broken)
    response = visitor.post("/api/v1/sources", json=VIDEO)
    assert response.status_code == 500
    assert "rows were written" not in response.text
    with web.rows() as session:
        assert session.query(Source).count() == 0


def test_a_database_that_dropped_its_connections_is_found_again_without_a_restart(
    web: Web, visitor: httpx.Client
) -> None:
    for _ in range(3):
        assert visitor.get("/api/v1/triggers").status_code == 200
    cut_others_off = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND datname = current_database()
    """
    with web.rows() as session:
        session.execute(text(cut_others_off))
    assert visitor.get("/api/v1/triggers").status_code == 200
