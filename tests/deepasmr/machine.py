"""`deepasmr up` as a person runs it: a process, its address, what it says, and everything that it started."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.waiting import eventually

STARTS_WITHIN_S = 90.0
STOPS_WITHIN_S = 30.0
ROOT = Path(__file__).parents[2]


@dataclass
class Machine:
    """A running platform."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    port: int
    terminal: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def said(self) -> str:
        return self.terminal.read_text(errors="replace")

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        return "ready after" in self.said()

    def family(self) -> list[psutil.Process]:
        """The platform's process and all that it started, directly or not."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def part(self, *words: str) -> psutil.Process | None:
        """The process whose command line holds these words."""
        for process in self.family()[1:]:
            try:
                line = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if " ".join(words) in line:
                return process
        return None


def start(data_dir: Path, dist: Path, *words: str, **variables: str) -> Machine:
    """Start a platform on a free port, on a data folder, with a front end that is built."""
    port = free_port()
    terminal = data_dir.with_suffix(f".{port}.txt")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEEPASMR_")}
    environment |= {"DEEPASMR_FRONTEND_DIST": str(dist), **variables}
    if weights := os.environ.get("DEEPASMR_WEIGHTS_DIR"):
        environment["DEEPASMR_WEIGHTS_DIR"] = weights
    with terminal.open("wb") as said:
        process = subprocess.Popen(
            [*command("up"), "--port", str(port), "--data-dir", str(data_dir), *words],
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    return Machine(process, data_dir, port, terminal)


@contextmanager
def running(data_dir: Path, dist: Path, *words: str, **variables: str) -> Iterator[Machine]:
    """Run a platform for a block; it is taken away with force if the block did not stop it."""
    machine = start(data_dir, dist, *words, **variables)
    try:
        eventually(machine.is_ready, STARTS_WITHIN_S)
        yield machine
    finally:
        if machine.process.poll() is None:
            stop(machine, signal.SIGINT)


def stop(machine: Machine, number: signal.Signals) -> list[psutil.Process]:
    """Send a signal to the platform, wait for its end, and return those of its processes that outlived it."""
    family = machine.family()
    machine.process.send_signal(number)
    machine.process.wait(STOPS_WITHIN_S)
    _, left = psutil.wait_procs(family[1:], timeout=STOPS_WITHIN_S if number == signal.SIGKILL else 0.5)
    return [process for process in left if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "deepasmr", *words]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def ended_job(url: str, job_id: str, client: httpx.Client, within_s: float) -> dict[str, object]:
    """Wait for a job's end over HTTP."""

    def job() -> dict[str, object] | None:
        answer = client.get(f"{url}/api/v1/jobs/{job_id}").json()
        return answer if answer["state"] in {"done", "failed", "cancelled"} else None

    ended = eventually(job, within_s, every_s=0.2)
    assert ended is not None
    return ended
