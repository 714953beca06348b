"""What a worker's child processes have in common: a bare environment, answers of their own, their parent's death."""

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

import worker

_PR_SET_PDEATHSIG = 1

# What a child needs of our environment: to find Python and other programs, and to trust the operator's certificates.
# Nothing else, because it holds passwords.
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR")


def command(module: str) -> list[str]:
    """Tell how to start a module of ours as a program."""
    return [sys.executable, "-P", "-s", "-m", module]


def bare_environment(**more: str) -> dict[str, str]:
    """Variables for a child that must not know our passwords."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {"PYTHONPATH": str(Path(worker.__file__).parents[1]), "PYTHONUNBUFFERED": "1"} | more


def private_answers() -> BinaryIO:
    """Keep standard output for answers alone: whatever a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def bind_to_parent(parent: int) -> None:
    """Die with the worker, also when it is killed in a way that lets it say nothing."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)
