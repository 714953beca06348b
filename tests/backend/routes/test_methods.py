"""HEAD, and what else an address takes."""

from __future__ import annotations

import httpx
import pytest

from tests.rows import a_job
from tests.visits import Web


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/readyz", "/api/v1/triggers", "/api/v1/sounds", "/nowhere", "/static/no.js", "/api/v1/x"]
)
def test_head_is_get_without_the_body(visitor: httpx.Client, path: str) -> None:
    visitor.get("/")
    head, get = visitor.head(path), visitor.get(path)
    assert head.content == b""
    assert head.status_code == get.status_code
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers["content-length"] == get.headers["content-length"]


def test_head_of_a_stream_of_events_does_not_wait_for_its_end(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        job_id = a_job(session, listener_id=web.id_of(visitor)).id
    head = visitor.head(f"/api/v1/jobs/{job_id}/events")
    assert head.status_code == 200
    assert head.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v1/sources", "GET, HEAD, POST"),
        ("/api/v1/sounds/x", "DELETE, GET, HEAD"),
        ("/api/v1/mixes", "POST"),
        ("/healthz", "GET, HEAD"),
    ],
)
def test_a_method_that_an_address_does_not_take_is_answered_with_those_it_does(
    visitor: httpx.Client, path: str, allowed: str
) -> None:
    response = visitor.patch(path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
