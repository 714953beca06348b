"""The worker's side: a stranger's file, decoded where it can do no harm."""

import dataclasses
import logging
import os
import select
import signal
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO, RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from models.audio import FloatArray
from models.audio.decode import AudioFacts, DecodeLimits
from models.errors import NotAudio
from worker import children
from worker.decoder import messages
from worker.decoder.messages import Garbled, Message

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PATIENCE_S = 60.0
"""A decoder that says nothing for so long, while it is waited for, will not say anything any more."""

PIPE_BYTES = 1 << 20
"""Two blocks of stereo fit in: sixteen times the usual, so that the two processes wait less for each other."""

_log = logging.getLogger(__name__)


class DecoderKilled(Exception):
    """Somebody killed the process that decodes: the system when memory is short, an operator. Worth another try."""


class _Answers(RawIOBase):
    """A pipe that has come to its end, too, when nothing more comes through it."""

    def __init__(self, pipe: FileIO) -> None:
        self._pipe = pipe
        self._waiting = select.poll()
        self._waiting.register(pipe, select.POLLIN)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        return self._pipe.readinto(buffer) if self._waiting.poll(1000.0 * PATIENCE_S) else 0


class OpenFile:
    """A file that another process has opened and found to hold sound."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, limits: DecodeLimits) -> None:
        """Hold. Use `opened`."""
        self._process = process
        self._orders = cast("BinaryIO", process.stdin)
        self._answers: BufferedReader = BufferedReader(_Answers(cast("FileIO", process.stdout)))
        self._name = name
        self._limits = limits
        self.facts = AudioFacts(**self._answer()["facts"])

    def stream(self, *, sample_rate_hz: int, is_mono: bool = False) -> Generator[FloatArray]:
        """Decode from the beginning; may be done again once it has come to its end.

        Args:
            sample_rate_hz: Rate to resample to.
            is_mono: Whether the channels are averaged, which is half as much to hand over.

        Yields:
            Samples, float32 in about [-1, 1]. [n_samples, 1 or 2], n_samples <= 65536.

        Raises:
            SoundError: as models.audio.decode.stream does.
            NotAudio: also if the decoder broke down over the file or fell silent for PATIENCE_S.
            DecoderKilled: if it was killed.
        """
        try:
            messages.send(self._orders, {"sample_rate_hz": sample_rate_hz, "is_mono": is_mono})
        except BrokenPipeError as broken:
            raise self._fate() from broken
        n_left = round((self._limits.max_seconds + 1.0) * sample_rate_hz)
        while "end" not in (answer := self._answer()):
            try:
                block = messages.receive_samples(self._answers, answer["block"])
            except Garbled as garbled:
                raise self._fate() from garbled
            n_left -= len(block)
            if n_left < 0:
                raise self._fate()
            yield block

    def _answer(self) -> Message:
        try:
            answer = messages.receive(self._answers)
        except Garbled as garbled:
            raise self._fate() from garbled
        if "error" in answer:
            raise messages.error_of(answer)
        return answer

    def _fate(self) -> Exception:
        """End the process that makes no sense any more, and tell what that means for the file."""
        try:
            status = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            status = 0
        if status == -signal.SIGKILL:
            return DecoderKilled()
        _log.warning("The decoder broke down over %s (status %d).", self._name, status)
        return NotAudio(f"{self._name} cannot be decoded: the decoder broke down over it.")


@contextmanager
def opened(path: Path, limits: DecodeLimits) -> Iterator[OpenFile]:
    """Open a file in a process of its own, which ends with the block.

    Args:
        path: A local file.
        limits: Seconds and bytes beyond which the file is refused.

    Raises:
        NotAudio, NoAudioStream, EmptyAudio: as models.audio.decode.probe does, and if the decoder broke down over it.
        DecoderKilled: if it was killed.
    """
    process = subprocess.Popen(
        children.command("worker.decoder.child"),
        bufsize=0,
        pipesize=PIPE_BYTES,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=children.bare_environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"),
        cwd="/",
        # Out of reach of the terminal's Ctrl-C: the worker ends it when it is done with the file.
        start_new_session=True,
    )
    try:
        order = {"path": str(path.absolute()), "limits": dataclasses.asdict(limits), "parent": os.getpid()}
        messages.send(cast("BinaryIO", process.stdin), order)
        yield OpenFile(process, path.name, limits)
    finally:
        process.kill()
        process.communicate()
