"""The three fates of a task that fails: try again later, refuse, or own up to a bug."""

import errno
import random
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.catalogue.errors import CatalogueError, CatalogueUnavailable, StorageFull, StorageUnavailable
from models.errors import SoundError
from worker.decoder.apart import DecoderKilled
from worker.video.facts import SiteBusy

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 600.0

_PASSING = (
    SiteBusy,
    DecoderKilled,
    StorageUnavailable,
    CatalogueUnavailable,
    OperationalError,
    InterfaceError,
    PoolTimeout,
)

Problem = dict[str, object]
"""An RFC 9457 object without status: what the listener gets to read."""


@dataclass(frozen=True)
class Retry:
    """It may work later: network, throttling, a service that is away. How often is the catalogue's to say."""

    pause_s: float
    problem: Problem


@dataclass(frozen=True)
class Refuse:
    """It cannot be done, and the listener is told why."""

    problem: Problem


@dataclass(frozen=True)
class Bug:
    """Our own fault: the operator finds the traceback by the incident."""

    incident: str
    problem: Problem


Fate = Retry | Refuse | Bug


def fate_of(error: Exception, n_retries: int) -> Fate:
    """Decide what becomes of a job whose task raised.

    Args:
        error: What was raised.
        n_retries: How often the job was tried again before.
    """
    if isinstance(error, _PASSING):
        return Retry(_pause_s(n_retries), _trouble(error))
    if isinstance(error, CatalogueError):
        return Refuse(error.problem())
    if isinstance(error, SoundError):
        return Refuse(_problem(error.slug, error.title, error.detail, error.extensions))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refuse(StorageFull().problem())
    incident = uuid4().hex[:12]
    detail = f"The work stopped at a fault of ours. If it keeps happening, tell the operator this number: {incident}."
    return Bug(incident, _problem("internal", "Something went wrong on our side", detail, {"incident": incident}))


def _trouble(error: Exception) -> Problem:
    if isinstance(error, CatalogueError):
        return error.problem()
    if isinstance(error, SiteBusy):
        return _problem("site-busy", "The site is busy", f"The site does not answer well for now: {error}", {})
    return CatalogueUnavailable().problem()


def _problem(slug: str, title: str, detail: str, extensions: dict[str, object]) -> Problem:
    return {"type": f"/problems/{slug}", "title": title, "detail": detail, **extensions}


def _pause_s(n_retries: int) -> float:
    """Wait longer each time, by chance shorter or longer, so that jobs that failed together do not return together."""
    pause_s: float = min(FIRST_PAUSE_S * 3.0**n_retries, LONGEST_PAUSE_S) * random.uniform(0.7, 1.3)
    return pause_s
