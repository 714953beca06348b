"""The guard of the process that runs yt-dlp: where it may connect and which programs it may start.

It is an audit hook of the interpreter: CPython raises `socket.connect` for every connection that any Python library
makes, right before the system call and with the very address that will be connected. So a redirect, a second DNS
answer or a library with its own resolver cannot slip past, as they could past a check of the URL. A hook cannot be
removed, which is why the guard lives in a process of its own.

Source: PEP 578.
"""

import os
import sys
from collections.abc import Sequence
from ipaddress import ip_network

from worker.video.addresses import IPNetwork, may_connect

# yt-dlp solves YouTube's puzzles with a JavaScript runtime. Deno runs them without network and files; Node, the other
# choice, would let them reach the network. What else yt-dlp might start (ffmpeg, curl, rtmpdump, browsers' key rings)
# has a network stack that we could not watch either.
ALLOWED_PROGRAMS = frozenset({"deno"})

_REFUSED_EVENTS = frozenset({"os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn"})


class AddressRefused(OSError):
    """The guard met a connection to an address that is not on the public internet."""


class ProgramRefused(PermissionError):
    """The guard met the start of a program other than Deno."""


def install(open_networks: Sequence[str] = ()) -> None:
    """Guard this process from now on, for good.

    Args:
        open_networks: Networks in CIDR form that may be connected to although they are not public.
    """
    opened: tuple[IPNetwork, ...] = tuple(ip_network(network) for network in open_networks)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            _check_address(arguments[1], opened)
        elif event == "subprocess.Popen":
            _check_program(arguments[0], arguments[1])
        elif event in _REFUSED_EVENTS:
            raise ProgramRefused(f"{event} is not allowed here")

    sys.addaudithook(watch)


def _check_address(address: object, open_networks: Sequence[IPNetwork]) -> None:
    """Raise AddressRefused unless a socket address may be connected to; unix sockets never may."""
    host = address[0] if isinstance(address, tuple) and address else None
    if not isinstance(host, str) or not may_connect(host, open_networks):
        raise AddressRefused(f"{host or address!r} is not on the public internet")


def _check_program(executable: object, arguments: object) -> None:
    """Raise ProgramRefused unless the program about to start is Deno."""
    program = executable
    if program is None:
        program = arguments[0] if isinstance(arguments, list | tuple) and arguments else arguments
    name = os.path.basename(os.fsdecode(program)) if isinstance(program, str | bytes | os.PathLike) else ""
    if name not in ALLOWED_PROGRAMS:
        raise ProgramRefused(f"{name} is not allowed here")
