"""The whole platform on one machine: prepare a data folder, start the parts in order, watch them until told to stop."""

import contextlib
import errno
import fcntl
import http.client
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.settings import LOOPBACK_HOSTS
from deepasmr import embedded
from deepasmr.console import Console
from deepasmr.errors import AlreadyRunning, FrontendNotBuilt, PortTaken, ServiceDidNotStart
from deepasmr.parts import Part
from deepasmr.supervisor import StopAsked, Supervisor

# A server that was killed a moment ago may still hold the port.
PORT_FREED_WITHIN_S = 3.0
SERVICE_STARTS_WITHIN_S = 60.0
MIGRATIONS_WITHIN_S = 600.0
WEB_STARTS_WITHIN_S = 60.0
DEMO_MARKER = "demo.done"
# Listeners' private uploads, and lines that may hold the admin token. Not the data folder itself: where root starts the
# platform, PostgreSQL runs as another account and passes through it.
PRIVATE_FOLDERS = ("logs", "storage")


@dataclass(frozen=True)
class Launch:
    """What a person chose on the command line.

    Attributes:
        host: Address that the web server binds.
        port: Its port.
        data_dir: Folder of everything that is kept.
        has_demo: Whether an empty catalogue gets the synthetic demonstration sounds.
    """

    host: str
    port: int
    data_dir: Path
    has_demo: bool

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the web server."""
        return self.host in LOOPBACK_HOSTS

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the pages."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - read, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def run(launch: Launch) -> None:
    """Start everything and return when a signal has stopped it all.

    Raises:
        AlreadyRunning: if another platform uses the data folder.
        FrontendNotBuilt: if the pages' style sheet and scripts are missing.
        PortTaken: if the web's address cannot be bound.
        NoRedisServer: if this machine has none.
        ServiceDidNotStart: if PostgreSQL, Redis, the migrations or the web do not come up.
    """
    began_at = time.monotonic()
    launch.data_dir.mkdir(parents=True, exist_ok=True)
    with alone_in(launch.data_dir):
        for name in PRIVATE_FOLDERS:
            (launch.data_dir / name).mkdir(exist_ok=True)
            (launch.data_dir / name).chmod(0o700)
        check_frontend()
        check_port(launch.host, launch.port)
        console = Console(launch.data_dir / "logs")
        with contextlib.closing(console), Supervisor(console) as supervisor, contextlib.suppress(StopAsked):
            console.say(f"data folder {launch.data_dir}")
            environment = environment_of(launch)
            # Downloads and renders in the making; what a killed run left there is nobody's any more.
            shutil.rmtree(environment["TMPDIR"], ignore_errors=True)
            Path(environment["TMPDIR"]).mkdir(mode=0o700)
            start_services(supervisor, launch.data_dir, environment)
            start_web(supervisor, launch, environment)
            console.say(
                f"ready after {time.monotonic() - began_at:.1f} s: open {launch.address} (Ctrl-C stops everything)"
            )
            if not launch.is_loopback:
                console.say(f"ingestion asks for the admin token: {environment['DEEPASMR_ADMIN_TOKEN']}")
            for queue in ("ingest", "sound", "map"):
                supervisor.start(own_part(f"worker {queue}", ["worker", "--queues", queue], environment))
            if launch.has_demo and not (launch.data_dir / DEMO_MARKER).exists():
                supervisor.start(demo_part(launch.data_dir / DEMO_MARKER, environment))
            supervisor.watch()
        embedded.remove_short_socket_folders(launch.data_dir)


@contextlib.contextmanager
def alone_in(data_dir: Path) -> Iterator[None]:
    """Hold a data folder for this process; the kernel lets go of it when the process ends, however it ends.

    Raises:
        AlreadyRunning: if another process holds it.
    """
    with (data_dir / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            lock.seek(0)
            raise AlreadyRunning(
                f"the platform is already running on {data_dir} (process {lock.read().strip() or 'unknown'}): "
                "stop that one, or choose another folder with --data-dir"
            ) from held
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def check_frontend() -> None:
    """Make sure that the pages will have their style sheet and scripts.

    Raises:
        FrontendNotBuilt: otherwise.
    """
    dist = Path(os.environ.get("DEEPASMR_FRONTEND_DIST") or Path(__file__).parent.parent / "frontend" / "dist")
    if not (dist / "manifest.json").is_file():
        raise FrontendNotBuilt(f"the front end has not been built in {dist}: run `make setup` first")


def check_port(host: str, port: int) -> None:
    """Make sure that the web's address can be bound, before minutes are spent on anything else.

    Raises:
        PortTaken: otherwise.
    """
    deadline = time.monotonic() + PORT_FREED_WITHIN_S
    while True:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                return
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise PortTaken(
                    f"cannot serve pages on {host} port {port} ({error.strerror or error}): "
                    "choose another with --port (make run PORT=…)"
                ) from error
        time.sleep(0.1)


def environment_of(launch: Launch) -> dict[str, str]:
    """Return the environment of web and workers: ours, with the embedded services' addresses and the secrets."""
    return {
        **os.environ,
        "DEEPASMR_DATA_DIR": str(launch.data_dir),
        "DEEPASMR_DATABASE_URL": embedded.postgres_url(launch.data_dir / "postgres"),
        "DEEPASMR_REDIS_URL": embedded.redis_url(launch.data_dir / "redis"),
        "DEEPASMR_SECRET_KEY": os.environ.get("DEEPASMR_SECRET_KEY") or kept_secret(launch.data_dir / "secret.key"),
        "DEEPASMR_ADMIN_TOKEN": os.environ.get("DEEPASMR_ADMIN_TOKEN") or kept_secret(launch.data_dir / "admin.token"),
        "DEEPASMR_HOST": launch.host,
        "DEEPASMR_PORT": str(launch.port),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(launch.data_dir / "tmp"),
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
    }


