"""Whether the process lives, and whether the services that it needs are there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

import redis
import redis.exceptions
import sqlalchemy.exc
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from backend import database
from backend.catalogue.errors import CatalogueError
from backend.routes.deps import SettingsDep, StorageDep
from backend.routes.problems import RETRY_AFTER_S
from backend.settings import Settings

router = APIRouter(tags=["health"])
logger = logging.getLogger(__name__)

BROKER_TIMEOUT_S = 2.0


class Health(BaseModel):
    """That the process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether each service answers."""

    status: Literal["ready", "not ready"]
    services: dict[str, bool] = Field(examples=[{"database": True, "broker": True, "storage": True}])


@router.get("/healthz")
def healthz() -> Health:
    """Tell that this process answers, whatever else is down: what a supervisor restarts it by."""
    return Health()


@router.get("/readyz", responses={503: {"model": Readiness, "description": "A service is away."}})
def readyz(response: Response, settings: SettingsDep, storage: StorageDep) -> Readiness:
    """Ask the database, the broker and the storage; 503 when one is away: what a load balancer routes by."""
    services = {
        "database": _answers("database", lambda: _ask_database(settings)),
        "broker": _answers("broker", lambda: _ask_broker(settings)),
        "storage": _answers("storage", storage.check),
    }
    response.headers["Cache-Control"] = "no-store"
    if all(services.values()):
        return Readiness(status="ready", services=services)
    response.status_code = 503
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return Readiness(status="not ready", services=services)


def _answers(service: str, ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (sqlalchemy.exc.SQLAlchemyError, redis.exceptions.RedisError, CatalogueError, OSError) as error:
        logger.warning("%s is away: %s", service, str(error).partition("\n")[0])
        return False
    return True


def _ask_database(settings: Settings) -> None:
    with database.one_transaction(settings) as session:
        database.ping(session)


def _ask_broker(settings: Settings) -> None:
    with redis.Redis.from_url(
        settings.redis_url, socket_connect_timeout=BROKER_TIMEOUT_S, socket_timeout=BROKER_TIMEOUT_S
    ) as broker:
        broker.ping()
