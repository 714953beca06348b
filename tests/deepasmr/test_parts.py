"""The parts one by one, as containers run them: the same variables, a PostgreSQL and a Redis reached over TCP."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import numpy as np
import psycopg
import pytest
import soundfile

from deepasmr import embedded
from tests.deepasmr import machine as machines
from tests.deepasmr.machine import ROOT, command, free_port
from tests.waiting import eventually

pytestmark = [pytest.mark.db, pytest.mark.slow]


@contextmanager
def process(words: list[str], log: Path, **more: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process for a block and stop it in good order."""
    with log.open("wb") as said:
        started = subprocess.Popen(words, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT, **more)  # type: ignore[call-overload]
    try:
        yield started
    finally:
        started.send_signal(signal.SIGINT if "postgres" in words[0] else signal.SIGTERM)
        started.wait(30)


@pytest.fixture
def variables(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables of docker-compose.yml, leading to services that were started separately."""
    postgres = embedded.postgres(tmp_path / "postgres", os.environ)
    database_port, queue_port = free_port(), free_port()
    over_tcp = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={database_port}"]
    redis = [embedded.redis_program(), "--bind", "127.0.0.1", "--port", str(queue_port), "--dir", str(tmp_path)]
    server = f"postgresql://postgres@127.0.0.1:{database_port}"
    with (
        process([*postgres.command, *over_tcp], tmp_path / "postgres.log", user=postgres.user),
        process([*redis, "--appendonly", "yes"], tmp_path / "redis.log"),
    ):
        eventually(lambda: answers(f"{server}/postgres"), 60)
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE deepasmr")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DEEPASMR_")}
        yield {
            **kept,
            "DEEPASMR_DATABASE_URL": f"{server}/deepasmr",
            "DEEPASMR_REDIS_URL": f"redis://127.0.0.1:{queue_port}/0",
            "DEEPASMR_STORAGE_URL": (tmp_path / "audio" / "storage").as_uri(),
            "DEEPASMR_DATA_DIR": str(tmp_path / "audio"),
            "DEEPASMR_SECRET_KEY": "a secret for tests",
            "DEEPASMR_ADMIN_TOKEN": "a token for tests",
            "DEEPASMR_LOG_LEVEL": "INFO",
        }


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_parts_work_on_services_reached_over_tcp(variables: dict[str, str], tmp_path: Path) -> None:
    recording = tmp_path / "taps.wav"
    rng = np.random.default_rng(0)
    time_s = np.arange(5 * 44100) / 44100
    soundfile.write(recording, 0.3 * rng.standard_normal(time_s.size) * np.exp(-40 * (time_s % 0.4)), 44100)
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    for _ in range(2):
        subprocess.run(command("migrate"), env=variables, check=True, capture_output=True)
    with ExitStack() as parts, httpx.Client() as client:
        for name, words in (
            ("web", ["web", "--host", "127.0.0.1", "--port", str(port)]),
            ("ingest", ["worker", "--queues", "ingest"]),
            ("sound", ["worker", "--queues", "sound"]),
        ):
            parts.enter_context(process(command(*words), tmp_path / f"{name}.log", env=variables))
        eventually(lambda: is_up(url), 60)
        with recording.open("rb") as file:
            answer = client.post(f"{url}/api/v1/sources", files={"file": ("taps.wav", file, "audio/wav")})
        assert answer.status_code == 202, answer.text
        ended = machines.ended_job(url, answer.json()["job"]["id"], client, within_s=90)
        assert ended["state"] == "done", ended
        for worker in ("ingest", "sound"):
            eventually(lambda worker=worker: "ready for" in (tmp_path / f"{worker}.log").read_text(), 60)  # type: ignore[misc]
    for name in ("web", "ingest", "sound"):
        assert "Traceback" not in (tmp_path / f"{name}.log").read_text(), name


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False
