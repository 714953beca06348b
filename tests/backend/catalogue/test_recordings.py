"""What workers record: once, for the job they hold, for the source that the video belongs to."""

import threading
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from backend import database
from backend.catalogue import claims, jobs, recordings, sources
from backend.catalogue.claims import Claim
from backend.catalogue.errors import JobLost
from backend.catalogue.recordings import Recognition
from backend.settings import Settings
from backend.tables import Deed, Job, JobState, Sound, SoundKind, Source
from tests import rows
from tests.waiting import eventually

URL = "https://example.org/watch/1"
OTHER_URL = "https://example.org/short/1"


def recognise(session: Session, claim: Claim, video_key: str = "example:1") -> Recognition:
    return recordings.recognise(
        session,
        claim,
        extractor="example",
        video_key=video_key,
        webpage_url="https://example.org/watch/1",
        title="Slow rain",
        uploader="Someone",
        licence=None,
        thumbnail_url=None,
        duration_s=61.5,
    )


def download(session: Session, claim: Claim) -> None:
    recordings.record_download(
        session,
        claim,
        audio_key=rows.a_key(),
        n_bytes=1000,
        media_type="audio/webm",
        duration_s=61.4,
        n_channels=2,
        sample_rate_hz=48000,
    )


def record(session: Session, claim: Claim, n_sounds: int = 2) -> list[Sound]:
    return recordings.record_sounds(
        session,
        claim,
        [rows.a_found_sound(start_s=3.0 * i, end_s=3.0 * i + 3) for i in range(n_sounds)],
        timeline=[{"start_s": 0.0, "end_s": 6.0, "trigger": "rain", "confidence": 0.9}],
        probabilities_key=rows.a_key(),
        labelled_with="cnn1d_tuned@1",
        duration_s=61.4,
        n_channels=2,
        sample_rate_hz=48000,
    )


def submitted(session: Session, url: str = URL) -> tuple[Source, Job, Claim]:
    source, job = sources.submit_video(session, url, listener_id=uuid4())
    return source, job, rows.a_claim(session, job)


def seen(session: Session, job: Job) -> Job:
    session.expire_all()
    return session.get_one(Job, job.id)


def test_a_video_walks_through_both_queues_as_one_job(session: Session) -> None:
    source, job, claim = submitted(session)
    assert recognise(session, claim) == Recognition(source, is_known=False)
    assert (source.title, source.video_key, source.duration_s) == ("Slow rain", "example:1", 61.5)
    download(session, claim)
    assert (seen(session, job).state, job.task, job.queue) == (JobState.QUEUED, "label_source", "sound")
    second = rows.a_claim(session, job, "worker-2")
    recordings.record_timeline(session, second, [{"start_s": 0.0, "end_s": 2.0, "trigger": "rain", "confidence": 0.8}])
    assert len(session.get_one(Source, source.id).timeline) == 1
    found = record(session, second)
    assert seen(session, job).state is JobState.DONE
    assert [(sound.kind, sound.ordinal, sound.source_id) for sound in found] == [
        (SoundKind.FOUND, 0, source.id),
        (SoundKind.FOUND, 1, source.id),
    ]
    assert session.get_one(Source, source.id).labelled_with == "cnn1d_tuned@1"


def test_a_growing_timeline_knows_its_length_from_the_file_until_it_was_heard_to_its_end(session: Session) -> None:
    source = rows.a_source(session, duration_s=None)
    claim = rows.a_claim(session, rows.a_job(session, source_id=source.id))
    recordings.record_timeline(session, claim, [], duration_s=60.0)
    assert session.get_one(Source, source.id).duration_s == 60.0
    record(session, claim)
    session.expire_all()
    assert session.get_one(Source, source.id).duration_s not in {None, 60.0}


def test_sounds_of_a_private_upload_are_private(session: Session) -> None:
    listener_id = rows.a_listener(session)
    source = rows.a_source(session, listener_id=listener_id, is_synthetic=True)
    claim = rows.a_claim(session, rows.a_job(session, source_id=source.id, listener_id=listener_id))
    assert {(sound.listener_id, sound.is_synthetic) for sound in record(session, claim)} == {(listener_id, True)}


def test_labelling_again_replaces_the_sounds(session: Session) -> None:
    source = rows.a_source(session)
    record(session, rows.a_claim(session, rows.a_job(session, source_id=source.id)), n_sounds=3)
    record(session, rows.a_claim(session, rows.a_job(session, source_id=source.id)), n_sounds=2)
    assert session.scalars(select(Sound.ordinal).order_by(Sound.ordinal)).all() == [0, 1]


def test_a_worker_that_lost_the_job_records_nothing(session: Session) -> None:
    source = rows.a_source(session)
    job = rows.a_job(session, source_id=source.id)
    lost = rows.a_claim(session, job, "one")
    rows.goes_silent(session, job.id)
    second = rows.a_claim(session, job, "two")
    with pytest.raises(JobLost):
        record(session, lost)
    with pytest.raises(JobLost):
        recordings.record_timeline(session, lost, [])
    record(session, second)
    with pytest.raises(JobLost):
        record(session, second)
    assert session.scalar(select(func.count()).select_from(Sound)) == 2


def test_two_workers_that_record_the_same_job_at_once_leave_one_set_of_sounds(committed: Settings) -> None:
    with database.one_transaction() as session:
        source = rows.a_source(session)
        job = rows.a_job(session, source_id=source.id)
        first = rows.a_claim(session, job, "one")
        rows.goes_silent(session, job.id)
    with database.one_transaction() as session:
        second = rows.a_claim(session, job, "two")
    gate, lost = threading.Barrier(2), []

    def write(claim: Claim) -> None:
        gate.wait()
        try:
            with database.one_transaction() as session:
                record(session, claim)
        except JobLost:
            lost.append(claim.worker)

    writers = [threading.Thread(target=write, args=(claim,)) for claim in (first, second)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=30)
    assert lost == ["one"]
    with database.one_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Sound)) == 2


