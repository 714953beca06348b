"""What a process that decodes cannot do, tried by a process that tries."""

import signal
import subprocess
import sys
from pathlib import Path

REACH = """
import os, socket, subprocess, sys, threading
from pathlib import Path
from worker.decoder.confinement import confine

def deeds(folder):
    yield "connects", lambda: socket.create_connection(("127.0.0.1", 9))
    yield "opens a socket", lambda: socket.socket()
    yield "starts a program", lambda: subprocess.run(["true"])
    yield "forks", lambda: os._exit(0) if os.fork() == 0 else None
    yield "becomes a program", lambda: os.execv("/bin/true", ["true"])
    yield "writes a file", lambda: (folder / "new").write_bytes(b"x")
    yield "overwrites a file", lambda: os.open(folder / "known", os.O_RDWR)
    yield "removes a file", lambda: (folder / "known").unlink()
    yield "renames a file", lambda: (folder / "known").rename(folder / "other")
    yield "kills its parent", lambda: os.kill(os.getppid(), 9)
    yield "reads a file", lambda: (folder / "known").read_bytes()
    yield "starts a thread", lambda: threading.Thread(target=int).start()

assert confine(max_cpu_s=30), "there is no libseccomp"
for name, deed in deeds(Path(sys.argv[1])):
    try:
        deed()
    except PermissionError:
        pass
    else:
        print(name)
"""


def run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


def test_it_reads_files_and_starts_threads_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "known").write_bytes(b"kept")
    reached = run(REACH, str(tmp_path))
    assert reached.returncode == 0, reached.stderr
    assert reached.stdout.splitlines() == ["reads a file", "starts a thread"]
    assert (tmp_path / "known").read_bytes() == b"kept"


def test_it_cannot_spin_without_end() -> None:
    ended = run("from worker.decoder.confinement import confine; confine(max_cpu_s=1)\nwhile True: pass")
    assert ended.returncode == -signal.SIGXCPU


def test_it_cannot_grow_without_end() -> None:
    ended = run("from worker.decoder.confinement import confine; confine(max_cpu_s=30)\nbytearray(1 << 30)")
    assert ended.returncode == 1
    assert ended.stderr.endswith("MemoryError\n")
