"""Waiting for what happens elsewhere: a condition with a deadline, never a fixed sleep."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def eventually(predicate: Callable[[], Value], timeout_s: float = 30.0, *, every_s: float = 0.02) -> Value:
    """Call `predicate` until it gives something true, and return that.

    Raises:
        AssertionError: with the last value, when the deadline passes.
    """
    deadline_s = time.monotonic() + timeout_s
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline_s:
            raise AssertionError(f"still {value!r} after {timeout_s:g} s")
        time.sleep(every_s)
