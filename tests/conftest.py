"""Fixtures that every room's tests share: real services, settings that lead to them, sessions that leave no trace."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from xdist.scheduler import LoadScopeScheduling

from backend import database
from backend.migrations import migrate
from backend.settings import Settings, get_settings
from backend.tables import Table
from tests import services
from tests.services import RedisServer

# Fixtures that lead to a database or a broker; a test that asks for one is marked `db`.
DB_FIXTURES = {"postgres_url", "redis_server", "settings", "session", "committed"}
# Filled by migrations, so kept between tests.
SEEDED = {"triggers"}
# Folders with a platform of their own, which is started once: their files stay together, in one process.
TOGETHER = ("tests/browser/",)
# What a test with this mark takes, roughly; others take next to nothing.
SECONDS = {"slow": 4, "tf": 1}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    seconds: Counter[str] = Counter()
    # Chance orders the files, and a place among the files is what a group of them takes from its first.
    places: dict[str, int] = {}
    for item in items:
        if DB_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("db")
        group = group_of(item.nodeid)
        places.setdefault(group, len(places))
        seconds[group] += sum(SECONDS.get(mark.name, 0) for mark in item.iter_markers())
    # Several processes end together if what takes long is begun first.
    is_shared = hasattr(config, "workerinput")
    items.sort(key=lambda item: (-seconds[group_of(item.nodeid)] if is_shared else 0, places[group_of(item.nodeid)]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Deal groups out to the processes, in the order in which they were collected."""
    config.option.loadscopereorder = False
    return Groups(config, log)


class Groups(LoadScopeScheduling):
    """Each group of tests to one process, whichever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """What one process does in one go: a file, or a folder with a platform of its own."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database at the newest revision, for the whole run."""
    with services.postgres() as url:
        address = Settings(database_url=url).database_url
        migrate(address)
        yield address


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis server for the whole run. A test that stops it starts it again."""
    server = RedisServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """An S3 server with the bucket `services.BUCKET`, for the whole run."""
    with services.s3() as url:
        yield url


@pytest.fixture
def settings(
    postgres_url: str, redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Settings that lead to the real services and an empty storage; in the environment too, for child processes."""
    for name in [name for name in os.environ if name.startswith("DEEPASMR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DEEPASMR_DATABASE_URL", postgres_url)
    monkeypatch.setenv("DEEPASMR_REDIS_URL", redis_server.url)
    monkeypatch.setenv("DEEPASMR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DEEPASMR_SECRET_KEY", "a secret for tests")
    monkeypatch.setenv("DEEPASMR_COUNTS_KEPT_S", "0")
    redis_server.flush()
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


@pytest.fixture
def session(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session whose work, commits included, is undone after the test.

    `one_transaction()` joins in, so that routes and tasks called in the test see the same rows and leave none either.
    """
    with database.engine(settings).connect() as connection, connection.begin() as everything:
        joined = sessionmaker(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False, info={"settings": settings}
        )
        monkeypatch.setattr(database, "sessions", lambda _settings: joined)
        with joined() as session:
            yield session
        everything.rollback()


@pytest.fixture
def committed(settings: Settings) -> Iterator[Settings]:
    """For tests in which several connections or processes must see each other: real commits, emptied afterwards."""
    yield settings
    tables = ", ".join(table.name for table in Table.metadata.sorted_tables if table.name not in SEEDED)
    with database.engine(settings).begin() as connection:
        connection.execute(text(f"TRUNCATE {tables}"))
