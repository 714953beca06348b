"""Jobs as they move: one reader for all who listen in this process."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sse_starlette.sse import AppStatus
from starlette.concurrency import run_in_threadpool

from backend.routes.schemas.jobs import JobBody

logger = logging.getLogger(__name__)

BEAT_S = 0.25
# A database that is away is not asked at every beat.
PAUSE_S = 2.0


class JobWatch:
    """Reads the jobs that somebody follows, all at each beat in one short transaction, however many follow them.

    Belongs to one event loop. Nothing runs while nobody listens.
    """

    def __init__(self, read: Callable[[Collection[UUID]], Mapping[UUID, JobBody]]) -> None:
        """Watch with a function that reads jobs by id, in a thread; one that is gone is left out."""
        self._read = read
        self._followers: defaultdict[UUID, set[asyncio.Queue[JobBody | None]]] = defaultdict(set)
        self._latest: dict[UUID, JobBody | None] = {}
        self._reader: asyncio.Task[None] | None = None

    async def follow(self, job: JobBody) -> AsyncGenerator[JobBody]:
        """Give a job as it is, then each time it changes, until it has ended or is gone.

        Args:
            job: What its follower was allowed to see just now.

        Yields:
            The job; the last one has ended.
        """
        yield job
        if job.state.has_ended:
            return
        heard: asyncio.Queue[JobBody | None] = asyncio.Queue()
        if job.id in self._latest:
            heard.put_nowait(self._latest[job.id])
        self._followers[job.id].add(heard)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read_on())
        try:
            while (now := await heard.get()) is not None:
                if now != job:
                    job = now
                    yield job
                if job.state.has_ended:
                    return
        finally:
            self._leave(job.id, heard)

    def _leave(self, job_id: UUID, heard: asyncio.Queue[JobBody | None]) -> None:
        self._followers[job_id].discard(heard)
        if not self._followers[job_id]:
            del self._followers[job_id]
            self._latest.pop(job_id, None)

    async def _read_on(self) -> None:
        try:
            # Uvicorn waits for open streams when it is told to stop; sse-starlette knows that it was.
            while self._followers and not AppStatus.should_exit:
                asked = list(self._followers)
                try:
                    found = await run_in_threadpool(self._read, asked)
                except SQLAlchemyError as error:
                    logger.warning("jobs cannot be followed for now: %s", str(error).partition("\n")[0])
                    await asyncio.sleep(PAUSE_S)
                    continue
                for job_id in asked:
                    self._tell(job_id, found.get(job_id))
                await asyncio.sleep(BEAT_S)
        finally:
            # Whatever stopped the reader, nobody is left waiting: a browser whose stream ends asks anew.
            for job_id in list(self._followers):
                self._tell(job_id, None)

    def _tell(self, job_id: UUID, now: JobBody | None) -> None:
        followers = self._followers.get(job_id)
        if not followers or (job_id in self._latest and self._latest[job_id] == now):
            return
        self._latest[job_id] = now
        for heard in followers:
            heard.put_nowait(now)
