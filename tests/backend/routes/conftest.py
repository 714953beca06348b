"""One running web for all tests of the routes, emptied after each, and a visitor for each test that asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from backend.settings import Settings
from backend.tables import Table
from tests.conftest import SEEDED
from tests.services import RedisServer
from tests.visits import Web, serving


@pytest.fixture(scope="session")
def standing_web(
    postgres_url: str, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Web]:
    settings = Settings(
        database_url=postgres_url,
        redis_url=redis_server.url,
        data_dir=tmp_path_factory.mktemp("data"),
        secret_key=SecretStr("a secret for tests"),
        counts_kept_s=0,
    )
    with serving(settings) as web:
        yield web


@pytest.fixture
def web(standing_web: Web, redis_server: RedisServer) -> Iterator[Web]:
    redis_server.flush()
    with ExitStack() as visits:
        yield replace(standing_web, visits=visits)
    tables = ", ".join(table.name for table in Table.metadata.sorted_tables if table.name not in SEEDED)
    with standing_web.rows() as session:
        session.execute(text(f"TRUNCATE {tables}"))


@pytest.fixture
def visitor(web: Web) -> httpx.Client:
    return web.visitor()
