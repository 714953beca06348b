"""HTTP methods that need no route of their own: HEAD, and what a 405 says is allowed."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Key in the ASGI scope: whether only the headers of an answer are wanted.
IS_HEAD = "deepasmr.is_head"
METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


class HeadRequests:
    """Outermost middleware that answers HEAD wherever GET is answered: with the same headers and no body.

    Routes see a GET. One whose body is dear to make looks for IS_HEAD in its scope.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, HEAD as GET, and keep the body of its answer back."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_headers_alone(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                # At once, so that an endless stream of events finds its listener gone.
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        # A copy: the server goes by its own scope when it decides that no body is to come.
        await self.app({**scope, "method": "GET", IS_HEAD: True}, receive, send_headers_alone)


def allowed_methods(request: Request) -> list[str]:
    """List the methods that the address of a request takes, whatever its own method is."""
    app: FastAPI = request.app
    taken = [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in app.routes)
    ]
    return sorted([*taken, "HEAD"]) if "GET" in taken else taken
