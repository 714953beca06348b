import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deepasmr import supervisor as supervision
from deepasmr.console import Console
from deepasmr.errors import ServiceDidNotStart
from deepasmr.parts import Part
from deepasmr.supervisor import StopAsked, Supervisor
from tests.waiting import eventually

WRITE_PID_AND_SLEEP = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(600)"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with (tmp_path / "terminal").open("w") as terminal:
        console = Console(tmp_path / "logs", terminal=terminal)
        yield console
        console.close()


def part(name: str, program: str, *words: str, **more: object) -> Part:
    return Part(name, (sys.executable, "-c", program, *words), dict(os.environ), **more)  # type: ignore[arg-type]


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def has_started(path: Path, n_times: int) -> Callable[[], bool]:
    return lambda: len(pids(path)) >= n_times


def test_part_that_is_killed_starts_again(console: Console, tmp_path: Path) -> None:
    sleeper = part("sleeper", WRITE_PID_AND_SLEEP, str(tmp_path / "pids"))
    with Supervisor(console) as supervisor:
        supervisor.start(sleeper)
        supervisor.wait_until(has_started(tmp_path / "pids", 1), within_s=20, needs=sleeper)
        os.kill(pids(tmp_path / "pids")[0], signal.SIGKILL)
        supervisor.wait_until(has_started(tmp_path / "pids", 2), within_s=20, needs=sleeper)
        first, second = pids(tmp_path / "pids")
        assert not psutil.pid_exists(first)
        assert psutil.pid_exists(second)
    assert not psutil.pid_exists(second)
    assert "sleeper ended (killed by SIGKILL); it starts again" in console.path.read_text()


def test_pauses_between_restarts_grow(console: Console) -> None:
    hopeless = part("hopeless", "raise SystemExit(3)")
    with Supervisor(console) as supervisor:
        supervisor.start(hopeless)
        with pytest.raises(ServiceDidNotStart, match="hopeless did not start \\(exit code 3\\)"):
            supervisor.wait_until(lambda: False, within_s=30, needs=hopeless)
    said = console.path.read_text()
    assert "starts again in 0.5 s" in said
    assert "starts again in 1 s" in said


def test_part_that_will_not_stop_is_killed(console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "PARTS_STOP_WITHIN_S", 0.5)
    stubborn = part(
        "stubborn",
        f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WRITE_PID_AND_SLEEP}",
        str(tmp_path / "pids"),
    )
    with Supervisor(console) as supervisor:
        supervisor.start(stubborn)
        supervisor.wait_until(has_started(tmp_path / "pids", 1), within_s=20, needs=stubborn)
    assert not psutil.pid_exists(pids(tmp_path / "pids")[0])
    assert "stubborn did not stop" in console.path.read_text()


def test_services_stop_after_those_that_need_them(console: Console, tmp_path: Path) -> None:
    program = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2] + '\\n'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open(sys.argv[3], 'a').write('1\\n')\n"
        "time.sleep(600)\n"
    )
    words = str(tmp_path / "ends"), "{}", str(tmp_path / "starts")
    parts = [
        part(name, program, words[0], name, words[2], is_service=is_service)
        for name, is_service in (("database", True), ("web", False))
    ]
    with Supervisor(console) as supervisor:
        for each in parts:
            supervisor.start(each)
        supervisor.wait_until(has_started(tmp_path / "starts", 2), within_s=20, needs=parts[0])
    assert (tmp_path / "ends").read_text().split() == ["web", "database"]


def test_part_that_runs_once_gives_its_exit_code_and_is_not_started_again(console: Console) -> None:
    with Supervisor(console) as supervisor:
        assert supervisor.run_once(part("once", "raise SystemExit(7)", is_once=True), within_s=20) == 7
    assert "starts again" not in console.path.read_text()


def test_children_of_a_part_end_with_it(console: Console, tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {WRITE_PID_AND_SLEEP!r}, sys.argv[1]])\n"
        "time.sleep(600)\n"
    )
    parent = part("parent", program, str(tmp_path / "pids"))
    with Supervisor(console) as supervisor:
        supervisor.start(parent)
        supervisor.wait_until(has_started(tmp_path / "pids", 1), within_s=20, needs=parent)
    eventually(lambda: is_gone(pids(tmp_path / "pids")[0]))


def test_signal_while_starting_stops_the_start(console: Console) -> None:
    with Supervisor(console) as supervisor:
        sleeper = part("sleeper", "import time; time.sleep(600)")
        supervisor.start(sleeper)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StopAsked):
            supervisor.wait_until(lambda: False, within_s=30, needs=sleeper)


def test_kill_9_of_the_supervisor_leaves_no_process(tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from deepasmr.console import Console\n"
        "from deepasmr.parts import Part\n"
        "from deepasmr.supervisor import Supervisor\n"
        "with Supervisor(Console(Path(sys.argv[1]))) as supervisor:\n"
        "    for name in ('one', 'two'):\n"
        f"        command = sys.executable, '-c', {WRITE_PID_AND_SLEEP!r}, sys.argv[2]\n"
        "        supervisor.start(Part(name, command, dict(os.environ)))\n"
        "    supervisor.watch()\n"
    )
    words = [sys.executable, "-c", program, str(tmp_path / "logs"), str(tmp_path / "pids")]
    with subprocess.Popen(words, cwd=ROOT) as process:
        try:
            eventually(has_started(tmp_path / "pids", 2), 20)
        finally:
            process.kill()
    for pid in pids(tmp_path / "pids"):
        eventually(lambda pid=pid: is_gone(pid))  # type: ignore[misc]


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_lines_carry_the_name_of_who_said_them_and_no_colour_off_a_terminal(tmp_path: Path) -> None:
    with (tmp_path / "terminal").open("w") as terminal:
        console = Console(tmp_path / "logs", terminal=terminal)
        console.repeat("web", "listening\n")
        console.repeat("postgres", "checkpoint", on_terminal=False)
        console.close()
    assert (tmp_path / "terminal").read_text() == "web           | listening\n"
    assert "postgres      | checkpoint" in console.path.read_text()