def test_the_same_video_under_another_address_ends_in_the_first_source(session: Session) -> None:
    first, first_job, first_claim = submitted(session)
    recognise(session, first_claim)
    duplicate, job, claim = submitted(session, OTHER_URL)
    duplicate_id = duplicate.id
    assert recognise(session, claim) == Recognition(first, is_known=True)
    claims.finish(session, claim)
    merged = seen(session, job)
    assert (merged.state, merged.result_source_id) == (JobState.DONE, first.id)
    assert session.get(Source, duplicate_id) is None
    # The first one's own job tells its status still, and the other address is known from now on.
    assert sources.find(session, first.id, listener_id=None).job == first_job
    assert sources.submit_video(session, OTHER_URL, listener_id=None) == (first, first_job)
    assert jobs.find(session, job.id, listener_id=None).id == job.id


def test_the_same_video_takes_up_the_first_source_when_that_one_failed(session: Session) -> None:
    first, _, first_claim = submitted(session)
    recognise(session, first_claim)
    claims.fail(session, first_claim, {"title": "Network"})
    duplicate, job, claim = submitted(session, OTHER_URL)
    duplicate_id = duplicate.id
    assert recognise(session, claim) == Recognition(first, is_known=False)
    download(session, claim)
    assert session.get(Source, duplicate_id) is None
    view = sources.find(session, first.id, listener_id=None)
    assert view.job is not None
    assert (view.job.id, view.source.audio_key is not None) == (job.id, True)


def test_recognising_a_video_twice_for_the_same_source_changes_nothing(session: Session) -> None:
    source, _, claim = submitted(session)
    recognise(session, claim)
    claims.release(session, claim)
    job_id = claim.job_id
    again = rows.a_claim(session, session.get_one(Job, job_id))
    assert recognise(session, again) == Recognition(source, is_known=False)


def test_two_addresses_of_a_video_that_are_looked_up_at_once_leave_one_source(committed: Settings) -> None:
    with database.one_transaction() as session:
        held_by = [submitted(session, url)[2] for url in (URL, OTHER_URL)]
    gate = threading.Barrier(2)
    known: list[bool] = []

    def look_up(claim: Claim) -> None:
        gate.wait()
        with database.one_transaction() as session:
            known.append(recognise(session, claim).is_known)

    workers = [threading.Thread(target=look_up, args=(claim,)) for claim in held_by]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
    assert sorted(known) == [False, True]
    with database.one_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Source)) == 1


def test_a_video_that_another_worker_is_just_recording_is_waited_for(committed: Settings) -> None:
    with database.one_transaction() as session:
        first, second = (submitted(session, url)[2] for url in (URL, OTHER_URL))
    known: list[bool] = []

    def look_up() -> None:
        with database.one_transaction() as session:
            known.append(recognise(session, second).is_known)

    other = threading.Thread(target=look_up)
    with database.one_transaction() as session:
        recognise(session, first)
        other.start()
        eventually(lambda: session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
    other.join(timeout=30)
    assert known == [True]


def test_a_source_can_be_deleted_while_its_worker_records(committed: Settings) -> None:
    with database.one_transaction() as session:
        source, job, claim = submitted(session)
    gone = threading.Event()

    def delete() -> None:
        with database.one_transaction() as session:
            sources.delete(session, source.id, listener_id=None, is_admin=True)
        gone.set()

    deleter = threading.Thread(target=delete)
    with database.one_transaction() as session:
        claims.held(session, claim)
        deleter.start()
        eventually(lambda: session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
        download(session, claim)
    deleter.join(timeout=30)
    assert gone.is_set()
    with database.one_transaction() as session:
        assert session.get(Source, source.id) is None
        assert session.get(Job, job.id) is None


def test_a_made_sound_belongs_to_who_asked_and_keeps_its_parents(session: Session) -> None:
    listener_id = rows.a_listener(session)
    first, second = rows.a_sound(session, is_synthetic=True), rows.a_sound(session)
    job = rows.a_job(session, task="mix_sounds", listener_id=listener_id)
    made = rows.a_made_sound(deed=Deed.MIX, first_parent_id=first.id, second_parent_id=second.id)
    sound = recordings.record_made(session, rows.a_claim(session, job), made)
    assert (sound.kind, sound.deed, sound.listener_id) == (SoundKind.MADE, Deed.MIX, listener_id)
    assert (sound.first_parent_id, sound.second_parent_id) == (first.id, second.id)
    assert sound.is_synthetic
    assert (seen(session, job).state, job.sound_id) == (JobState.DONE, sound.id)


def test_a_sound_made_from_a_deleted_one_stays_without_its_parent(session: Session) -> None:
    job = rows.a_job(session, task="vary_sound", listener_id=rows.a_listener(session))
    sound = recordings.record_made(session, rows.a_claim(session, job), rows.a_made_sound(first_parent_id=uuid4()))
    assert sound.first_parent_id is None


def test_a_mix_of_a_sound_with_itself_is_recorded(session: Session) -> None:
    parent = rows.a_sound(session)
    job = rows.a_job(session, task="mix_sounds", listener_id=rows.a_listener(session))
    made = rows.a_made_sound(deed=Deed.MIX, first_parent_id=parent.id, second_parent_id=parent.id)
    sound = recordings.record_made(session, rows.a_claim(session, job), made)
    assert (sound.first_parent_id, sound.second_parent_id) == (parent.id, parent.id)
