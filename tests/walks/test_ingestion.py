"""From a video's address or a listener's file to sounds: the real yt-dlp, the real queue, the real networks."""

from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
import soundfile
from sqlalchemy import func, select

from backend.catalogue import jobs
from backend.database import one_transaction
from backend.tables import JobState, Source, SourceKind
from models.audio.encode import write
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
from tests.worker.media import SAMPLE_RATE_HZ, noise, write_silence, write_sound, write_video
from worker.stored import storage

STOPS_WITHIN_S = 5.0


@pytest.fixture(scope="module", autouse=True)
def worker(platform: Platform) -> Worker:
    return platform.start_worker()


def test_a_video_becomes_sounds_that_can_be_played(platform: Platform) -> None:
    write_video(platform.site.folder / "clip.mp4", 6)
    job = ended(submit_video(platform.site.address("clip.mp4")))
    assert job.state is JobState.DONE, job.error
    assert job.progress == 1.0
    source = source_of(job)
    assert (source.kind, source.title, source.extractor) == (SourceKind.VIDEO, "clip", "generic")
    assert source.duration_s == pytest.approx(6, abs=0.1)
    assert source.listener_id is None
    assert source.timeline[0]["start_s"] == 0.0
    assert source.timeline[-1]["end_s"] == pytest.approx(source.duration_s)
    sounds = sounds_of(job)
    assert sounds
    for sound in sounds:
        assert sum(sound.probabilities.values()) == pytest.approx(1, abs=1e-3)
        assert np.linalg.norm(sound.embedding) == pytest.approx(1, abs=1e-3)
        with storage().local_copy(sound.audio_key) as path:
            audio, rate_hz = soundfile.read(path)
        assert rate_hz == SAMPLE_RATE_HZ
        assert len(audio) / rate_hz == pytest.approx(sound.end_s - sound.start_s, abs=0.01)
        assert audio.shape[1] == sound.n_channels == 2
        assert storage().read_bytes(sound.mel_key).startswith(b"\x89PNG")
    packed = np.load(_opened(source.probabilities_key))
    assert packed["probabilities"].shape == (11, 23)


def test_a_video_under_two_addresses_is_one_source(platform: Platform) -> None:
    write_sound(platform.site.folder / "twice.mp3", 2)
    first = ended(submit_video(platform.site.address("twice.mp3")))
    again = submit_video(platform.site.address("twice.mp3"))
    elsewhere = ended(submit_video(platform.site.address(f"_to?url={platform.site.address('twice.mp3')}")))
    assert again == first.id
    assert elsewhere.state is JobState.DONE, elsewhere.error
    assert elsewhere.id != first.id
    assert elsewhere.result_source_id == first.result_source_id
    with one_transaction() as session:
        assert session.scalar(select(func.count()).where(Source.video_key == source_of(first).video_key)) == 1


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("silent.mp4", "no-audio-in-video"),
        ("_status/404", "video-removed"),
        ("two.html", "playlist-not-supported"),
        ("page.html", "unsupported-site"),
    ],
)
def test_a_video_that_cannot_be_had_fails_with_its_reason(platform: Platform, path: str, problem: str) -> None:
    write_video(platform.site.folder / "silent.mp4", 1, has_sound=False)
    (platform.site.folder / "page.html").write_text("<html><title>Nothing</title>no media</html>")
    (platform.site.folder / "two.html").write_text("<title>Two</title><video src='a.mp4'></video><audio src='b.mp3'></audio>")
    job = ended(submit_video(platform.site.address(path)))
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error["type"] == f"/problems/{problem}"
    assert job.error["detail"]


def test_a_busy_site_is_tried_again_later(platform: Platform) -> None:
    job_id = submit_video(platform.site.address("_status/503"))
    job = eventually(lambda: (job := job_of(job_id)).not_before and job, 20)
    assert job.state is JobState.QUEUED
    assert job.error is not None
    assert job.error["type"] == "/problems/site-busy"
    with one_transaction() as session:
        jobs.request_cancel(session, job_id, listener_id=None, is_admin=True)


def test_an_upload_becomes_sounds_that_are_its_owners_alone(tmp_path: Path) -> None:
    listener_id = uuid4()
    write(tmp_path / "mine.opus", noise(4), sample_rate_hz=SAMPLE_RATE_HZ)
    job = ended(submit_upload(tmp_path / "mine.opus", listener_id))
    assert job.state is JobState.DONE, job.error
    assert source_of(job).listener_id == listener_id
    sounds = sounds_of(job)
    assert sounds
    assert {sound.listener_id for sound in sounds} == {listener_id}


def _no_bytes_worth_hearing(path: Path) -> None:
    path.write_bytes(b"\0")


def _text(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1000)


def _pictures_only(path: Path) -> None:
    write_video(path, 1, has_sound=False)


def _no_samples(path: Path) -> None:
    soundfile.write(path, np.zeros((0, 2), dtype=np.float32), SAMPLE_RATE_HZ)


def _nine_hours(path: Path) -> None:
    write_silence(path, 9 * 3600)


@pytest.mark.parametrize(
    ("name", "make", "problem"),
    [
        ("tiny.mp3", _no_bytes_worth_hearing, "not-audio"),
        ("renamed.mp3", _text, "not-audio"),
        ("pictures.mp4", _pictures_only, "no-audio-stream"),
        ("nothing.wav", _no_samples, "empty-audio"),
        ("bomb.flac", _nine_hours, "clip-too-long"),
    ],
)
def test_a_bad_file_fails_with_its_reason(tmp_path: Path, name: str, make: object, problem: str) -> None:
    make(tmp_path / name)  # type: ignore[operator]
    job = ended(submit_upload(tmp_path / name))
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error["type"] == f"/problems/{problem}"


def test_a_truncated_file_gives_what_can_be_heard(tmp_path: Path) -> None:
    whole = write_sound(tmp_path / "whole.flac", 8, seed=5).read_bytes()
    (tmp_path / "truncated.flac").write_bytes(whole[: len(whole) // 2])
    job = ended(submit_upload(tmp_path / "truncated.flac"))
    assert job.state is JobState.DONE, job.error
    assert source_of(job).duration_s == pytest.approx(4, abs=0.5)


def test_cancelling_a_download_hangs_up(platform: Platform) -> None:
    write_sound(platform.site.folder / "slow.flac", 3, seed=6)
    platform.site.cut.clear()
    job_id = submit_video(platform.site.address("_drip/slow.flac?rate=20000"))
    running(job_id, "downloading")
    with one_transaction() as session:
        jobs.request_cancel(session, job_id, listener_id=None, is_admin=True)
    assert ended(job_id, STOPS_WITHIN_S).state is JobState.CANCELLED
    assert platform.site.cut.wait(STOPS_WITHIN_S)


def test_cancelling_a_labelling_stops_it(tmp_path: Path) -> None:
    listener_id = uuid4()
    job_id = submit_upload(write_silence(tmp_path / "long.flac", 7000), listener_id)
    running(job_id, "listening")
    with one_transaction() as session:
        jobs.request_cancel(session, job_id, listener_id=listener_id)
    job = ended(job_id, STOPS_WITHIN_S)
    assert job.state is JobState.CANCELLED
    assert not sounds_of(job)


def _opened(key: str | None) -> Path:
    assert key is not None
    with storage().local_copy(key) as path:
        return path
