"""The three walks from end to end: the real yt-dlp, the real queue, the real networks."""

import re
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
import soundfile
from sqlalchemy import delete, func, select

from backend.catalogue import jobs, listeners, mixes, variations
from backend.database import one_transaction
from backend.tables import Deed, Job, JobState, Sound, SoundKind, Source, SourceKind
from models.audio.encode import write
from tests.rows import a_sound
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
from tests.worker.media import SAMPLE_RATE_HZ, foley, write_silence, write_sound, write_video
from worker.stored import storage

pytestmark = [pytest.mark.slow, pytest.mark.tf]

STOPS_WITHIN_S = 5.0


@pytest.fixture(scope="module", autouse=True)
def worker(platform: Platform) -> Worker:
    return platform.start_worker()


def test_a_video_becomes_sounds_that_can_be_played(platform: Platform) -> None:
    write_video(platform.site.folder / "clip.mp4", 6, sound=foley("wood-tapping", 6))
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
    assert "nail_tapping" in {sound.trigger_slug for sound in sounds}
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
    (platform.site.folder / "two.html").write_text(
        "<title>Two</title><video src='a.mp4'></video><audio src='b.mp3'></audio>"
    )
    job = ended(submit_video(platform.site.address(path)))
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error["type"] == f"/problems/{problem}"
    assert job.error["detail"]


def test_a_busy_site_is_tried_again_later(platform: Platform) -> None:
    job_id = submit_video(platform.site.address("_status/503"))
    job = eventually(lambda: (job := job_of(job_id)).not_before and job)
    assert job.state is JobState.QUEUED
    assert job.error is not None
    assert job.error["type"] == "/problems/site-busy"
    with one_transaction() as session:
        jobs.request_cancel(session, job_id, listener_id=None, is_admin=True)


def test_an_upload_becomes_sounds_that_are_its_owners_alone(tmp_path: Path) -> None:
    listener_id = uuid4()
    write(tmp_path / "mine.opus", foley("singing-bowl", 4), sample_rate_hz=SAMPLE_RATE_HZ)
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
    assert "sha256" not in str(job.error)
    assert not re.search(r"[0-9a-f]{32}", str(job.error))


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


def test_a_variation_does_not_wait_for_a_long_recording(
    parents: tuple[UUID, UUID], listener_id: UUID, tmp_path: Path
) -> None:
    recording = submit_upload(write_silence(tmp_path / "long.flac", 7000), listener_id)
    running(recording, "listening")
    with one_transaction() as session:
        job_id = variations.submit(
            session, listener_id=listener_id, sound_id=parents[0], network="vae", strength=1, seconds=1, seed=3
        ).id
    assert ended(job_id).state is JobState.DONE
    assert job_of(recording).state is JobState.RUNNING
    with one_transaction() as session:
        jobs.request_cancel(session, recording, listener_id=listener_id)
    ended(recording)


@pytest.fixture(scope="module")
def listener_id() -> UUID:
    return uuid4()


@pytest.fixture(scope="module")
def parents(tmp_path_factory: pytest.TempPathFactory, listener_id: UUID) -> tuple[UUID, UUID]:
    """Two sounds of one listener, tapped wood and a singing bowl, with masters in storage."""
    ids = []
    for slug, trigger in (("wood-tapping", "nail_tapping"), ("singing-bowl", "singing_bowl_chimes")):
        path = tmp_path_factory.mktemp("masters") / f"{slug}.flac"
        write(path, foley(slug, 5), sample_rate_hz=SAMPLE_RATE_HZ)
        key = storage().put_file(path)
        with one_transaction() as session:
            listeners.arrive(session, listener_id)
            ids.append(a_sound(session, audio_key=key, trigger_slug=trigger, listener_id=listener_id).id)
    return ids[0], ids[1]


@pytest.mark.parametrize("network", ["vae", "cgan"])
def test_a_variation_is_a_sound_of_its_own_with_its_making(
    parents: tuple[UUID, UUID], listener_id: UUID, network: str
) -> None:
    with one_transaction() as session:
        job_id = variations.submit(
            session, listener_id=listener_id, sound_id=parents[0], network=network, strength=0.5, seconds=3, seed=7
        ).id
    made = _made(ended(job_id))
    assert (made.deed, made.network, made.seed, made.listener_id) == (Deed.VARIATION, network, 7, listener_id)
    assert made.first_parent_id == parents[0]
    assert made.settings is not None
    assert made.settings.items() >= {"strength": 0.5, "seconds": 3, "space": "source", "loop": False}.items()
    assert made.n_channels == 2
    assert made.weights_version
    _is_ready_to_play(made, seconds=3)


def test_a_mix_has_two_parents(parents: tuple[UUID, UUID], listener_id: UUID) -> None:
    with one_transaction() as session:
        job_id = mixes.submit(
            session,
            listener_id=listener_id,
            first_id=parents[0],
            second_id=parents[1],
            network="vae",
            blend=0.5,
            seconds=2,
            seed=1,
        ).id
    made = _made(ended(job_id))
    assert (made.deed, made.first_parent_id, made.second_parent_id) == (Deed.MIX, *parents)
    _is_ready_to_play(made, seconds=2)


def test_the_same_wish_gives_the_same_bytes(parents: tuple[UUID, UUID], listener_id: UUID) -> None:
    keys = []
    for _ in range(2):
        with one_transaction() as session:
            job_id = variations.submit(
                session, listener_id=listener_id, sound_id=parents[0], network="vae", strength=1, seconds=1, seed=3
            ).id
        keys.append(_made(ended(job_id)).audio_key)
    assert keys[0] == keys[1]


def test_a_sound_deleted_meanwhile_cannot_be_varied(parents: tuple[UUID, UUID], listener_id: UUID) -> None:
    with one_transaction() as session:
        sound_id = a_sound(session, listener_id=listener_id).id
        job_id = variations.submit(
            session, listener_id=listener_id, sound_id=sound_id, network="vae", strength=1, seconds=1, seed=3
        ).id
        session.execute(delete(Sound).where(Sound.id == sound_id))
    job = ended(job_id)
    assert job.error is not None
    assert job.error["type"] == "/problems/sound-deleted"


def _made(job: Job) -> Sound:
    assert job.state is JobState.DONE, job.error
    with one_transaction() as session:
        return session.get_one(Sound, job.sound_id)


def _is_ready_to_play(sound: Sound, *, seconds: float) -> None:
    with storage().local_copy(sound.audio_key) as path:
        audio, rate_hz = soundfile.read(path)
    assert len(audio) == pytest.approx(seconds * rate_hz, abs=1)
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() > 0.001
    assert sound.true_peak_dbtp is not None
    assert sound.true_peak_dbtp <= -0.9
    assert sound.kind is SoundKind.MADE
    assert sum(sound.probabilities.values()) == pytest.approx(1, abs=1e-3)


def _opened(key: str | None) -> Path:
    assert key is not None
    with storage().local_copy(key) as path:
        return path
