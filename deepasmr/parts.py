"""What one process of the platform is, and how it is tied to the one that started it."""

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass

PR_SET_PDEATHSIG = 1
# Looked up before any fork: a child that is about to become another program should do as little as possible.
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Part:
    """One process of the platform.

    Attributes:
        name: What the log calls it.
        command: Program and its words.
        environment: All of its environment.
        user: Account to run as, or None for ours.
        is_service: Others need it until they have ended, so it stops last.
        is_once: It ends by itself and is not started again.
        stop_signal: Asks it to end in good order.
        death_signal: What the kernel sends it when the supervisor is killed.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    user: str | None = None
    is_service: bool = False
    is_once: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL


def tie_to(parent_pid: int, death_signal: int) -> None:
    """Make the kernel end this process when the one that started it ends. Runs in the child, before the program."""
    if sys.platform != "linux":
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)
