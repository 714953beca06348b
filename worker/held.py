"""A job in the hands of this worker: its progress, its heartbeat, and the ways in which it is taken away."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeVar
from uuid import uuid4

from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from backend.catalogue import claims
from backend.catalogue.claims import Claim
from backend.catalogue.errors import CatalogueError
from backend.database import one_transaction
from worker import stopping

log = logging.getLogger(__name__)

BEAT_EVERY_S = 1.0
SOON_S = 10.0
"""So much of a sound is told of with every part; who has that to hear can wait for a heartbeat to tell of more."""
RECORDS_FOR_S = 90.0
"""How long an outcome waits for a database that is away."""
WORKER = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
"""This process among all workers; a process that takes the place of a dead one has another name."""

Result = TypeVar("Result")
Write = Callable[[Session], Result]


class Interruption(StrEnum):
    """Why a job is let go before its end."""

    CANCELLED = "cancelled"
    LOST = "lost"
    STOPPING = "stopping"


class Interrupted(Exception):
    """The job is to be let go: raised by report, so that a task stops where it stands."""

    def __init__(self, interruption: Interruption) -> None:
        """Keep why."""
        super().__init__(interruption)
        self.interruption = interruption


class HeldJob:
    """What a task knows of its job, and how it tells where it stands."""

    def __init__(self, claim: Claim) -> None:
        """Hold a job by its claim, the proof that a record is asked for by the worker that still has the job."""
        self.claim = claim
        self.progress: float | None = None
        self.phase: str | None = None
        self.ready_s: float | None = None
        self._has_news = threading.Event()
        self._interruption: Interruption | None = None
        self._note: Write[None] | None = None

    def report(self, progress: float | None = None, phase: str | None = None) -> None:
        """Tell how far the work is. Cheap: the heartbeat carries it on.

        Args:
            progress: Share of the whole job that is done, 0 to 1; never goes back.
            phase: What is being done, in a word or two.

        Raises:
            Interrupted: if the job was cancelled or lost, or the worker stops.
        """
        if progress is not None:
            self.progress = max(self.progress or 0.0, min(progress, 1.0))
        if phase is not None:
            self.phase = phase
        if stopping.is_requested():
            raise Interrupted(Interruption.STOPPING)
        if self._interruption is not None:
            raise Interrupted(self._interruption)

    def let_hear(self, ready_s: float) -> None:
        """Tell how much of the sound (s) can be heard already; at first at once, as somebody may wait for it.

        Args:
            ready_s: What is in storage, from the beginning.
        """
        self.ready_s = ready_s
        if ready_s <= SOON_S:
            self.hurry()

    def hurry(self) -> None:
        """Let the heart beat now."""
        self._has_news.set()

    def rest(self) -> None:
        """Wait until the next beat is due."""
        self._has_news.wait(BEAT_EVERY_S)
        self._has_news.clear()

    def note(self, write: Write[None]) -> None:
        """Let the next heartbeat write something that is good to see and no loss if it cannot be written."""
        self._note = write

    def take_note(self) -> Write[None] | None:
        """Give what the heartbeat is to write, once."""
        note, self._note = self._note, None
        return note

    def record(self, write: Write[Result]) -> Result:
        """Write the outcome in one transaction, again and again while the database is away for a moment.

        Hours of listening must not be lost to a database that restarts in the minute in which they end.

        Args:
            write: Given a session; nothing of it stays when it raises.

        Returns:
            What write returns.

        Raises:
            Interrupted: as report does.
            OperationalError: if the database stays away.
        """
        gives_up_at = time.monotonic() + RECORDS_FOR_S
        while True:
            try:
                with one_transaction() as session:
                    return write(session)
            except OperationalError as away:
                if time.monotonic() > gives_up_at:
                    raise
                log.warning("job %s: not recorded yet: %s", self.claim.job_id, away)
            self.report()
            time.sleep(BEAT_EVERY_S)

    def interrupt(self, interruption: Interruption) -> None:
        """Make the next report raise."""
        self._interruption = interruption


@contextmanager
def beating(job: HeldJob) -> Iterator[None]:
    """Beat for a job while the block runs."""
    over = threading.Event()
    heart = threading.Thread(target=_beat_until, args=(job, over), name=f"beat-{job.claim.job_id}", daemon=True)
    heart.start()
    try:
        yield
    finally:
        over.set()
        job.hurry()
        heart.join()


def _beat_until(job: HeldJob, over: threading.Event) -> None:
    is_away = False
    while True:
        job.rest()
        if over.is_set():
            return
        try:
            with one_transaction() as session:
                beat = claims.beat(session, job.claim, progress=job.progress, phase=job.phase, ready_s=job.ready_s)
                if beat.still_mine and (note := job.take_note()) is not None:
                    note(session)
        except (SQLAlchemyError, CatalogueError) as away:
            # Work goes on: if the database stays away, the job goes to another worker and the next beat tells.
            if not is_away:
                log.warning("job %s: no heartbeat for now: %s", job.claim.job_id, away)
            is_away = True
            continue
        is_away = False
        if not beat.still_mine:
            job.interrupt(Interruption.LOST)
        elif beat.cancel_requested:
            job.interrupt(Interruption.CANCELLED)
