"""The stored audio under names that listeners know."""

from pathlib import Path

import pytest

from backend.storage import Storage
from worker import stored
from worker.stored import named_copy


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    storage = Storage.open((tmp_path / "storage").as_uri())
    monkeypatch.setattr(stored, "storage", lambda: storage)
    return storage


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("빗소리.ogg", "빗소리.ogg"),
        ("../rain: /at night?.wav", "_rain_ _at night_.wav"),
        (" ... ", "recording"),
        # A name may have 255 bytes. Each of these letters takes 4, and one that would be cut in two is left out.
        ("𠮷" * 200 + ".flac", "𠮷" * 48 + ".flac"),
    ],
)
def test_a_copy_has_the_end_of_its_title_as_far_as_a_file_name_takes_it(
    storage: Storage, title: str, name: str
) -> None:
    with named_copy(storage.put_bytes(b"tap"), title) as path:
        assert path.name == name
        assert path.read_bytes() == b"tap"
