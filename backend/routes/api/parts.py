"""A sound that is being made, as bytes: what is there at once, the rest as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from backend import formats
from backend.catalogue import jobs, parts, sounds
from backend.catalogue.errors import JobHasNoAudio, NoSuchJob, NoSuchObject
from backend.database import one_transaction
from backend.formats import AudioFormat
from backend.routes.api.jobs import get_job
from backend.routes.deps import CallerDep, SettingsDep, StorageDep
from backend.routes.events import JobWatch
from backend.routes.problems import MEDIA_TYPE, problems
from backend.routes.ranges import growing_bytes
from backend.routes.schemas.jobs import JobBody
from backend.settings import Settings
from backend.storage import Storage
from backend.tables import JobState

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get(
    "/{job_id}/audio",
    response_class=Response,
    responses={
        **problems(NoSuchJob, JobHasNoAudio),
        200: {"description": "All of it, as it is made.", "content": {"audio/wav": {}}},
        206: {"description": "The range that was asked for, as it is made.", "content": {"audio/wav": {}}},
        307: {"description": "The sound is made: this is where its audio is."},
        416: {
            "description": "The range lies outside.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    },
)
async def hear_job(
    job: Annotated[JobBody, Depends(get_job)],
    request: Request,
    settings: SettingsDep,
    caller: CallerDep,
    storage: StorageDep,
) -> Response:
    """Hear a variation or a mix while it is made: WAV, 16 bits, stereo, of the length that was asked for.

    An answer waits for what is not made yet, and breaks off if the job ends without a sound. Byte for byte it is the
    WAV that the sound will have.
    """
    if job.task not in parts.MAKES_A_SOUND or job.state in {JobState.FAILED, JobState.CANCELLED}:
        raise JobHasNoAudio(job_id=str(job.id))
    if job.state is JobState.DONE:
        if job.result.sound_id is None:
            raise JobHasNoAudio(job_id=str(job.id))
        address = f"/api/v1/sounds/{job.result.sound_id}/audio?format={AudioFormat.WAV}"
        return RedirectResponse(address, headers={"Cache-Control": "no-store"})
    watch = cast(JobWatch, request.app.state.job_watch)
    growing = _Growing(watch, job, storage, settings, caller.listener_id)
    return growing_bytes(
        request,
        n_bytes=parts.n_bytes(growing.seconds),
        read=growing.read,
        media_type=formats.MEDIA_TYPES[AudioFormat.WAV],
    )


@dataclass(frozen=True)
class _Growing:
    """The WAV of a job that its listener may hear. Between two parts nothing is held: no thread, no transaction."""

    watch: JobWatch
    job: JobBody
    storage: Storage
    settings: Settings
    listener_id: UUID

    @property
    def seconds(self) -> float:
        return float(self.job.arguments["seconds"])

    async def read(self, start_byte: int, end_byte: int) -> AsyncIterator[bytes]:
        """Give the bytes from the first offset up to, not including, the second, and wait for those to come."""
        at = start_byte
        if at < parts.HEADER_BYTES:
            head = parts.header(self.seconds)[at:end_byte]
            at += len(head)
            yield head
        now = self.job
        async with aclosing(self.watch.follow(self.job)) as followed:
            async for now in followed:
                is_done = now.state is JobState.DONE
                ready = parts.n_bytes_ready(self.seconds if is_done else now.ready_s, self.seconds)
                while at < min(ready, end_byte):
                    ordinal, within = divmod(at - parts.HEADER_BYTES, parts.PART_BYTES)
                    try:
                        part = await run_in_threadpool(self.storage.read_bytes, parts.key(self.job.id, ordinal))
                    except NoSuchObject:
                        break
                    piece = part[within : within + end_byte - at]
                    at += len(piece)
                    yield piece
                if at >= end_byte:
                    return
        if now.state is not JobState.DONE:
            return
        # Somebody who paused for long finds the parts gone and the sound kept.
        async for chunk in iterate_in_threadpool(await run_in_threadpool(self._rest, at, end_byte)):
            yield chunk

    def _rest(self, start_byte: int, end_byte: int) -> Iterator[bytes]:
        with one_transaction(self.settings) as session:
            job = jobs.find(session, self.job.id, listener_id=self.listener_id)
            if job.sound_id is None:
                return iter(())
            sound = sounds.find(session, job.sound_id, listener_id=self.listener_id)
        key = formats.converted(self.storage, sound.audio_key, AudioFormat.WAV)
        return self.storage.read_range(key, start_byte, end_byte)
