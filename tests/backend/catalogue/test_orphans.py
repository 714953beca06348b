"""Bytes go when no row names them any more, and not before."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from backend.catalogue import orphans, sounds
from backend.storage import Storage
from tests import rows


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.open((tmp_path / "storage").as_uri())


def test_named_bytes_stay_and_orphans_go_with_what_was_derived(
    session: Session, storage: Storage, tmp_path: Path
) -> None:
    names = ("source", "probabilities", "sound", "mel", "orphan")
    key = {name: storage.put_bytes(name.encode()) for name in names}
    (tmp_path / "x").write_bytes(b"derived")
    derived = {name: storage.put_derived(key[name], "opus", tmp_path / "x") for name in ("sound", "orphan")}
    rows.a_source(session, audio_key=key["source"], probabilities_key=key["probabilities"])
    rows.a_sound(session, audio_key=key["sound"], mel_key=key["mel"])
    assert orphans.sweep(session, storage, older_than_s=-60) == 2
    assert {name for name in names if storage.exists(key[name])} == set(names) - {"orphan"}
    assert storage.exists(derived["sound"])
    assert not storage.exists(derived["orphan"])


def test_young_bytes_stay_whose_row_may_be_on_the_way(session: Session, storage: Storage) -> None:
    key = storage.put_bytes(b"being recorded")
    assert orphans.sweep(session, storage) == 0
    assert storage.exists(key)


def test_bytes_that_two_rows_share_stay_until_both_are_gone(session: Session, storage: Storage) -> None:
    key = storage.put_bytes(b"shared")
    first, second = rows.a_sound(session, audio_key=key), rows.a_sound(session, audio_key=key)
    sounds.delete(session, first.id, listener_id=None, is_admin=True)
    orphans.sweep(session, storage, older_than_s=-60)
    assert storage.exists(key)
    sounds.delete(session, second.id, listener_id=None, is_admin=True)
    orphans.sweep(session, storage, older_than_s=-60)
    assert not storage.exists(key)


def test_more_orphans_than_one_batch_go_in_one_sweep(
    session: Session, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "BATCH", 3)
    for i in range(8):
        storage.put_bytes(str(i).encode())
    assert orphans.sweep(session, storage, older_than_s=-60) == 8
