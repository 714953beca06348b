"""Who asks: an anonymous listener named by a signed cookie, and perhaps the admin."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from itsdangerous import BadSignature, TimestampSigner
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from backend.routes.security import is_from_this_machine
from backend.settings import Settings

LISTENER_COOKIE = "deepasmr_listener"
ADMIN_COOKIE = "deepasmr_admin"
ADMIN_HEADER = "x-admin-token"
# Browsers keep a cookie for at most 400 days; it is renewed long before, so that who returns keeps what is theirs.
LISTENER_COOKIE_MAX_AGE_S = 400 * 24 * 3600
LISTENER_COOKIE_RENEW_AFTER_S = 30 * 24 * 3600
ADMIN_COOKIE_MAX_AGE_S = 12 * 3600


@dataclass(frozen=True)
class Caller:
    """Who a request comes from.

    Attributes:
        listener_id: Id of the listener; its row exists from the first write on.
        is_fresh: Whether the cookie that names the listener has yet to be sent, or is due to be renewed.
        is_admin: Whether the caller may ingest and delete sources.
    """

    listener_id: UUID
    is_fresh: bool
    is_admin: bool


def read_caller(request: Request, settings: Settings) -> Caller:
    """Read who asks from the cookies and headers of a request.

    A cookie that is missing, forged, or signed with another key names a new listener.

    Args:
        request: The request being answered.
        settings: The secret key, the admin token, and whether only this machine can reach the platform.

    Returns:
        The caller; the same for the whole request.
    """
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    listener_id, is_fresh = _read_listener(request.cookies.get(LISTENER_COOKIE, ""), settings)
    caller = Caller(listener_id, is_fresh, is_admin=_is_admin(request, settings))
    request.state.caller = caller
    return caller


def is_admin_token(token: str, settings: Settings) -> bool:
    """Compare a token with the admin's in constant time; without a token set, nobody is admin by token."""
    expected = settings.admin_token.get_secret_value() if settings.admin_token else ""
    return bool(expected) and secrets.compare_digest(token.encode(), expected.encode())


def remember_admin(response: Response, settings: Settings) -> None:
    """Set the cookie that stands for an admin token that was just checked; a changed token ends it."""
    signed = _signer(settings, "admin").sign(_admin_fingerprint(settings)).decode()
    response.set_cookie(
        ADMIN_COOKIE,
        signed,
        max_age=ADMIN_COOKIE_MAX_AGE_S,
        httponly=True,
        samesite="strict",
        secure=settings.secure_cookies,
    )


class ListenerCookie:
    """Middleware that names a listener to its browser once a route has asked who it is.

    A middleware and not a dependency: failures and rendered pages must carry the cookie too.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; add the cookie to its answer when one is due."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_with_cookie(message: Message) -> None:
            caller: Caller | None = state.get("caller")
            if message["type"] == "http.response.start" and caller is not None and caller.is_fresh:
                carrier = Response()
                carrier.set_cookie(
                    LISTENER_COOKIE,
                    _signer(self.settings, "listener").sign(str(caller.listener_id)).decode(),
                    max_age=LISTENER_COOKIE_MAX_AGE_S,
                    httponly=True,
                    samesite="lax",
                    secure=self.settings.secure_cookies,
                )
                cookies = [header for header in carrier.raw_headers if header[0] == b"set-cookie"]
                message["headers"] = [*message["headers"], *cookies]
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def _read_listener(cookie: str, settings: Settings) -> tuple[UUID, bool]:
    try:
        name, signed_at = _signer(settings, "listener").unsign(
            cookie, max_age=LISTENER_COOKIE_MAX_AGE_S, return_timestamp=True
        )
        return UUID(name.decode()), time.time() - signed_at.timestamp() > LISTENER_COOKIE_RENEW_AFTER_S
    except (BadSignature, ValueError):
        return uuid7(), True


def _is_admin(request: Request, settings: Settings) -> bool:
    if settings.bound_to_loopback and is_from_this_machine(request.headers):
        # Who sits at the machine owns the platform.
        return True
    if is_admin_token(request.headers.get(ADMIN_HEADER, ""), settings):
        return True
    try:
        signed = _signer(settings, "admin").unsign(
            request.cookies.get(ADMIN_COOKIE, ""), max_age=ADMIN_COOKIE_MAX_AGE_S
        )
    except (BadSignature, ValueError):
        return False
    return settings.admin_token is not None and secrets.compare_digest(signed, _admin_fingerprint(settings))


def _admin_fingerprint(settings: Settings) -> bytes:
    token = settings.admin_token.get_secret_value() if settings.admin_token else ""
    return hashlib.sha256(token.encode()).hexdigest().encode()


def _signer(settings: Settings, purpose: Literal["listener", "admin"]) -> TimestampSigner:
    return TimestampSigner(
        settings.secret_key.get_secret_value(), salt=f"deepasmr.{purpose}", digest_method=hashlib.sha256
    )
