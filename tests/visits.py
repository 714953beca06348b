"""The web as browsers and programs meet it: a socket in front, real PostgreSQL and Redis behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.catalogue import listeners
from backend.database import one_transaction
from backend.routes.identity import LISTENER_COOKIE
from backend.settings import Settings
from backend.storage import Storage
from tests.serving import served


@dataclass
class Web:
    """A running web application and who visits it."""

    settings: Settings
    app: FastAPI
    address: str
    visits: ExitStack

    @property
    def storage(self) -> Storage:
        storage: Storage = self.app.state.storage
        return storage

    def visitor(self, **headers: str) -> httpx.Client:
        """Somebody with a cookie jar of their own."""
        return self.visits.enter_context(httpx.Client(base_url=self.address, headers=headers, timeout=20))

    def rows(self) -> AbstractContextManager[Session]:
        return one_transaction(self.settings)

    def id_of(self, visitor: httpx.Client) -> UUID:
        """The listener that a visitor is, on record."""
        if LISTENER_COOKIE not in visitor.cookies:
            visitor.get("/api/v1/triggers")
        name = UUID(visitor.cookies[LISTENER_COOKIE].split(".")[0])
        with self.rows() as session:
            listeners.arrive(session, name)
        return name


@contextmanager
def serving(settings: Settings) -> Iterator[Web]:
    """Serve the web with these settings for a block."""
    app = create_app(settings)
    with served(app) as address, ExitStack() as visits:
        yield Web(settings, app, address, visits)


def slug_of(response: httpx.Response) -> str:
    """The kind of problem that a response tells, after checking that it has the one shape of all problems."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem = response.json()
    assert {"type", "title", "status", "detail", "instance"} <= problem.keys()
    assert problem["status"] == response.status_code
    assert problem["instance"] == response.request.url.path
    return str(problem["type"]).removeprefix("/problems/")
