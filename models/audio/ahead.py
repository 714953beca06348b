"""Decoding ahead: a thread takes the next blocks while the last ones are heard, and waits when it is too far ahead."""

import queue
import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

from models.audio import FloatArray

BLOCKS_AHEAD = 8
"""Twelve seconds of audio, 4 MB in stereo."""


@dataclass(frozen=True)
class _End:
    """Nothing comes after this; the error is why, if there is one."""

    error: BaseException | None = None


def ahead(blocks: Generator[FloatArray], *, n_ahead: int = BLOCKS_AHEAD) -> Generator[FloatArray]:
    """Pass blocks on, taking the next ones in a thread of its own meanwhile.

    FFmpeg and NumPy both let other threads run, so that decoding costs no time where there are two cores. The thread
    begins with the first block that is asked for. It has ended, and blocks is closed, when this generator is exhausted,
    closed or has raised.

    Args:
        blocks: A generator of blocks, as models.audio.decode.stream gives them; nobody else may take from it.
        n_ahead: How many blocks wait at most, from 1 up.

    Yields:
        The same blocks in the same order.

    Raises:
        SoundError: whatever taking from blocks raises, after the blocks before it.
    """
    waiting: queue.Queue[FloatArray | _End] = queue.Queue(maxsize=n_ahead)
    is_left = threading.Event()
    taking = threading.Thread(target=_take, args=(blocks, waiting, is_left), name="decoding ahead", daemon=True)
    taking.start()
    try:
        while not isinstance(given := waiting.get(), _End):
            yield given
        if given.error is not None:
            raise given.error
    finally:
        is_left.set()
        while taking.is_alive():
            # The thread may be waiting for room: make some until it has seen that nobody listens any more.
            try:
                waiting.get(timeout=0.01)
            except queue.Empty:
                taking.join(timeout=0.01)


def _take(blocks: Generator[FloatArray], waiting: "queue.Queue[FloatArray | _End]", is_left: threading.Event) -> None:
    end = _End()
    try:
        with closing(blocks):
            for block in blocks:
                waiting.put(block)
                if is_left.is_set():
                    break
    except BaseException as error:
        # Whatever it is, it is raised again where the blocks are asked for.
        end = _End(error)
    waiting.put(end)
