from collections.abc import Iterator

import pytest
from sqlalchemy import select

from backend.database import one_transaction
from backend.outbox import TaskName
from backend.settings import Settings
from backend.storage import Storage
from backend.tables import Job, Source
from deepasmr import demo
from models.audio import foley

SHORT = tuple(
    foley.Performance(f"short-{each.slug}", f"Short: {each.title}", each.trigger, 1.5, each.seed, each.make)
    for each in foley.PERFORMANCES[:3]
)


def catalogued() -> list[Source]:
    with one_transaction() as session:
        return list(session.scalars(select(Source).order_by(Source.created_at, Source.id)))


def test_demonstration_is_public_and_marked_as_synthetic_and_goes_the_way_of_any_upload(committed: Settings) -> None:
    assert demo.submit_missing(SHORT[:1]) == 1
    (source,) = catalogued()
    assert source.is_synthetic
    assert source.listener_id is None
    assert source.title == SHORT[0].title
    assert source.licence == "CC0-1.0"
    with one_transaction() as session:
        (job,) = session.scalars(select(Job))
        assert job.task == TaskName.LABEL_SOURCE
        assert job.source_id == source.id
    assert source.audio_key is not None
    stored = Storage.open(committed.storage_url).read_bytes(source.audio_key)
    assert stored.startswith(b"fLaC")
    assert len(stored) == source.audio_bytes


def test_interrupted_demonstration_goes_on_where_it_stopped(committed: Settings) -> None:
    def interrupted() -> Iterator[foley.Performance]:
        yield SHORT[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.submit_missing(interrupted())
    assert demo.submit_missing(SHORT) == 2
    assert demo.submit_missing(SHORT) == 0
    assert [source.title for source in catalogued()] == [each.title for each in SHORT]


def test_performances_have_titles_of_their_own() -> None:
    assert len({each.title for each in foley.PERFORMANCES}) == len(foley.PERFORMANCES)
