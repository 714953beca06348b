"""Sources: submitted once, seen by whom they are for, deleted whole."""

import threading
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import database
from backend.catalogue import claims, sources
from backend.catalogue.errors import (
    AdminOnly,
    BadCursor,
    EmptyUpload,
    IdempotencyConflict,
    NoSuchSource,
    NotAVideoAddress,
)
from backend.outbox import TaskName
from backend.settings import Settings
from backend.tables import Address, Job, JobState, Listener, Sound, SoundKind, Source, SourceKind
from tests import rows

URL = "https://www.youtube.com/watch?v=abcdefghijk"
OTHER_SPELLING = "youtu.be/abcdefghijk?si=tracking"


def upload(session: Session, **facts: object) -> tuple[Source, Job]:
    asked = {"listener_id": uuid4(), "filename": "rain.wav", "audio_key": rows.a_key(), "n_bytes": 9} | facts
    return sources.submit_upload(session, media_type="audio/wav", **asked)


def test_a_video_makes_a_public_source_and_a_job(session: Session) -> None:
    listener_id = uuid4()
    source, job = sources.submit_video(session, URL, listener_id=listener_id)
    assert (source.kind, source.listener_id, source.url) == (SourceKind.VIDEO, None, URL)
    assert (job.task, job.queue, job.state) == ("ingest_source", "ingest", JobState.QUEUED)
    assert (job.source_id, job.listener_id) == (source.id, listener_id)


def test_second_submission_of_a_video_returns_the_first_source(session: Session) -> None:
    source, job = sources.submit_video(session, URL, listener_id=uuid4())
    for again in (URL, OTHER_SPELLING):
        assert sources.submit_video(session, again, listener_id=uuid4()) == (source, job)
    assert session.scalar(select(func.count()).select_from(Source)) == 1


def test_a_video_submitted_many_times_at_once_makes_one_source(committed: Settings) -> None:
    gate = threading.Barrier(6)
    found: list[object] = []

    def ask() -> None:
        gate.wait()
        with database.one_transaction() as session:
            source, job = sources.submit_video(session, URL, listener_id=uuid4())
        found.append((source.id, job.id))

    askers = [threading.Thread(target=ask) for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(timeout=30)
    assert len(found) == 6
    assert len(set(found)) == 1
    with database.one_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Source)) == 1
        assert session.scalar(select(func.count()).select_from(Job)) == 1


@pytest.mark.parametrize("deed", [claims.fail, claims.stop])
def test_a_video_that_failed_can_be_submitted_again(session: Session, deed: object) -> None:
    source, job = sources.submit_video(session, URL, listener_id=uuid4())
    claim = rows.a_claim(session, job)
    claims.fail(session, claim, {"title": "Removed"}) if deed is claims.fail else claims.stop(session, claim)
    session.expire_all()
    again, second = sources.submit_video(session, OTHER_SPELLING, listener_id=uuid4())
    assert again.id == source.id
    assert second.id != job.id
    assert sources.find(session, source.id, listener_id=None).job == second


def test_a_video_whose_labelling_failed_is_not_downloaded_again(session: Session) -> None:
    source, job = sources.submit_video(session, URL, listener_id=None)
    source.audio_key = rows.a_key()
    claims.fail(session, rows.a_claim(session, job), {"title": "Out of luck"})
    session.expire_all()
    assert sources.submit_video(session, URL, listener_id=None)[1].task == "label_source"


def test_what_is_no_address_leaves_nothing_behind(session: Session) -> None:
    with pytest.raises(NotAVideoAddress):
        sources.submit_video(session, "ftp://example.org/v", listener_id=uuid4())
    for table in (Source, Address, Job, Listener):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_an_upload_is_private_and_goes_to_be_listened_to(session: Session) -> None:
    listener_id = uuid4()
    source, job = upload(session, listener_id=listener_id)
    assert (source.kind, source.listener_id, source.title) == (SourceKind.UPLOAD, listener_id, "rain.wav")
    assert (job.task, job.queue, job.source_id) == ("label_source", "sound", source.id)
    assert sources.find(session, source.id, listener_id=listener_id).job == job
    for other in (uuid4(), None):
        with pytest.raises(NoSuchSource):
            sources.find(session, source.id, listener_id=other)


