"""Transactions, timeouts, migrations."""

import threading
import time
from pathlib import Path

import pytest
import sqlalchemy.exc
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.orm import Session

from backend import database, migrations
from backend.settings import Settings
from backend.tables import EMBEDDING_WIDTH, Listener, Sound, Table, Trigger


@pytest.fixture
def empty_database(settings: Settings) -> str:
    """A second database without any table."""
    with create_engine(settings.database_url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS empty WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE empty"))
    return settings.database_url.replace("/deepasmr?", "/empty?")


def test_a_transaction_is_kept_when_the_block_ends(committed: Settings) -> None:
    with database.one_transaction() as session:
        session.add(Listener())
    with database.one_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Listener)) == 1


def test_a_transaction_is_undone_when_the_block_raises(committed: Settings) -> None:
    def add_and_fail() -> None:
        with database.one_transaction() as session:
            session.add(Listener())
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        add_and_fail()
    with database.one_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Listener)) == 0


def test_rows_stay_readable_after_their_transaction(committed: Settings) -> None:
    with database.one_transaction() as session:
        listener = Listener()
        session.add(listener)
    assert listener.id is not None


def test_a_statement_that_takes_too_long_is_ended(settings: Settings) -> None:
    hasty = settings.model_copy(update={"database_statement_timeout_s": 0.1})
    with database.one_transaction(hasty) as session, pytest.raises(sqlalchemy.exc.OperationalError, match="timeout"):
        session.execute(text("SELECT pg_sleep(20)"))
    database.engine(hasty).dispose()


def test_a_database_that_is_away_is_told_soon(tmp_path: Path) -> None:
    away = Settings(database_url=f"postgresql://nobody@/nothing?host={tmp_path}")
    began_s = time.monotonic()
    with pytest.raises(sqlalchemy.exc.OperationalError), database.one_transaction(away) as session:
        database.ping(session)
    # The generous bound tells an answer from a hang.
    assert time.monotonic() - began_s < 15


def test_a_connection_that_broke_is_replaced(committed: Settings) -> None:
    engine = database.engine(committed)
    with engine.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with create_engine(committed.database_url).connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with database.one_transaction() as session:
        database.ping(session)


def test_migrations_lead_to_the_tables_of_the_code(session: Session) -> None:
    context = MigrationContext.configure(session.connection())
    assert compare_metadata(context, Table.metadata) == []


def test_there_is_one_newest_revision() -> None:
    assert len(ScriptDirectory(str(migrations.SCRIPTS)).get_heads()) == 1


def is_current(connection: Connection) -> bool:
    newest = ScriptDirectory(str(migrations.SCRIPTS)).get_heads()
    return set(MigrationContext.configure(connection).get_current_heads()) == set(newest)


def test_processes_that_migrate_at_once_from_anywhere_do_not_collide(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    failures: list[BaseException] = []
    gate = threading.Barrier(4)

    def migrate() -> None:
        gate.wait()
        try:
            migrations.migrate(empty_database)
        except BaseException as error:
            failures.append(error)

    starters = [threading.Thread(target=migrate) for _ in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(timeout=60)
    assert failures == []
    with create_engine(empty_database).connect() as connection:
        assert is_current(connection)


def test_every_revision_goes_back_and_forth(empty_database: str) -> None:
    migrations.migrate(empty_database)
    with create_engine(empty_database).connect() as connection:
        assert is_current(connection)
        command.downgrade(migrations.config(connection), "base")
        connection.commit()
        left = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    assert list(left) == ["alembic_version"]
    migrations.migrate(empty_database)


def test_the_taxonomy_is_seeded_in_two_languages(session: Session) -> None:
    triggers = session.scalars(select(Trigger).order_by(Trigger.ordinal)).all()
    assert len(triggers) == 23
    assert [trigger.slug for trigger in triggers] == sorted(trigger.slug for trigger in triggers)
    assert all(trigger.name_en and trigger.aliases for trigger in triggers)
    assert all(any("가" <= letter <= "힣" for letter in trigger.name_ko) for trigger in triggers)


def test_embeddings_have_their_width_and_an_index(session: Session) -> None:
    assert Sound.__table__.c.embedding.type.dim == EMBEDDING_WIDTH
    definition = session.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_sounds_embedding'"))
    assert "hnsw" in definition
    assert "vector_cosine_ops" in definition


def test_ids_are_in_order_of_time(session: Session) -> None:
    listeners = [Listener() for _ in range(50)]
    for listener in listeners:
        session.add(listener)
        session.flush()
    ids = [listener.id for listener in listeners]
    assert ids == sorted(ids)
    assert {each.version for each in ids} == {7}
