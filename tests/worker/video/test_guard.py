"""Each test runs in an interpreter of its own, because an audit hook cannot be taken off again."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def said_under_guard(program: str) -> str:
    program = f"from worker.video import guard\nguard.install()\n{program}"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    return ran.stdout + ran.stderr.strip().rpartition("\n")[2]


def test_a_second_answer_of_a_name_server_cannot_lead_inside() -> None:
    said = said_under_guard("""
import socket, urllib.request
answers = iter(["93.184.215.14", "127.0.0.1"])
socket.getaddrinfo = lambda host, port, *a, **k: [(2, 1, 6, "", (next(answers), port))]
print(socket.getaddrinfo("rebind.example", 80)[0][4])
urllib.request.urlopen("http://rebind.example/", timeout=5)
""")
    assert "93.184.215.14" in said
    assert "'127.0.0.1' is not on the public internet" in said


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('127.0.0.1', 80))",
        "socket.socket().connect(('127.0.0.1', 80))",
        "socket.socket().connect_ex(('169.254.169.254', 80))",
        "socket.socket(socket.AF_INET6).connect(('::1', 80))",
        "socket.socket(socket.AF_INET6).connect(('64:ff9b::7f00:1', 80))",
        "socket.socket().connect(('localhost', 80))",
        "socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('10.0.0.1', 53))",
    ],
)
def test_no_way_of_connecting_inside_passes(attempt: str) -> None:
    assert "AddressRefused" in said_under_guard(f"import socket\n{attempt}")


@pytest.mark.parametrize(
    "attempt",
    [
        "subprocess.run(['curl', 'http://127.0.0.1'])",
        "subprocess.run(['/usr/bin/env', 'deno'])",
        "subprocess.run(['node', '--version'])",
        "subprocess.run('node', shell=True)",
        "os.system('true')",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
    ],
)
def test_programs_with_a_network_of_their_own_do_not_start(attempt: str) -> None:
    assert "ProgramRefused" in said_under_guard(f"import os, subprocess\n{attempt}")


def test_the_javascript_runtime_works_within_the_limits_and_reaches_neither_network_nor_files() -> None:
    said = said_under_guard("""
import resource, subprocess
from pathlib import Path
from worker.video import extraction
from worker.video.facts import VideoLimits
limits = VideoLimits(max_seconds=1, max_bytes=1)
resource.setrlimit(resource.RLIMIT_DATA, (limits.max_memory_bytes, limits.max_memory_bytes))
deno = extraction.downloader(limits, Path("/nonexistent"), [])._js_runtimes["deno"].info
assert deno and deno.supported, "no Deno"
script = '''
console.log(6 * 7);
try { Deno.readTextFileSync("/etc/hostname") } catch (refused) { console.log(refused.name, "file") }
try { await Deno.connect({ hostname: "127.0.0.1", port: 9 }) } catch (refused) { console.log(refused.name, "network") }
'''
ran = subprocess.run([deno.path, "run", "--ext=js", "--no-prompt", "-"], input=script, capture_output=True, text=True)
print(ran.stdout, ran.stderr)
""")
    assert "42\nNotCapable file\nNotCapable network" in said, said