def test_a_repeated_upload_under_one_key_is_one_source(session: Session) -> None:
    asked = {"listener_id": uuid4(), "audio_key": rows.a_key(), "idempotency_key": "once"}
    first, second = upload(session, **asked), upload(session, **asked)
    assert first == second
    assert session.scalar(select(func.count()).select_from(Source)) == 1
    with pytest.raises(IdempotencyConflict):
        upload(session, **asked | {"audio_key": rows.a_key()})


def test_an_empty_upload_is_refused(session: Session) -> None:
    with pytest.raises(EmptyUpload):
        upload(session, n_bytes=0)


def test_the_platform_s_own_uploads_are_public(session: Session) -> None:
    source, _ = upload(session, listener_id=None, is_synthetic=True)
    view = sources.find(session, source.id, listener_id=uuid4())
    assert view.source.is_synthetic


def test_a_source_s_job_is_its_newest(session: Session) -> None:
    source = rows.a_source(session)
    rows.a_job(session, source_id=source.id, state=JobState.FAILED)
    newest = rows.a_job(session, source_id=source.id, state=JobState.DONE)
    rows.a_sound(session, source_id=source.id)
    rows.a_sound(session, source_id=source.id)
    view = sources.find(session, source.id, listener_id=None)
    assert view.job is not None
    assert (view.job.id, view.n_sounds) == (newest.id, 2)
    assert sources.find(session, rows.a_source(session).id, listener_id=None).job is None


def test_sources_are_listed_newest_first_in_pages(session: Session) -> None:
    mine, yours = rows.a_listener(session), rows.a_listener(session)
    seen = [rows.a_source(session, listener_id=owner).id for owner in (None, mine, None, mine)]
    rows.a_source(session, listener_id=yours)
    first = sources.search(session, listener_id=mine, limit=3)
    second = sources.search(session, listener_id=mine, limit=3, cursor=first.next_cursor)
    assert [view.source.id for view in first.items + second.items] == seen[::-1]
    assert second.next_cursor is None
    own = sources.search(session, listener_id=mine, mine_only=True)
    assert [view.source.id for view in own.items] == [seen[3], seen[1]]
    assert sources.search(session, listener_id=None, mine_only=True).items == []
    with pytest.raises(BadCursor):
        sources.search(session, listener_id=yours, limit=3, cursor=first.next_cursor)


def test_deleting_a_source_takes_its_sounds_and_jobs_but_not_what_was_made_from_them(session: Session) -> None:
    listener_id = rows.a_listener(session)
    source = rows.a_source(session, listener_id=listener_id)
    rows.a_job(session, source_id=source.id)
    parent = rows.a_sound(session, source_id=source.id, listener_id=listener_id)
    made = rows.a_sound(session, kind=SoundKind.MADE, listener_id=listener_id, first_parent_id=parent.id)
    sources.delete(session, source.id, listener_id=listener_id)
    session.expire_all()
    assert session.scalars(select(Sound.id)).all() == [made.id]
    assert session.get_one(Sound, made.id).first_parent_id is None
    assert session.scalar(select(func.count()).select_from(Job)) == 0
    with pytest.raises(NoSuchSource):
        sources.find(session, source.id, listener_id=listener_id)


def test_a_deleted_video_can_be_submitted_anew(session: Session) -> None:
    source, _ = sources.submit_video(session, URL, listener_id=None)
    sources.delete(session, source.id, listener_id=None, is_admin=True)
    again, job = sources.submit_video(session, URL, listener_id=None)
    assert again.id != source.id
    assert job.task == TaskName.INGEST_SOURCE


def test_only_the_admin_deletes_a_public_source_and_nobody_another_s(session: Session) -> None:
    mine, yours = rows.a_listener(session), rows.a_listener(session)
    public, private = rows.a_source(session), rows.a_source(session, listener_id=yours)
    with pytest.raises(AdminOnly):
        sources.delete(session, public.id, listener_id=mine)
    for is_admin in (False, True):
        with pytest.raises(NoSuchSource):
            sources.delete(session, private.id, listener_id=mine, is_admin=is_admin)
    sources.delete(session, public.id, listener_id=mine, is_admin=True)
