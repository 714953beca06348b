"""Stored bytes by Range, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from backend.routes.methods import HeadRequests
from backend.routes.ranges import stored_bytes
from tests.serving import served

WHOLE = bytes(range(256)) * 1000
ETAG = '"sha256/ab/cd"'


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    app = FastAPI()

    app.add_middleware(HeadRequests)

    @app.get("/whole")
    def whole(request: Request) -> Response:
        def read(start: int, end: int) -> Iterator[bytes]:
            for at in range(start, end, 1000):
                yield WHOLE[at : min(end, at + 1000)]

        return stored_bytes(
            request, n_bytes=len(WHOLE), read=read, media_type="audio/flac", etag="sha256/ab/cd", filename="a.flac"
        )

    with served(app) as address, httpx.Client(base_url=address) as client:
        yield client


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-499", 0, 500),
        ("bytes=500-", 500, len(WHOLE)),
        ("bytes=-100", len(WHOLE) - 100, len(WHOLE)),
        ("bytes=999-99999999999", 999, len(WHOLE)),
        ("BYTES = 5 - 7", 5, 8),
        (f"bytes=-{10 * len(WHOLE)}", 0, len(WHOLE)),
    ],
)
def test_one_range_is_answered_with_exactly_those_bytes(
    client: httpx.Client, wanted: str, start: int, end: int
) -> None:
    response = client.get("/whole", headers={"Range": wanted})
    assert response.status_code == 206
    assert response.content == WHOLE[start:end]
    assert response.headers["content-range"] == f"bytes {start}-{end - 1}/{len(WHOLE)}"
    assert response.headers["content-length"] == str(end - start)
    assert response.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize("wanted", [f"bytes={len(WHOLE)}-", "bytes=-0", f"bytes={len(WHOLE)}-{len(WHOLE) + 5}"])
def test_a_range_outside_is_416_with_the_length_that_there_is(client: httpx.Client, wanted: str) -> None:
    response = client.get("/whole", headers={"Range": wanted})
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{len(WHOLE)}"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "wanted", ["bytes=5-2", "bytes=-", "bytes=a-b", "seconds=0-1", "bytes=0-1,5-9", "bytes=", "bytes=1-2-3"]
)
def test_a_range_that_is_none_or_several_gives_the_whole(client: httpx.Client, wanted: str) -> None:
    response = client.get("/whole", headers={"Range": wanted})
    assert response.status_code == 200
    assert response.content == WHOLE


@pytest.mark.parametrize(
    ("if_range", "status"),
    [(ETAG, 206), ('"other"', 200), (f"W/{ETAG}", 200), ("Sun, 22 Nov 2026 10:00:00 GMT", 200)],
)
def test_if_range_asks_for_the_part_only_of_the_same_bytes(client: httpx.Client, if_range: str, status: int) -> None:
    assert client.get("/whole", headers={"Range": "bytes=0-9", "If-Range": if_range}).status_code == status


def test_head_gives_the_headers_of_get_without_the_bytes(client: httpx.Client) -> None:
    head, get = client.head("/whole"), client.get("/whole")
    assert head.status_code == 200
    assert head.content == b""
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}
    assert client.head("/whole", headers={"Range": "bytes=0-9"}).headers["content-length"] == "10"


@pytest.mark.parametrize("known", [ETAG, f"W/{ETAG}", f'"x", {ETAG}', "*"])
def test_bytes_that_the_asker_has_are_not_sent_again(client: httpx.Client, known: str) -> None:
    response = client.get("/whole", headers={"If-None-Match": known})
    assert response.status_code == 304
    assert response.content == b""
    assert response.headers["etag"] == ETAG


def test_bytes_named_by_their_content_are_kept_for_ever_and_by_their_listener_alone(client: httpx.Client) -> None:
    assert client.get("/whole").headers["cache-control"] == "private, max-age=31536000, immutable"