def kept_secret(path: Path) -> str:
    """Return the secret of a file that only its owner reads; the first call makes it."""
    if not path.exists() or not path.read_text().strip():
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    return path.read_text().strip()


def start_services(supervisor: Supervisor, data_dir: Path, environment: Mapping[str, str]) -> None:
    """Start PostgreSQL and Redis and bring the database to the newest schema.

    Raises:
        ServiceDidNotStart: if one of them does not come up.
    """
    folder = data_dir / "postgres"
    postgres = embedded.postgres(folder, os.environ)
    redis = embedded.redis(data_dir / "redis", os.environ)
    supervisor.start(postgres)
    supervisor.start(redis)
    supervisor.wait_until(lambda: embedded.is_postgres_ready(folder), within_s=SERVICE_STARTS_WITHIN_S, needs=postgres)
    embedded.ensure_database(folder)
    migrate = own_part("migrate", ["migrate"], environment, is_once=True)
    if supervisor.run_once(migrate, within_s=MIGRATIONS_WITHIN_S) != 0:
        raise ServiceDidNotStart("the database could not be brought to the newest schema; the lines above say why")
    supervisor.wait_until(
        lambda: embedded.is_redis_ready(data_dir / "redis"), within_s=SERVICE_STARTS_WITHIN_S, needs=redis
    )


def start_web(supervisor: Supervisor, launch: Launch, environment: Mapping[str, str]) -> None:
    """Start the web server and wait until it serves; it needs no TensorFlow and so does not wait for the workers.

    Raises:
        ServiceDidNotStart: if it does not come up.
    """
    web = own_part("web", ["web", "--host", launch.host, "--port", str(launch.port)], environment)
    supervisor.start(web)
    supervisor.wait_until(lambda: is_web_ready(launch), within_s=WEB_STARTS_WITHIN_S, needs=web)


def is_web_ready(launch: Launch) -> bool:
    """Tell whether the web server answers."""
    host, _, port = launch.address.removeprefix("http://").rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=1.0)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def own_part(name: str, words: list[str], environment: Mapping[str, str], *, is_once: bool = False) -> Part:
    """Return a part that is one of our own commands.

    `-P` keeps the working directory off the import path: it may hold folders named like our rooms.
    """
    return Part(name, (sys.executable, "-P", "-m", "deepasmr", *words), environment, is_once=is_once)


def demo_part(marker: Path, environment: Mapping[str, str]) -> Part:
    """Return the part that fills an empty catalogue with demonstration sounds and leaves a marker when it is done."""
    command = (sys.executable, "-P", "-m", "deepasmr.demo", str(marker))
    return Part("demo", command, environment, is_once=True, stop_signal=signal.SIGTERM)
