import os
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.storage import Storage
from backend.tables import JobState, Sound, SoundKind
from tests.rows import a_claim, a_job, a_sound, a_source, goes_silent
from worker import sweeper

TWO_DAYS_S = 2 * 24 * 3600


def test_a_job_whose_worker_fell_silent_goes_back_to_its_queue(session: Session) -> None:
    job = a_job(session, source_id=a_source(session).id)
    a_claim(session, job)
    goes_silent(session, job.id)
    sweeper.sweep_jobs()
    session.refresh(job)
    assert job.state is JobState.QUEUED
    assert job.n_lost == 1


def test_drafts_of_yesterday_that_nobody_kept_go(session: Session) -> None:
    two_days_ago = session.scalar(select(func.now() - func.make_interval(0, 0, 0, 2)))
    facts = {"kind": SoundKind.MADE, "is_draft": True}
    old, fresh = a_sound(session, created_at=two_days_ago, **facts), a_sound(session, **facts)
    gone, stays = old.id, fresh.id
    sweeper.sweep_drafts()
    assert session.scalars(select(Sound.id).where(Sound.id.in_([gone, stays]))).all() == [stays]


def test_old_bytes_that_nothing_names_go_and_named_ones_stay(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = Storage.open(tmp_path.as_uri())
    monkeypatch.setattr(sweeper, "storage", lambda: storage)
    named, unnamed, fresh = (storage.put_bytes(content) for content in (b"named", b"unnamed", b"fresh"))
    a_source(session, audio_key=named)
    long_ago = time.time() - TWO_DAYS_S
    for key in (named, unnamed):
        os.utime(tmp_path / key, (long_ago, long_ago))
    sweeper.sweep_orphans()
    assert [storage.exists(key) for key in (named, unnamed, fresh)] == [True, False, True]
