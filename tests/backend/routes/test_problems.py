"""Every failure as one problem."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import httpx
import psycopg.errors
import pytest
import sqlalchemy.exc
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from backend.catalogue import errors
from backend.routes import problems
from backend.routes.security import SecurityHeaders
from tests.serving import served
from tests.visits import slug_of

SECRET = "password=hunter2"


@pytest.fixture(scope="module")
def faulty() -> Iterator[httpx.Client]:
    """An application whose every route fails in its own way."""
    app = FastAPI()
    app.add_middleware(problems.UnexpectedErrors)
    app.add_middleware(SecurityHeaders)
    problems.install(app)
    failures: dict[str, Exception] = {
        "bug": RuntimeError(SECRET),
        "full": sqlalchemy.exc.OperationalError(SECRET, {}, psycopg.errors.DiskFull(SECRET)),
        "away": sqlalchemy.exc.OperationalError(SECRET, {}, psycopg.OperationalError(SECRET)),
        "pool": sqlalchemy.exc.TimeoutError(SECRET),
        "statement": sqlalchemy.exc.ProgrammingError(SECRET, {}, psycopg.errors.UndefinedTable(SECRET)),
        "share": errors.TooManyRequests(retry_after_s=17),
        "numbers": errors.UploadTooLarge("So large!", max_bytes=5, id=uuid4()),
    }

    @app.get("/fails/{how}")
    def fail(how: str) -> None:
        raise failures[how]

    @app.get("/breaks")
    def break_off() -> StreamingResponse:
        def half() -> Iterator[bytes]:
            yield b"half of it"
            raise RuntimeError(SECRET)

        return StreamingResponse(half(), headers={"Content-Length": "100"})

    with served(app) as address, httpx.Client(base_url=address) as client:
        yield client


@pytest.mark.parametrize(
    ("how", "status", "slug"),
    [
        ("bug", 500, "internal"),
        ("statement", 500, "internal"),
        ("full", 507, "storage-full"),
        ("away", 503, "catalogue-unavailable"),
        ("pool", 503, "catalogue-unavailable"),
        ("share", 429, "too-many-requests"),
        ("numbers", 413, "upload-too-large"),
    ],
)
def test_each_failure_has_its_status_and_tells_no_secret(
    faulty: httpx.Client, how: str, status: int, slug: str
) -> None:
    response = faulty.get(f"/fails/{how}")
    assert response.status_code == status
    assert slug_of(response) == slug
    assert "hunter2" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_bug_is_known_by_an_incident_that_the_log_explains(
    faulty: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    incident = faulty.get("/fails/bug").json()["incident"]
    written = next(record for record in caplog.records if incident in record.getMessage())
    assert written.exc_info is not None
    assert SECRET in str(written.exc_info[1])


def test_who_asked_too_often_or_too_early_is_told_when_to_come_back(faulty: httpx.Client) -> None:
    assert faulty.get("/fails/share").headers["retry-after"] == "17"
    assert faulty.get("/fails/away").headers["retry-after"] == str(problems.RETRY_AFTER_S)


def test_the_numbers_of_an_error_travel_with_it(faulty: httpx.Client) -> None:
    problem = faulty.get("/fails/numbers").json()
    assert problem["detail"] == "So large!"
    assert problem["max_bytes"] == 5


def test_an_answer_that_breaks_in_the_middle_is_not_taken_for_a_whole_one(faulty: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        faulty.get("/breaks")


def test_a_browser_is_shown_the_problem_as_a_page_and_htmx_as_a_fragment(visitor: httpx.Client) -> None:
    page = visitor.get("/nowhere", headers={"Accept": "text/html,*/*"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "<html" in page.text
    assert 'role="alert"' in page.text
    fragment = visitor.get("/nowhere", headers={"HX-Request": "true"})
    assert fragment.status_code == 404
    assert "<html" not in fragment.text
    assert 'role="alert"' in fragment.text
    assert "HX-Request" in fragment.headers["vary"]


def test_the_api_answers_json_whoever_asks(visitor: httpx.Client) -> None:
    response = visitor.get("/api/v1/nowhere", headers={"Accept": "text/html", "HX-Request": "true"})
    assert slug_of(response) == "not-found"


def test_what_a_page_shows_of_a_request_is_escaped(visitor: httpx.Client) -> None:
    page = visitor.get("/%3Cscript%3Ealert(1)%3C/script%3E", headers={"Accept": "text/html"})
    assert "<script>alert(1)" not in page.text
