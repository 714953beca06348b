"""A video's address becomes its audio in storage; what it sounds like is the next task's."""

import mimetypes
import tempfile
from dataclasses import asdict
from pathlib import Path

from backend.catalogue import claims, recordings, sources
from backend.catalogue.errors import NoSuchSource
from backend.database import one_transaction
from backend.outbox import TaskName
from backend.tables import SourceKind
from worker.decoder import apart
from worker.held import HeldJob
from worker.limits import decode_limits, video_limits
from worker.shares import DOWNLOADED, LOOKED_UP
from worker.stored import storage
from worker.tasks.task import task
from worker.video.facts import VideoFacts
from worker.video.fetch import download, look_up


@task(TaskName.INGEST_SOURCE)
def ingest_source(job: HeldJob) -> None:
    """Look a video up, recognise it if it is known, else fetch its audio and hand the job on to be labelled."""
    job.report(0.0, "looking up")
    url, limits = _address(job), video_limits()
    facts = look_up(url, limits, lambda _: job.report())
    if not _is_wanted(job, facts):
        return
    job.report(LOOKED_UP, "downloading")
    with tempfile.TemporaryDirectory(prefix="deepasmr-ingest-") as folder:
        path = download(url, Path(folder), limits, lambda share: job.report(_progress(share)))
        with apart.opened(path, decode_limits(SourceKind.VIDEO)) as file:
            audio = file.facts
        n_bytes = path.stat().st_size
        job.report(DOWNLOADED, "storing")
        audio_key = storage().put_file(path)
    job.record(
        lambda session: recordings.record_download(
            session,
            job.claim,
            audio_key=audio_key,
            n_bytes=n_bytes,
            media_type=mimetypes.guess_type(path.name)[0],
            duration_s=audio.duration_s,
            n_channels=audio.n_channels,
            sample_rate_hz=audio.sample_rate_hz,
        )
    )


def _address(job: HeldJob) -> str:
    """Read the address as it was submitted; one that was pasted without a scheme gets https."""
    if job.claim.source_id is None:
        raise NoSuchSource
    with one_transaction() as session:
        url = sources.find(session, job.claim.source_id, listener_id=job.claim.listener_id).source.url or ""
    return url if "://" in url else f"https://{url}"


def _is_wanted(job: HeldJob, facts: VideoFacts) -> bool:
    """Record the facts; tell whether there is anything left to fetch, and end or hand on the job if not."""
    told = asdict(facts)
    del told["is_live"], told["n_bytes"]
    with one_transaction() as session:
        recognition = recordings.recognise(session, job.claim, **told)
        if recognition.is_known:
            claims.finish(session, job.claim)
        elif recognition.source.audio_key is not None:
            claims.hand_on(session, job.claim, TaskName.LABEL_SOURCE)
        else:
            return True
    return False


def _progress(share: float | None) -> float | None:
    return None if share is None else LOOKED_UP + share * (DOWNLOADED - LOOKED_UP)
