"""The platform without its pages: real services, a web site to fetch from, and worker processes to start and kill."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select, update

from backend.catalogue import sources
from backend.database import one_transaction
from backend.tables import Job, JobState, Sound, Source
from tests.services import RedisServer
from tests.waiting import eventually
from tests.worker.site import Site
from worker.stored import storage

ROOT = Path(__file__).parents[2]
LONGEST_JOB_S = 60.0


@dataclass
class Worker:
    """A worker process and what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        return "ready for" in self.said()

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """Take it away in the middle of what it does."""
        self.process.kill()
        self.process.wait(10)

    def ask_to_stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@dataclass
class Platform:
    """What a walk walks through."""

    folder: Path
    site: Site
    redis: RedisServer
    workers: list[Worker] = field(default_factory=list)

    def start_worker(self, queues: str = "ingest,sound") -> Worker:
        """Start a worker the way operators do, and wait until it takes jobs."""
        log = self.folder / f"worker-{len(self.workers)}.log"
        words = [sys.executable, "-m", "deepasmr", "worker", "--queues", queues]
        with log.open("wb") as said:
            process = subprocess.Popen(words, cwd=ROOT, env=os.environ, stdout=said, stderr=subprocess.STDOUT)
        worker = Worker(process, log)
        self.workers.append(worker)
        eventually(worker.is_ready, 120)
        return worker

    def stop_workers(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.ask_to_stop()
        for worker in self.workers:
            try:
                worker.process.wait(20)
            except subprocess.TimeoutExpired:
                worker.kill()


def submit_video(url: str, listener_id: UUID | None = None) -> UUID:
    """Paste an address; give the job."""
    with one_transaction() as session:
        return sources.submit_video(session, url, listener_id=listener_id)[1].id


def submit_upload(path: Path, listener_id: UUID | None = None) -> UUID:
    """Upload a file; give the job."""
    key = storage().put_file(path)
    with one_transaction() as session:
        _, job = sources.submit_upload(
            session,
            listener_id=listener_id,
            filename=path.name,
            audio_key=key,
            n_bytes=max(path.stat().st_size, 1),
            media_type=None,
        )
        return job.id


def job_of(job_id: UUID) -> Job:
    with one_transaction() as session:
        return session.get_one(Job, job_id)


def ended(job_id: UUID, within_s: float = LONGEST_JOB_S) -> Job:
    """Wait until a job has ended."""
    # Seldom: asking takes time from the worker that is waited for.
    return eventually(lambda: (job := job_of(job_id)).state.has_ended and job, within_s, every_s=0.05)


def running(job_id: UUID, phase: str | None = None, within_s: float = LONGEST_JOB_S) -> Job:
    """Wait until a worker has a job, and is in this phase of it."""

    def look() -> Job | None:
        job = job_of(job_id)
        assert not job.state.has_ended, (job.state, job.error)
        return job if job.state is JobState.RUNNING and phase in (None, job.phase) else None

    job = eventually(look, within_s)
    assert job is not None
    return job


def source_of(job: Job) -> Source:
    with one_transaction() as session:
        return session.get_one(Source, job.result_source_id)


def sounds_of(job: Job) -> list[Sound]:
    with one_transaction() as session:
        return list(
            session.scalars(select(Sound).where(Sound.source_id == job.result_source_id).order_by(Sound.ordinal))
        )


def let_time_pass(job_id: UUID, seconds: float = 60.0) -> None:
    """Move a job's clocks back, so that nobody waits for a silent worker or a resend to be noticed."""
    passed = func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    with one_transaction() as session:
        session.execute(
            update(Job)
            .where(Job.id == job_id)
            .values(
                heartbeat_at=Job.heartbeat_at - passed,
                sent_at=Job.sent_at - passed,
                queued_at=Job.queued_at - passed,
                not_before=None,
            )
        )
