"""What is lost when a worker or the queue is lost: time, and nothing else."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from backend.catalogue import parts
from backend.database import one_transaction
from backend.outbox import QUEUE_OF, TaskName, producer
from backend.settings import get_settings
from backend.tables import Job, JobState
from models.audio.encode import write
from tests.rows import a_sound
from tests.visits import serving
from tests.waiting import eventually
from tests.walks.platform import (
    Platform,
    Worker,
    ended,
    job_of,
    let_time_pass,
    running,
    sounds_of,
    submit_upload,
)
from tests.worker.media import SAMPLE_RATE_HZ, foley, repeated
from worker.stored import storage

pytestmark = [pytest.mark.slow, pytest.mark.tf]

SECONDS_LONG = 40
"""Long enough to be met in the middle of the work, short enough to be finished by the next worker."""
LETS_GO_WITHIN_S = 5.0
GOES_ON_WITHIN_S = 150.0
"""A worker that takes the place of a killed one loads its networks first."""


def a_long_job(tmp_path: Path) -> UUID:
    """A recording with sounds all over it."""
    path = tmp_path / f"{uuid4().hex}.flac"
    write(path, repeated(foley("singing-bowl", 6), SECONDS_LONG), sample_rate_hz=SAMPLE_RATE_HZ)
    return submit_upload(path)


def a_living_worker(platform: Platform) -> Worker:
    """The newest worker, or a new one if that is dead."""
    newest = platform.workers[-1:]
    return newest[0] if newest and newest[0].process.poll() is None else platform.start_worker("sound")


def ended_well(job_id: UUID) -> Job:
    job = ended(job_id, within_s=120)
    assert job.state is JobState.DONE, job.error
    sounds = sounds_of(job)
    assert sounds
    assert [sound.ordinal for sound in sounds] == list(range(len(sounds)))
    starts = [sound.start_s for sound in sounds]
    assert starts == sorted(set(starts))
    return job


def test_a_job_whose_worker_is_killed_is_taken_up_and_ends_once(platform: Platform, tmp_path: Path) -> None:
    doomed = a_living_worker(platform)
    job_id = a_long_job(tmp_path)
    assert running(job_id).attempts == 1
    doomed.kill()
    a_living_worker(platform)
    let_time_pass(job_id)
    job = ended_well(job_id)
    assert (job.attempts, job.n_lost) == (2, 1)


def test_a_sound_that_is_heard_while_it_is_made_goes_on_when_its_worker_is_killed(
    platform: Platform, tmp_path: Path
) -> None:
    doomed = a_living_worker(platform)
    write(tmp_path / "bowl.flac", foley("singing-bowl", 4), sample_rate_hz=SAMPLE_RATE_HZ)
    with one_transaction() as session:
        sound = a_sound(session, audio_key=storage().put_file(tmp_path / "bowl.flac"))
    with serving(get_settings()) as web:
        visitor = web.visitor()
        asked = {"sound_id": str(sound.id), "seconds": 30, "seed": 5}
        job_id = UUID(visitor.post("/api/v1/variations", json=asked).json()["job"]["id"])
        address = f"/api/v1/jobs/{job_id}/audio"
        heard = bytearray()
        with visitor.stream("GET", address, timeout=GOES_ON_WITHIN_S) as answer:
            pieces = answer.iter_raw()
            while len(heard) < parts.HEADER_BYTES + parts.PART_BYTES:
                heard += next(pieces)
            assert job_of(job_id).state is JobState.RUNNING
            doomed.kill()
            a_living_worker(platform)
            let_time_pass(job_id)
            for piece in pieces:
                heard += piece
        job = ended(job_id)
        assert (job.state, job.attempts) == (JobState.DONE, 2)
        kept = visitor.get(address, follow_redirects=True)
    assert bytes(heard) == kept.content


def test_a_worker_that_is_asked_to_stop_gives_its_job_back_at_once(platform: Platform, tmp_path: Path) -> None:
    leaving = a_living_worker(platform)
    job_id = a_long_job(tmp_path)
    running(job_id)
    leaving.ask_to_stop()
    eventually(lambda: job_of(job_id).state is JobState.QUEUED, LETS_GO_WITHIN_S)
    assert leaving.process.wait(30) == 0
    a_living_worker(platform)
    job = ended_well(job_id)
    assert (job.attempts, job.n_lost) == (2, 0)


def test_a_queue_that_loses_everything_loses_no_job(platform: Platform, tmp_path: Path) -> None:
    a_living_worker(platform)
    in_work, in_queue = a_long_job(tmp_path), a_long_job(tmp_path)
    running(in_work)
    platform.redis.kill()
    while_away = a_long_job(tmp_path)
    platform.redis.start()
    platform.redis.flush()
    for job_id in (in_queue, while_away):
        let_time_pass(job_id)
    assert ended_well(in_work).attempts == 1
    assert ended_well(in_queue).attempts == 1
    assert ended_well(while_away).attempts == 1


def test_a_queue_that_is_away_while_a_job_ends_is_found_again(platform: Platform, tmp_path: Path) -> None:
    a_living_worker(platform)
    job_id = a_long_job(tmp_path)
    running(job_id)
    platform.redis.kill()
    assert ended_well(job_id).attempts == 1
    platform.redis.start()
    assert ended_well(a_long_job(tmp_path)).attempts == 1


def test_a_message_that_comes_again_finds_the_work_done(platform: Platform, tmp_path: Path) -> None:
    a_living_worker(platform)
    path = tmp_path / "bowl.flac"
    write(path, foley("singing-bowl", 4), sample_rate_hz=SAMPLE_RATE_HZ)
    first = submit_upload(path)
    for _ in range(3):
        producer(get_settings().broker_url).send_task(
            TaskName.LABEL_SOURCE, args=[str(first)], queue=QUEUE_OF[TaskName.LABEL_SOURCE], ignore_result=True
        )
    marker = submit_upload(path)
    ended_well(marker)
    assert ended_well(first).attempts == 1
