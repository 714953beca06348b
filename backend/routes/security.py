"""What every answer tells a browser to refuse, and which requests are refused before any route sees them."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.routes.problems import Problem, answer
from backend.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
FORWARDING_HEADERS = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
# Key in the ASGI scope: how many bytes of body a request may have.
BODY_LIMIT = "deepasmr.body_limit_bytes"
BODY_MAX_BYTES = 64 * 1024

# Thumbnails and players of other sites are linked, never embedded: nothing is fetched from anywhere else.
# blob: is where wavesurfer.js keeps decoded sound and where a chosen file is played before its upload.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Middleware that puts the security headers on every answer, failures included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and add the headers to its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # Nearly every answer depends on its listener; the few that do not say so themselves.
                headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class BodyLimit:
    """Middleware that stops reading a body once it is larger than any form or JSON of ours.

    A route that takes more, an upload, says so by setting BODY_LIMIT in its scope before it reads.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count the bytes of its body as they are read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope[BODY_LIMIT] = BODY_MAX_BYTES
        n_bytes = 0

        async def counted_receive() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > scope[BODY_LIMIT]:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large.")
            return message

        await self.app(scope, counted_receive, send)


class RequestGate:
    """Middleware that refuses requests for a foreign host and unsafe requests that another site started.

    A cookie alone does not show that its listener wanted a request: any page on the web can post a form here. Browsers
    say where a request comes from in Sec-Fetch-Site, older ones in Origin; programs send neither. And while only this
    machine can reach the platform, a foreign host name can only be a page that rebinds its own name to loopback.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        self.trusted_origins = frozenset(origin.rstrip("/").lower() for origin in settings.trusted_origins)
        trusted_hosts = {urlsplit(origin).hostname or "" for origin in self.trusted_origins}
        self.allowed_hosts = LOOPBACK_NAMES | trusted_hosts if settings.bound_to_loopback else frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on untouched."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal: Response | None = None
        if not self._is_allowed_host(headers.get("host", "")):
            refusal = _refusal(
                Request(scope), HTTPStatus.MISDIRECTED_REQUEST, "foreign-host", "This host is not served."
            )
        elif scope["method"] not in SAFE_METHODS and self._is_cross_site(headers):
            refusal = _refusal(
                Request(scope), HTTPStatus.FORBIDDEN, "cross-site-request", "The request was started by another site."
            )
        await (refusal or self.app)(scope, receive, send)

    def _is_allowed_host(self, host: str) -> bool:
        if not self.allowed_hosts:
            return True
        return host_name(host) in self.allowed_hosts

    def _is_cross_site(self, headers: Headers) -> bool:
        origin = headers.get("origin", "").lower()
        if origin in self.trusted_origins:
            return False
        fetch_site = headers.get("sec-fetch-site")
        if fetch_site is not None:
            return fetch_site not in {"same-origin", "none"}
        # Not by a parser: it raises on what is no address, and whoever sends that is to be refused like others.
        return origin != "" and origin.partition("://")[2] != headers.get("host", "").lower()


def host_name(host: str) -> str:
    """Return the name in a Host header, in lower case and without the port."""
    return host.lower() if host.endswith("]") else host.lower().rpartition(":")[0] or host.lower()


def is_from_this_machine(headers: Headers) -> bool:
    """Tell whether a request that came in on loopback was also made on this machine, and not passed on by a proxy.

    A proxy or tunnel here hands on what the whole world asks. It tells by the host's public name, or by the headers
    with which proxies say whom they speak for.
    """
    is_passed_on = any(name in headers for name in FORWARDING_HEADERS)
    return not is_passed_on and host_name(headers.get("host", "")) in LOOPBACK_NAMES


def _refusal(request: Request, status: HTTPStatus, slug: str, detail: str) -> Response:
    problem = Problem(
        type=f"/problems/{slug}", title=status.phrase, status=status, detail=detail, instance=request.url.path
    )
    return answer(request, problem)
