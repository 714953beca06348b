"""Decoding ahead in a thread: the same blocks, the same errors, and no thread left behind."""

import threading
from collections.abc import Generator

import numpy as np
import pytest

from models.audio import FloatArray
from models.audio.ahead import ahead
from models.errors import NotAudio

WAIT_S = 10.0


def threads_ahead() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "decoding ahead"]


def numbered(n_blocks: int) -> Generator[FloatArray]:
    for number in range(n_blocks):
        yield np.full((3, 1), number, dtype=np.float32)


def test_blocks_come_in_order_and_none_is_lost() -> None:
    assert [int(block[0, 0]) for block in ahead(numbered(50), n_ahead=2)] == list(range(50))
    assert threads_ahead() == []


def test_an_error_comes_after_the_blocks_before_it() -> None:
    def broken() -> Generator[FloatArray]:
        yield from numbered(3)
        raise NotAudio("Broken off.")

    blocks = ahead(broken())
    assert [int(next(blocks)[0, 0]) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(NotAudio, match="Broken off"):
        next(blocks)
    assert threads_ahead() == []


def test_no_more_is_taken_than_may_wait() -> None:
    n_taken = 0
    is_enough = threading.Event()

    def counted() -> Generator[FloatArray]:
        nonlocal n_taken
        for block in numbered(100):
            n_taken += 1
            if n_taken == 5:
                is_enough.set()
            yield block

    blocks = ahead(counted(), n_ahead=3)
    next(blocks)
    assert is_enough.wait(WAIT_S)  # one was given, three wait, and one has no room yet
    assert n_taken == 5
    blocks.close()
    assert n_taken <= 6


def test_leaving_early_closes_the_source_and_ends_the_thread() -> None:
    is_closed = threading.Event()

    def endless() -> Generator[FloatArray]:
        try:
            while True:
                yield from numbered(10)
        finally:
            is_closed.set()

    blocks = ahead(endless(), n_ahead=2)
    next(blocks)
    blocks.close()
    assert is_closed.is_set()
    assert threads_ahead() == []


def test_nothing_is_taken_before_the_first_block_is_asked_for() -> None:
    ahead(numbered(3))
    assert threads_ahead() == []
