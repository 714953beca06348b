"""Bring a database to the newest schema and taxonomy, from anywhere, however many processes start at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from backend import taxonomy

NEWEST = "head"
SCRIPTS = Path(__file__).resolve().parent.parent / "alembic"
# Any number that nobody else uses for an advisory lock in this database.
MIGRATION_LOCK = 0x0DEE_9A53


def migrate(url: str, revision: str = NEWEST) -> None:
    """Upgrade the database at a SQLAlchemy address; a second process waits for the first and finds nothing to do.

    The newest schema also gets the taxonomy as it is written now.

    Args:
        url: postgresql+psycopg://… (`Settings.database_url`).
        revision: How far to go.
    """
    with _locked(url) as connection:
        command.upgrade(config(connection), revision)
        if revision == NEWEST:
            taxonomy.plant(connection, taxonomy.read())
        connection.commit()


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for work on this connection."""
    alembic = Config()
    alembic.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    alembic.attributes["connection"] = connection
    return alembic


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            # Held by the connection, not by a transaction: closing it is enough to release the lock.
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
            connection.commit()
            yield connection
    finally:
        engine.dispose()
