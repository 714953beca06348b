"""Sounds are heard anew when the classifier has new weights."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sqlalchemy.orm import Session

from backend.catalogue import map as catalogue_map
from backend.outbox import TaskName
from backend.storage import Storage
from backend.tables import JobState, Sound
from tests.rows import a_key, a_sound, an_embedding
from tests.worker.media import SAMPLE_RATE_HZ, foley
from worker import held, loaded
from worker.tasks import anew
from worker.tasks import map as map_task
from worker.tasks.task import carry_out

pytestmark = [pytest.mark.tf, pytest.mark.db]


@pytest.fixture(autouse=True)
def _no_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests share one connection, which a second thread must not use."""
    monkeypatch.setattr(held, "BEAT_EVERY_S", 3600.0)


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    storage = Storage.open((tmp_path / "storage").as_uri())
    monkeypatch.setattr(anew, "storage", lambda: storage)
    return storage


def kept(storage: Storage, tmp_path: Path, slug: str) -> str:
    """The key of a stored performance of ours."""
    soundfile.write(tmp_path / "master.flac", foley(slug, 4), SAMPLE_RATE_HZ)
    return storage.put_file(tmp_path / "master.flac")


def test_old_embeddings_are_made_anew_before_the_map_is_drawn(
    session: Session, storage: Storage, tmp_path: Path
) -> None:
    bowl = kept(storage, tmp_path, "singing-bowl")
    old = {"embedded_with": "cnn1d_tuned-1"}
    twins = [a_sound(session, audio_key=bowl, embedding=an_embedding(seed), **old) for seed in (1, 2)]
    clock = a_sound(session, audio_key=kept(storage, tmp_path, "clock"), embedding=an_embedding(1), **old)
    lost = a_sound(session, audio_key=a_key(), embedding=an_embedding(3), **old)
    now = loaded.embedded_with()
    job = catalogue_map.draw_if_due(session, embedded_with=now)
    assert job is not None
    carry_out(map_task.lay_out_map, TaskName.LAY_OUT_MAP, job.id)
    session.expire_all()
    assert job.state is JobState.DONE
    first, second, other = (np.asarray(session.get_one(Sound, each.id).embedding) for each in (*twins, clock))
    np.testing.assert_allclose(first, second, atol=1e-5)
    assert first @ other < 0.9
    assert np.linalg.norm(first) == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(session.get_one(Sound, lost.id).embedding, an_embedding(3), atol=1e-6)
    assert {session.get_one(Sound, each.id).embedded_with for each in (*twins, clock, lost)} == {now}
    assert catalogue_map.draw_if_due(session, embedded_with=now) is None


def test_audio_that_is_all_gone_is_a_storage_that_is_away_and_the_job_is_tried_again(
    session: Session, storage: Storage, tmp_path: Path
) -> None:
    old = {"embedded_with": "cnn1d_tuned-1"}
    master = kept(storage, tmp_path, "clock")
    sounds = [a_sound(session, audio_key=key, **old) for key in (master, a_key())]
    storage.delete(master)
    job = catalogue_map.draw_if_due(session, embedded_with=loaded.embedded_with())
    assert job is not None
    carry_out(map_task.lay_out_map, TaskName.LAY_OUT_MAP, job.id)
    session.expire_all()
    assert (job.state, job.n_retries) == (JobState.QUEUED, 1)
    assert (job.error or {})["type"] == "/problems/storage-unavailable"
    assert {session.get_one(Sound, each.id).embedded_with for each in sounds} == {"cnn1d_tuned-1"}


def test_a_worker_with_other_weights_leaves_embeddings_alone_and_the_map_waits(
    session: Session, storage: Storage
) -> None:
    sound = a_sound(session, audio_key=a_key(), embedded_with="cnn1d_tuned-1")
    job = catalogue_map.draw_if_due(session, embedded_with="cnn1d_tuned-999")
    assert job is not None
    carry_out(map_task.lay_out_map, TaskName.LAY_OUT_MAP, job.id)
    session.expire_all()
    assert session.get_one(Sound, sound.id).embedded_with == "cnn1d_tuned-1"
    assert job.state is JobState.FAILED
    assert (job.error or {})["type"] == "/problems/wrong-weights"
    assert catalogue_map.draw_if_due(session, embedded_with="cnn1d_tuned-999") is None
