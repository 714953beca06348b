"""Whether this process was told to stop: the running job then goes back to its queue."""

import threading

_requested = threading.Event()


def request() -> None:
    """Ask the running job to let go at its next report."""
    _requested.set()


def is_requested() -> bool:
    """Tell whether the process is to stop."""
    return _requested.is_set()
