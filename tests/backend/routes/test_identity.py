"""Who asks: a listener by a signed cookie, the admin by a token."""

from __future__ import annotations

from hashlib import sha256
from uuid import uuid4

import httpx
import pytest
from itsdangerous import TimestampSigner
from pydantic import SecretStr

from backend.routes import identity
from backend.routes.identity import ADMIN_COOKIE, LISTENER_COOKIE, is_admin_token
from backend.settings import Settings
from backend.tables import Listener
from tests.rows import a_source
from tests.visits import Web, serving, slug_of


def cookie_header(response: httpx.Response) -> str:
    return next((line for line in response.headers.get_list("set-cookie") if line.startswith(LISTENER_COOKIE)), "")


def test_a_first_visit_is_given_a_cookie_that_scripts_and_other_sites_cannot_use(visitor: httpx.Client) -> None:
    given = cookie_header(visitor.get("/api/v1/triggers")).lower()
    assert "httponly" in given
    assert "samesite=lax" in given
    assert "path=/" in given
    assert "secure" not in given


def test_behind_tls_the_cookie_travels_over_tls_alone(committed: Settings) -> None:
    with serving(committed.model_copy(update={"secure_cookies": True})) as web:
        assert "secure" in cookie_header(web.visitor().get("/api/v1/triggers")).lower()


def test_a_known_visitor_keeps_the_cookie(visitor: httpx.Client) -> None:
    visitor.get("/api/v1/triggers")
    assert cookie_header(visitor.get("/api/v1/triggers")) == ""


def test_looking_around_leaves_no_row(web: Web, visitor: httpx.Client) -> None:
    visitor.get("/api/v1/triggers")
    visitor.get("/api/v1/sounds")
    with web.rows() as session:
        assert session.query(Listener).count() == 0


def test_failures_name_a_new_visitor_too(visitor: httpx.Client) -> None:
    response = visitor.get(f"/api/v1/sounds/{uuid4()}")
    assert response.status_code == 404
    assert cookie_header(response)


@pytest.mark.parametrize("forgery", ["", "nonsense", "a.b.c", "é", "{id}", "{signed with another key}"])
def test_a_forged_cookie_names_nobody(web: Web, visitor: httpx.Client, forgery: str) -> None:
    victim = web.id_of(web.visitor())
    with web.rows() as session:
        private = a_source(session, listener_id=victim).id
    other_key = TimestampSigner("another", salt="deepasmr.listener", digest_method=sha256)
    forged = {"{id}": str(victim), "{signed with another key}": other_key.sign(str(victim)).decode()}.get(
        forgery, forgery
    )
    response = visitor.get(f"/api/v1/sources/{private}", headers={"Cookie": f"{LISTENER_COOKIE}={forged}".encode()})
    assert slug_of(response) == "no-such-source"
    assert cookie_header(response)


def test_an_ageing_cookie_is_renewed_for_the_same_listener(
    web: Web, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = web.id_of(visitor)
    monkeypatch.setattr(identity, "LISTENER_COOKIE_RENEW_AFTER_S", -1)
    renewed = cookie_header(visitor.get("/api/v1/triggers"))
    assert renewed.startswith(f"{LISTENER_COOKIE}={name}.")


@pytest.mark.parametrize(
    ("set_token", "given", "is_right"),
    [
        ("s3cret", "s3cret", True),
        ("s3cret", "S3cret", False),
        ("s3cret", "", False),
        (None, "", False),
        ("é", "é", True),
    ],
)
def test_a_token_opens_only_where_it_is_the_one_that_is_set(set_token: str | None, given: str, is_right: bool) -> None:
    settings = Settings(admin_token=SecretStr(set_token) if set_token else None)
    assert is_admin_token(given, settings) is is_right


def test_who_is_not_admin_cannot_have_videos_ingested_on_an_open_platform(committed: Settings) -> None:
    open_to_all = committed.model_copy(update={"host": "0.0.0.0", "admin_token": SecretStr("s3cret")})  # noqa: S104
    video = {"url": "https://video.example/1"}
    with serving(open_to_all) as web:
        assert slug_of(web.visitor().post("/api/v1/sources", json=video)) == "admin-only"
        assert slug_of(web.visitor(**{"X-Admin-Token": "guess"}).post("/api/v1/sources", json=video)) == "admin-only"
        assert web.visitor(**{"X-Admin-Token": "s3cret"}).post("/api/v1/sources", json=video).status_code == 202


def test_a_token_given_once_is_remembered_until_it_changes(committed: Settings) -> None:
    open_to_all = committed.model_copy(update={"host": "0.0.0.0", "admin_token": SecretStr("s3cret")})  # noqa: S104
    with serving(open_to_all) as web:
        visitor = web.visitor()
        assert visitor.post("/ingest/unlock", data={"token": "guess"}).status_code == 403
        assert ADMIN_COOKIE not in visitor.cookies
        assert visitor.post("/ingest/unlock", data={"token": "s3cret"}).status_code == 303
        assert "s3cret" not in visitor.cookies[ADMIN_COOKIE]
        assert visitor.post("/api/v1/sources", json={"url": "https://video.example/1"}).status_code == 202
        remembered = visitor.cookies
    with serving(open_to_all.model_copy(update={"admin_token": SecretStr("another")})) as web:
        visitor = web.visitor()
        visitor.cookies.update(remembered)
        assert slug_of(visitor.post("/api/v1/sources", json={"url": "https://v.example/2"})) == "admin-only"


def test_without_a_token_set_nobody_is_admin_of_an_open_platform(committed: Settings) -> None:
    with serving(committed.model_copy(update={"host": "0.0.0.0"})) as web:  # noqa: S104
        response = web.visitor(**{"X-Admin-Token": ""}).post("/api/v1/sources", json={"url": "https://v.example/1"})
        assert slug_of(response) == "admin-only"


def test_on_loopback_everybody_is_admin(visitor: httpx.Client) -> None:
    assert visitor.post("/api/v1/sources", json={"url": "https://video.example/1"}).status_code == 202


@pytest.mark.parametrize(
    "told_by_the_proxy",
    [
        {"Host": "asmr.example"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Real-IP": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 edge"},
    ],
)
def test_who_comes_through_a_proxy_on_this_machine_needs_the_token(
    committed: Settings, told_by_the_proxy: dict[str, str]
) -> None:
    behind_proxy = committed.model_copy(
        update={"trusted_origins": ("https://asmr.example",), "admin_token": SecretStr("s3cret")}
    )
    video = {"url": "https://video.example/1"}
    with serving(behind_proxy) as web:
        assert slug_of(web.visitor(**told_by_the_proxy).post("/api/v1/sources", json=video)) == "admin-only"
        with_token = web.visitor(**told_by_the_proxy, **{"X-Admin-Token": "s3cret"})
        assert with_token.post("/api/v1/sources", json=video).status_code == 202
