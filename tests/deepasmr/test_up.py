import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
import soundfile

from tests.deepasmr import machine as machines
from tests.deepasmr.machine import ROOT, Machine, command, free_port, running, stop
from tests.waiting import eventually

pytestmark = [pytest.mark.db, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built front end, or where it has not been built, as little of one as the pages need to answer."""
    built = ROOT / "frontend" / "dist"
    if (built / "manifest.json").is_file():
        return built
    folder = tmp_path_factory.mktemp("dist")
    (folder / "manifest.json").write_text("{}")
    return folder


@dataclass(frozen=True)
class FirstRun:
    """What was seen of a first start that a Ctrl-C ended."""

    data_dir: Path
    statuses: dict[str, int]
    left: list[psutil.Process]
    exit_code: int
    said: str


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> FirstRun:
    """A platform's first start, its pages read, and its end; other tests go on with its data folder."""
    folder = tmp_path_factory.mktemp("first") / "data"
    with running(folder, dist, "--no-demo") as machine:
        statuses = {path: httpx.get(machine.url + path).status_code for path in ("/healthz", "/")}
        for words in (["worker", "--queues", "ingest"], ["worker", "--queues", "sound"]):
            eventually(lambda words=words: machine.part(*words))  # type: ignore[misc]
        left = stop(machine, signal.SIGINT)
    return FirstRun(folder, statuses, left, machine.process.returncode, machine.said())


@pytest.fixture(scope="module")
def open_machine(first_run: FirstRun, tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[Machine]:
    """A platform that serves all the network, on a copy of the first run's folder; tests leave it running."""
    with copied(first_run, tmp_path_factory.mktemp("open") / "data") as folder:
        with running(folder, dist, "--no-demo", "--host", "0.0.0.0") as machine:  # noqa: S104 - what is tested
            yield machine


@pytest.fixture
def data_dir(first_run: FirstRun, tmp_path: Path) -> Iterator[Path]:
    with copied(first_run, tmp_path / "data") as folder:
        yield folder


@contextmanager
def copied(first_run: FirstRun, folder: Path) -> Iterator[Path]:
    """Copy a stopped platform's data folder, owners and all."""
    subprocess.run(["cp", "--archive", str(first_run.data_dir), str(folder)], check=True)
    yield folder
    shutil.rmtree(folder)


def upload(machine: Machine, client: httpx.Client, path: Path) -> str:
    with path.open("rb") as file:
        answer = client.post(f"{machine.url}/api/v1/sources", files={"file": (path.name, file, "audio/flac")})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job"]["id"])


@pytest.fixture
def taps(tmp_path: Path) -> Path:
    """Twelve seconds of decaying clicks."""
    rng = np.random.default_rng(0)
    time_s = np.arange(12 * 44100) / 44100
    audio = 0.3 * rng.standard_normal(time_s.size) * np.exp(-40 * (time_s % 0.4))
    path = tmp_path / "taps.flac"
    soundfile.write(path, audio.astype(np.float32), 44100)
    return path


def test_ctrl_c_stops_everything_and_leaves_no_process(first_run: FirstRun) -> None:
    assert first_run.statuses == {"/healthz": 200, "/": 200}
    assert first_run.left == []
    assert first_run.exit_code == 0
    assert "Traceback" not in first_run.said


def test_second_platform_on_the_same_folder_or_port_gets_one_clear_line(
    open_machine: Machine, tmp_path: Path, dist: Path
) -> None:
    environment = {**os.environ, "DEEPASMR_FRONTEND_DIST": str(dist)}
    folder, port = open_machine.data_dir, open_machine.port
    for words, sentence in (
        (["--port", str(free_port()), "--data-dir", str(folder)], f"already running on {folder} (process "),
        (["--port", str(port), "--data-dir", str(tmp_path / "data")], f"port {port} (Address already in use)"),
    ):
        refused = subprocess.run(command("up", *words), env=environment, capture_output=True, text=True)
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1
        assert sentence in refused.stderr


def test_missing_front_end_is_said_in_one_line(tmp_path: Path) -> None:
    environment = {**os.environ, "DEEPASMR_FRONTEND_DIST": str(tmp_path / "nowhere")}
    words = command("up", "--port", str(free_port()), "--data-dir", str(tmp_path / "data"))
    refused = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "make setup" in refused.stderr


def test_kill_9_of_the_whole_platform_loses_no_job(data_dir: Path, dist: Path, taps: Path) -> None:
    with httpx.Client() as client:
        with running(data_dir, dist, "--no-demo") as machine:
            # Before the sound worker can have taken it.
            sound = eventually(lambda: machine.part("worker", "--queues", "sound"))
            assert sound is not None
            sound.suspend()
            job_id = upload(machine, client, taps)
            assert stop(machine, signal.SIGKILL) == []
        with running(data_dir, dist, "--no-demo") as machine:
            ended = machines.ended_job(machine.url, job_id, client, within_s=120)
            assert ended["state"] == "done", ended
            source = client.get(f"{machine.url}/api/v1/sources/{ended['result']['source_id']}").json()  # type: ignore[index]
            assert source["status"] == "done"


def test_part_that_is_killed_comes_back(open_machine: Machine) -> None:
    web = open_machine.part("deepasmr", "web")
    assert web is not None
    web.kill()
    eventually(lambda: "web ended (killed by SIGKILL)" in open_machine.said())
    eventually(lambda: answers(open_machine))


def answers(machine: Machine) -> bool:
    try:
        return httpx.get(f"{machine.url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_secrets_are_kept_and_read_by_their_owner_alone(first_run: FirstRun) -> None:
    secrets = [first_run.data_dir / name for name in ("secret.key", "admin.token")]
    assert all(secret.stat().st_mode & 0o777 == 0o600 for secret in secrets)
    assert len({secret.read_text() for secret in secrets}) == 2
    assert all(len(secret.read_text().strip()) >= 32 for secret in secrets)
    # Private uploads, and the log, into which the token is printed.
    assert all((first_run.data_dir / name).stat().st_mode & 0o777 == 0o700 for name in ("storage", "logs"))


def test_platform_open_to_the_network_asks_for_the_admin_token_it_prints(open_machine: Machine) -> None:
    token = (open_machine.data_dir / "admin.token").read_text().strip()
    eventually(lambda: answers(open_machine))
    assert token in open_machine.said()
    video = {"url": "http://192.0.2.1/video"}
    refused = httpx.post(f"{open_machine.url}/api/v1/sources", json=video)
    assert refused.status_code == 403
    asked = httpx.post(f"{open_machine.url}/api/v1/sources", json=video, headers={"X-Admin-Token": token})
    assert asked.status_code != 403
