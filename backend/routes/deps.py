"""What routes ask for by type: the settings, a transaction, who calls, the storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, cast

from fastapi import Depends, Header, Query, Request
from sqlalchemy.orm import Session

from backend.database import one_transaction
from backend.routes import limits
from backend.routes.identity import Caller, read_caller
from backend.settings import Settings
from backend.storage import Storage

# Longer keys are no keys but payloads.
IDEMPOTENCY_KEY_MAX_LENGTH = 200


# What waits for nothing is asynchronous: FastAPI sends every other dependency to a thread of its own, which takes
# longer than all that these do.
async def get_settings(request: Request) -> Settings:
    """Return the settings that the application was created with."""
    return cast(Settings, request.app.state.settings)


async def get_storage(request: Request) -> Storage:
    """Return the storage of audio bytes."""
    return cast(Storage, request.app.state.storage)


SettingsDep = Annotated[Settings, Depends(get_settings)]
StorageDep = Annotated[Storage, Depends(get_storage)]


def get_session(settings: SettingsDep) -> Iterator[Session]:
    """Give the one transaction of a request, committed when the route returns and undone when it raises."""
    with one_transaction(settings) as session:
        yield session


async def get_caller(request: Request, settings: SettingsDep) -> Caller:
    """Return who asks; the answer then carries the listener cookie if one is due."""
    return read_caller(request, settings)


# Scope "function": the commit, and with it the sending of jobs, happens before the answer leaves, so that whoever reads
# "202" finds the job, and a commit that fails is answered as a failure.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]
CallerDep = Annotated[Caller, Depends(get_caller)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=IDEMPOTENCY_KEY_MAX_LENGTH,
        description="Send a request again under the same key and the first answer is repeated.",
    ),
]
CursorQuery = Annotated[
    str | None, Query(description="`next_cursor` of the page before; leave it out for the first page.")
]
LimitQuery = Annotated[int, Query(ge=1, le=100, description="Most items in a page.")]


def limited(deed: limits.Deed) -> Any:
    """Make a dependency that counts a deed against the caller's share; for a route's `dependencies`."""

    def count_deed(request: Request, caller: CallerDep, settings: SettingsDep) -> None:
        address = request.client.host if request.client else "unknown"
        limits.count(settings, deed, listener_id=caller.listener_id, address=address)

    return Depends(count_deed)
