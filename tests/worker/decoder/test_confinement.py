"""What a process that decodes cannot do, tried by a process that tries."""

import signal
import subprocess
import sys
from pathlib import Path

import landlockpy
import pytest

REACH = """
import ctypes, importlib, os, platform, resource, socket, subprocess, sys, threading
from pathlib import Path
from worker.decoder import confinement

folder, lacking = Path(sys.argv[1]), sys.argv[2]
library = confinement._library
confinement._library = lambda name: None if name == lacking else library(name)
TGKILL = 234 if platform.machine() == "x86_64" else 131
libc = ctypes.CDLL(None, use_errno=True)

def call(*words):
    if libc.syscall(*words) < 0:
        raise OSError(ctypes.get_errno(), "refused")

def deeds():
    yield "connects", lambda: socket.create_connection(("127.0.0.1", 9))
    yield "opens a socket", lambda: socket.socket()
    yield "starts a program", lambda: subprocess.run(["true"])
    yield "forks", lambda: os._exit(0) if os.fork() == 0 else None
    yield "becomes a program", lambda: os.execv("/bin/true", ["true"])
    yield "writes a file", lambda: (folder / "new").write_bytes(b"x")
    yield "overwrites a file", lambda: os.open(folder / "known", os.O_RDWR)
    yield "empties a file that it opens for reading", lambda: os.open(folder / "known", os.O_RDONLY | os.O_TRUNC)
    yield "makes a file that it opens for reading", lambda: os.open(folder / "new", os.O_RDONLY | os.O_CREAT)
    yield "backdates a file", lambda: os.utime(folder / "known", (0, 0))
    yield "marks a file", lambda: os.setxattr(folder / "known", "user.mark", b"x")
    yield "removes a file", lambda: (folder / "known").unlink()
    yield "renames a file", lambda: (folder / "known").rename(folder / "other")
    yield "kills its parent", lambda: os.kill(os.getppid(), 9)
    yield "kills its parent by a thread", lambda: call(TGKILL, os.getppid(), os.getppid(), 9)
    yield "bounds its parent", lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (8, 8))
    yield "reads its parent's passwords", lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes()
    yield "reads another file", lambda: (folder.parent / "other").read_bytes()
    yield "looks around", lambda: os.listdir(folder)
    yield "reads its file", lambda: (folder / "known").read_bytes()
    yield "imports a library", lambda: importlib.import_module("colorsys")
    yield "starts a thread", lambda: threading.Thread(target=int).start()

is_whole = confinement.confine(folder / "known", max_cpu_s=30)
assert is_whole == (lacking == "nothing"), "there is no libseccomp, or no Landlock"
for name, deed in deeds():
    try:
        deed()
    except PermissionError:
        pass
    else:
        print(name)
"""


needs_landlock = pytest.mark.skipif(not landlockpy.supported(), reason="this kernel has no Landlock")
CONFINED = "from pathlib import Path; from worker.decoder import confinement; "


def run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("lacking", "more"),
    [
        pytest.param("nothing", [], marks=needs_landlock),
        ("landlockpy", ["reads its parent's passwords", "reads another file", "looks around"]),
    ],
)
def test_it_reads_its_file_and_starts_threads_and_nothing_else(tmp_path: Path, lacking: str, more: list[str]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "known").write_bytes(b"kept")
    (tmp_path / "other").write_bytes(b"secret")
    reached = run(REACH, str(folder), lacking)
    assert reached.returncode == 0, reached.stderr
    assert reached.stdout.splitlines() == [*more, "reads its file", "imports a library", "starts a thread"]
    assert (folder / "known").read_bytes() == b"kept"


def test_it_cannot_spin_without_end() -> None:
    ended = run(f"{CONFINED} confinement.confine(Path('/'), max_cpu_s=1)\nwhile True: pass")
    assert ended.returncode == -signal.SIGXCPU


def test_it_is_ended_if_it_will_not_hear_that_its_time_is_over() -> None:
    deaf = "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN); confinement._GRACE_S = 0;"
    ended = run(f"{CONFINED} {deaf} confinement.confine(Path('/'), max_cpu_s=1)\nwhile True: pass")
    assert ended.returncode == -signal.SIGKILL


def test_it_cannot_grow_without_end() -> None:
    ended = run(f"{CONFINED} confinement.confine(Path('/'), max_cpu_s=30)\nbytearray(1 << 30)")
    assert ended.returncode == 1
    assert ended.stderr.endswith("MemoryError\n")
