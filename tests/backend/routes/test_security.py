"""What browsers are told to refuse, and what is refused before any route sees it."""

from __future__ import annotations

import httpx
import pytest

from backend.settings import Settings
from tests.visits import Web, serving, slug_of

VIDEO = {"url": "https://video.example/1"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/api/v1/triggers"),
        ("GET", "/nowhere"),
        ("PUT", "/healthz"),
        ("GET", "/static/no.js"),
    ],
)
def test_every_answer_carries_the_security_headers(visitor: httpx.Client, method: str, path: str) -> None:
    headers = visitor.request(method, path).headers
    policy = dict(each.split(" ", 1) for each in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    # A page may ask for the microphone, to record; no page within it may.
    assert "microphone=(self)" in headers["permissions-policy"]
    assert "camera=()" in headers["permissions-policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "http://["},
    ],
)
def test_a_form_that_another_site_posts_is_refused(visitor: httpx.Client, headers: dict[str, str]) -> None:
    response = visitor.post("/api/v1/sources", json=VIDEO, headers=headers)
    assert response.status_code == 403
    assert slug_of(response) == "cross-site-request"


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}])
def test_our_own_pages_and_programs_may_post(visitor: httpx.Client, headers: dict[str, str]) -> None:
    assert visitor.post("/api/v1/sources", json=VIDEO, headers=headers).status_code == 202


def test_our_own_origin_may_post_where_a_browser_says_no_more(web: Web, visitor: httpx.Client) -> None:
    assert visitor.post("/api/v1/sources", json=VIDEO, headers={"Origin": web.address}).status_code == 202


def test_reading_may_start_anywhere(visitor: httpx.Client) -> None:
    assert visitor.get("/api/v1/triggers", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_a_trusted_origin_may_post(committed: Settings) -> None:
    trusting = committed.model_copy(update={"trusted_origins": ("https://asmr.example",)})
    from_there = {"Origin": "https://asmr.example", "Sec-Fetch-Site": "cross-site", "Host": "asmr.example"}
    with serving(trusting) as web:
        assert web.visitor().post("/language", data={"language": "ko"}, headers=from_there).status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8000", "localhost.evil.example", ""])
def test_a_name_rebound_to_loopback_is_refused(visitor: httpx.Client, host: str) -> None:
    response = visitor.get("/api/v1/triggers", headers={"Host": host})
    assert response.status_code == 421
    assert slug_of(response) == "foreign-host"


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "[::1]:8000", "[::1]", "LOCALHOST"])
def test_loopback_is_served_under_each_of_its_names(visitor: httpx.Client, host: str) -> None:
    assert visitor.get("/healthz", headers={"Host": host}).status_code == 200


def test_an_open_platform_is_served_under_any_name(committed: Settings) -> None:
    with serving(committed.model_copy(update={"host": "0.0.0.0"})) as web:  # noqa: S104
        assert web.visitor().get("/healthz", headers={"Host": "asmr.example"}).status_code == 200


def test_a_body_larger_than_any_of_ours_is_not_read(visitor: httpx.Client) -> None:
    response = visitor.post("/api/v1/mixes", content=b"[" + b" " * 70_000, headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert "too-large" in slug_of(response)
