"""Keeps the platform's processes alive, shows what they say, and stops them all together.

One thread, one loop: it reads every child's output, restarts what ended, and wakes at once for a signal. Without
threads a fork is safe, and so each child can be tied to this process (Linux: PR_SET_PDEATHSIG): even `kill -9` leaves
nothing.
"""

import contextlib
import functools
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import IO, Self

from deepasmr.console import Console
from deepasmr.errors import ServiceDidNotStart
from deepasmr.parts import Part, tie_to

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
N_TRIES_TO_START = 3
# A part that lived this long has started well: its next end is a new trouble, not the old one.
STEADY_AFTER_S = 60.0
PARTS_STOP_WITHIN_S = 6.0
SERVICES_STOP_WITHIN_S = 4.0
# Terminals and `make` may both pass one Ctrl-C on; a person's second one comes later.
ONE_KEYSTROKE_S = 0.3
TICK_S = 0.1
ASKING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(Exception):
    """Somebody asked the platform to stop while it was still starting."""


@dataclass
class _Running:
    part: Part
    process: subprocess.Popen[bytes]
    started_at: float
    said: bytearray = field(default_factory=bytearray)
    is_silent: bool = False


@dataclass
class _Waiting:
    part: Part
    start_at: float


class Supervisor:
    """The running parts; a context in which signals are heard and at whose end nothing is left running."""

    def __init__(self, console: Console) -> None:
        """Write what happens, and what the parts say, to this console."""
        self._console = console
        self._running: dict[str, _Running] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._pauses_s: dict[str, float] = {}
        self._exit_codes: dict[str, int] = {}
        self._n_ends: dict[str, int] = {}
        self._asked_at: float | None = None
        self._is_forced = False
        self._is_stopping = False
        self._selector = selectors.DefaultSelector()
        self._ear, self._bell = socket.socketpair()
        self._earlier_handlers: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        """Begin to hear signals."""
        for end in (self._ear, self._bell):
            end.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
        for asking in ASKING_SIGNALS:
            self._earlier_handlers[asking] = signal.signal(asking, self._hear)
        self._earlier_handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything and give the signals back."""
        self.stop()
        signal.set_wakeup_fd(-1)
        for number, handler in self._earlier_handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._selector.close()
        self._ear.close()
        self._bell.close()

    @property
    def is_asked_to_stop(self) -> bool:
        """Whether a signal has asked for the end."""
        return self._asked_at is not None

    def start(self, part: Part) -> None:
        """Start a part in a process group of its own, tied to this process."""
        self._waiting.pop(part.name, None)
        self._exit_codes.pop(part.name, None)
        process = subprocess.Popen(
            part.command,
            env=dict(part.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=part.user,
            group=part.user,
            extra_groups=[] if part.user else None,
            # After the change of user, which would forget it. Safe here: this process has one thread.
            preexec_fn=functools.partial(tie_to, os.getpid(), part.death_signal),
        )
        running = _Running(part, process, time.monotonic())
        self._running[part.name] = running
        os.set_blocking(_output(running).fileno(), False)
        self._selector.register(_output(running), selectors.EVENT_READ, running)

    def wait_until(self, condition: Callable[[], bool], *, within_s: float, needs: Part) -> None:
        """Keep all parts going until a condition holds.

        Args:
            condition: Asked about ten times a second; must answer at once.
            within_s: How long to wait, in seconds.
            needs: The part that is being waited for; it may fail and be restarted a few times.

        Raises:
            ServiceDidNotStart: if that part keeps ending, or time runs out.
            StopAsked: if a signal asks for the end.
        """
        deadline = time.monotonic() + within_s
        while not condition():
            if self.is_asked_to_stop:
                raise StopAsked
            if self._n_ends.get(needs.name, 0) >= N_TRIES_TO_START:
                end = _end_in_words(self._exit_codes.get(needs.name, 0))
                raise ServiceDidNotStart(f"{needs.name} did not start ({end}): {self._console.path} says why")
            if time.monotonic() > deadline:
                raise ServiceDidNotStart(f"{needs.name} was not ready after {within_s:.0f} s: see {self._console.path}")
            self._turn(TICK_S)

    def run_once(self, part: Part, *, within_s: float) -> int:
        """Start a part that ends by itself, wait for its end and return its exit code.

        Raises:
            ServiceDidNotStart: if it takes longer.
            StopAsked: if a signal asks for the end.
        """
        self.start(part)
        deadline = time.monotonic() + within_s
        while part.name not in self._exit_codes:
            if self.is_asked_to_stop:
                raise StopAsked
            if time.monotonic() > deadline:
                raise ServiceDidNotStart(f"{part.name} had not ended after {within_s:.0f} s")
            self._turn(TICK_S)
        return self._exit_codes[part.name]

    def watch(self) -> None:
        """Keep the parts going until a signal asks for the end."""
        while not self.is_asked_to_stop:
            self._turn(1.0)

    def stop(self) -> None:
        """End all parts, the services last; a second Ctrl-C forces it."""
        self._is_stopping = True
        self._waiting.clear()
        if self._running:
            self._console.say("stopping")
        self._end([each for each in self._running.values() if not each.part.is_service], PARTS_STOP_WITHIN_S)
        self._end(list(self._running.values()), SERVICES_STOP_WITHIN_S)

    def _end(self, ending: list[_Running], within_s: float) -> None:
        for each in ending:
            _send(each, each.part.stop_signal)
        deadline = time.monotonic() + within_s
        names = {each.part.name for each in ending}
        while names & self._running.keys() and time.monotonic() < deadline and not self._is_forced:
            self._turn(TICK_S)
        for name in names & self._running.keys():
            if not self._is_forced:
                self._console.say(f"{name} did not stop within {within_s:.0f} s: killing it")
            _send_to_group(self._running[name], signal.SIGKILL)
        while names & self._running.keys():
            self._turn(TICK_S)

    def _hear(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
        elif number == signal.SIGINT and now - self._asked_at > ONE_KEYSTROKE_S:
            self._is_forced = True

    def _turn(self, longest_s: float) -> None:
        """Let one moment pass: hear, read, bury, restart."""
        for key, _ in self._selector.select(min(longest_s, self._until_next_start_s())):
            if key.fileobj is self._ear:
                with contextlib.suppress(BlockingIOError):
                    self._ear.recv(4096)
            else:
                self._read(key.data)
        for running in list(self._running.values()):
            if running.process.poll() is not None:
                self._bury(running)
        for waiting in list(self._waiting.values()):
            if waiting.start_at <= time.monotonic():
                self.start(waiting.part)

    def _until_next_start_s(self) -> float:
        now = time.monotonic()
        return max(0.0, min((waiting.start_at - now for waiting in self._waiting.values()), default=LONGEST_PAUSE_S))

    def _read(self, running: _Running) -> None:
        try:
            said = os.read(_output(running).fileno(), 65536)
        except BlockingIOError:
            return
        if not said:
            self._silence(running)
            return
        running.said += said
        *lines, rest = running.said.split(b"\n")
        running.said = bytearray(rest)
        for line in lines:
            self._repeat(running.part, line)

    def _silence(self, running: _Running) -> None:
        if running.is_silent:
            return
        running.is_silent = True
        self._selector.unregister(_output(running))
        if running.said:
            self._repeat(running.part, running.said)
        _output(running).close()

    def _repeat(self, part: Part, line: bytes | bytearray) -> None:
        # What services chat about is for the file; who reads the terminal wants the platform.
        self._console.repeat(part.name, line.decode(errors="replace"), on_terminal=not part.is_service)

    def _bury(self, running: _Running) -> None:
        """Read a dead part's last words, end what it left behind, and plan its return."""
        part = running.part
        _send_to_group(running, signal.SIGKILL)
        if not running.is_silent:
            self._read(running)
            self._silence(running)
        del self._running[part.name]
        code = running.process.returncode
        self._exit_codes[part.name] = code
        self._n_ends[part.name] = self._n_ends.get(part.name, 0) + 1
        if self._is_stopping or self.is_asked_to_stop or part.is_once:
            return
        if time.monotonic() - running.started_at > STEADY_AFTER_S:
            self._pauses_s.pop(part.name, None)
        pause_s = self._pauses_s.get(part.name, FIRST_PAUSE_S)
        self._pauses_s[part.name] = min(2 * pause_s, LONGEST_PAUSE_S)
        self._console.say(f"{part.name} ended ({_end_in_words(code)}); it starts again in {pause_s:g} s")
        self._waiting[part.name] = _Waiting(part, time.monotonic() + pause_s)


def _output(running: _Running) -> IO[bytes]:
    if running.process.stdout is None:
        raise ValueError(f"{running.part.name} was started without a pipe for its output")
    return running.process.stdout


def _send(running: _Running, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        running.process.send_signal(number)


def _send_to_group(running: _Running, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(running.process.pid, number)


def _end_in_words(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
