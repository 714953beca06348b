"""A video becomes sounds: the real yt-dlp, the real queue, the real networks."""

from pathlib import Path
from uuid import uuid4

import pytest

from backend.tables import JobState, SourceKind
from tests.waiting import eventually
from tests.walks.platform import (
    Platform,
    Worker,
    ended,
    job_of,
    running,
    sounds_of,
    source_of,
    submit_upload,
    submit_video,
)
from tests.worker.media import write_sound, write_video
from worker.stored import storage


@pytest.fixture(scope="module")
def worker(platform: Platform) -> Worker:
    return platform.start_worker()


def test_a_video_becomes_sounds(platform: Platform, worker: Worker) -> None:
    write_video(platform.site.folder / "clip.mp4", 6)
    job = ended(submit_video(platform.site.address("clip.mp4")))
    assert job.state is JobState.DONE, job.error
    source = source_of(job)
    assert (source.kind, source.title, source.extractor) == (SourceKind.VIDEO, "clip", "generic")
    assert source.duration_s == pytest.approx(6, abs=0.1)
    assert source.listener_id is None
    assert source.audio_key is not None
    assert source.timeline[0]["start_s"] == 0.0
    assert source.timeline[-1]["end_s"] == pytest.approx(source.duration_s)
    for sound in sounds_of(job):
        assert storage().exists(sound.audio_key)
