"""The one database: engine, sessions, and the only place that commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from backend.settings import Settings, get_settings

CONNECT_TIMEOUT_S = 3
LOCK_TIMEOUT_S = 10
POOL_WAIT_S = 5
UNANSWERED_TIMEOUT_S = 10


@contextmanager
def one_transaction(settings: Settings | None = None) -> Iterator[Session]:
    """Give a session whose work is committed when the block ends and undone when it raises.

    Objects stay readable after the block. Keep it short: nothing is downloaded or computed inside.
    """
    with sessions(settings or get_settings())() as session, session.begin():
        yield session


def settings_of(session: Session) -> Settings:
    """Return the settings that a session was made with."""
    settings = session.info.get("settings")
    return settings if isinstance(settings, Settings) else get_settings()


def ping(session: Session) -> None:
    """Ask the database for the smallest possible answer.

    Raises:
        sqlalchemy.exc.OperationalError: if it does not answer.
    """
    session.execute(text("SELECT 1"))


@lru_cache(maxsize=4)
def sessions(settings: Settings) -> sessionmaker[Session]:
    """Return what makes sessions on the engine of these settings."""
    return sessionmaker(engine(settings), expire_on_commit=False, info={"settings": settings})


def engine(settings: Settings) -> Engine:
    """Return the engine of these settings; timeouts on everything, so that a database that is away hangs nobody."""
    return _engine(settings.database_url, settings.database_pool_size, settings.database_statement_timeout_s)


@lru_cache(maxsize=4)
def _engine(url: str, pool_size: int, statement_timeout_s: float) -> Engine:
    limits_s = {
        "statement_timeout": statement_timeout_s,
        "lock_timeout": LOCK_TIMEOUT_S,
        "idle_in_transaction_session_timeout": 2 * statement_timeout_s,
    }
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_WAIT_S,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "options": " ".join(f"-c {name}={int(1000 * seconds)}" for name, seconds in limits_s.items()),
            "tcp_user_timeout": 1000 * UNANSWERED_TIMEOUT_S,
            "application_name": "deepasmr",
        },
    )
