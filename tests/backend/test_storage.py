"""Bytes by key: one contract, held to by a folder and by an S3 server."""

import errno
import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import obstore
import pytest

from backend.storage import NoSuchObject, Storage, StorageFull, StorageUnavailable
from tests import services

UNKNOWN = "sha256/00/" + "0" * 62


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


class StorageContract:
    """What every storage keeps. Subclasses give the fixture `storage`."""

    @pytest.fixture
    def large_file(self, tmp_path: Path) -> Path:
        path = tmp_path / "large.bin"
        path.write_bytes(os.urandom(20 * 1024**2 + 17))
        return path

    def test_the_key_is_the_hash_of_the_content(self, storage: Storage) -> None:
        digest = hashlib.sha256(b"tick").hexdigest()
        assert storage.put_bytes(b"tick") == f"sha256/{digest[:2]}/{digest[2:]}"

    def test_a_large_file_comes_back_whole(self, storage: Storage, large_file: Path) -> None:
        key = storage.put_file(large_file)
        assert storage.size(key) == large_file.stat().st_size
        assert b"".join(storage.read_range(key)) == large_file.read_bytes()

    def test_the_same_content_has_one_key_from_file_and_bytes(self, storage: Storage, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"same")
        assert storage.put_file(tmp_path / "a") == storage.put_bytes(b"same")

    def test_empty_content_is_content(self, storage: Storage) -> None:
        key = storage.put_bytes(b"")
        assert storage.size(key) == 0
        assert b"".join(storage.read_range(key)) == b""

    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            (0, 10, slice(0, 10)),
            (10, 11, slice(10, 11)),
            (1024, None, slice(1024, None)),
            (300_000, 900_001, slice(300_000, 900_001)),
            (5, 5, slice(0, 0)),
        ],
    )
    def test_a_range_gives_exactly_its_bytes(
        self, storage: Storage, start: int, end: int | None, expected: slice
    ) -> None:
        data = os.urandom(1_000_000)
        key = storage.put_bytes(data)
        assert b"".join(storage.read_range(key, start, end)) == data[expected]

    def test_a_range_of_nothing_is_known_before_the_first_byte(self, storage: Storage) -> None:
        with pytest.raises(NoSuchObject):
            storage.read_range(UNKNOWN, 0, 10)

    def test_what_is_not_there_is_told(self, storage: Storage) -> None:
        assert not storage.exists(UNKNOWN)
        for ask in (storage.size, storage.read_bytes, storage.read_range):
            with pytest.raises(NoSuchObject):
                ask(UNKNOWN)
        with pytest.raises(NoSuchObject), storage.local_copy(UNKNOWN):
            pass

    def test_a_local_copy_has_the_bytes(self, storage: Storage) -> None:
        key = storage.put_bytes(b"crinkle")
        with storage.local_copy(key) as path:
            assert path.read_bytes() == b"crinkle"
        assert storage.read_bytes(key) == b"crinkle"

    def test_what_is_derived_lives_and_goes_with_its_original(self, storage: Storage, tmp_path: Path) -> None:
        (tmp_path / "a.opus").write_bytes(b"smaller")
        key, other = storage.put_bytes(f"original {uuid4()}".encode()), storage.put_bytes(b"another")
        assert storage.derived(key, "opus") is None
        derived = storage.put_derived(key, "opus", tmp_path / "a.opus")
        assert storage.derived(key, "opus") == derived
        assert storage.read_bytes(derived) == b"smaller"
        storage.delete(key)
        assert not storage.exists(key)
        assert not storage.exists(derived)
        assert storage.exists(other)

    def test_deleting_what_is_gone_is_no_error(self, storage: Storage) -> None:
        storage.delete(UNKNOWN)

    def test_objects_name_their_original_and_age(self, storage: Storage, tmp_path: Path) -> None:
        (tmp_path / "a.wav").write_bytes(b"12345")
        key = storage.put_bytes(f"original {uuid4()}".encode())
        storage.put_derived(key, "wav", tmp_path / "a.wav")
        mine = {found.path: found for found in storage.objects() if found.key == key}
        assert set(mine) == {key, f"{key}.wav"}
        assert mine[f"{key}.wav"].n_bytes == 5
        assert abs(datetime.now(UTC) - mine[key].last_modified) < timedelta(minutes=1)

    def test_storing_again_makes_young_again(self, storage: Storage) -> None:
        def age() -> datetime:
            return next(found.last_modified for found in storage.objects() if found.key == key)

        key = storage.put_bytes(b"again and again")
        first = age()
        # S3 tells seconds only.
        deadline = datetime.now(UTC) + timedelta(seconds=5)
        while age() == first and datetime.now(UTC) < deadline:
            storage.put_bytes(b"again and again")
        assert age() > first

    def test_many_writers_of_one_content_leave_it_whole(self, storage: Storage) -> None:
        data = os.urandom(3 * 1024**2)
        keys: list[str] = []
        writers = [threading.Thread(target=lambda: keys.append(storage.put_bytes(data))) for _ in range(6)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(timeout=30)
        assert len(set(keys)) == 1
        assert len(keys) == 6
        assert storage.read_bytes(keys[0]) == data

    def test_a_storage_that_answers_passes_the_check(self, storage: Storage) -> None:
        storage.check()


class TestFolder(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Storage:
        return Storage.open((tmp_path / "a folder with spaces").as_uri())

    def test_the_local_copy_is_the_stored_file_itself(self, storage: Storage) -> None:
        key = storage.put_bytes(b"tap")
        assert storage.folder is not None
        with storage.local_copy(key) as path:
            assert path == storage.folder / key

    def test_a_full_disk_is_told_and_nothing_is_left_half_written(self, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True)
        if mounted.returncode != 0:
            pytest.skip("mounting a small disk needs root")
        try:
            storage = Storage.open(disk.as_uri())
            key = storage.put_bytes(b"fits")
            large = tmp_path / "large.bin"
            large.write_bytes(os.urandom(12 * 1024**2))
            for put in (lambda: storage.put_file(large), lambda: storage.put_bytes(large.read_bytes()[: 3 * 1024**2])):
                with pytest.raises(StorageFull):
                    put()
                assert _files(disk) == [disk / key]
            assert storage.read_bytes(key) == b"fits"
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_the_disks_reserve_is_left_to_others_and_what_is_there_can_still_be_read(self, tmp_path: Path) -> None:
        key = Storage.open(tmp_path.as_uri()).put_bytes(b"from better days")
        free_bytes = shutil.disk_usage(tmp_path).free
        storage = Storage.open(tmp_path.as_uri(), reserve_bytes=free_bytes - 8 * 1024**2)
        storage.require_room(1024)
        large = tmp_path / "large.bin"
        large.write_bytes(bytes(16 * 1024**2))
        for put in (
            lambda: storage.put_file(large),
            lambda: storage.put_bytes(large.read_bytes()),
            lambda: storage.put_derived(key, "wav", large),
            lambda: storage.put_passing("parts/1", large.read_bytes()),
            lambda: storage.require_room(16 * 1024**2),
        ):
            with pytest.raises(StorageFull):
                put()
        assert storage.read_bytes(key) == b"from better days"

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
    def test_a_full_disk_at_the_flush_is_told(
        self, storage: Storage, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        def full(_descriptor: int) -> None:
            raise OSError(code, "no room")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StorageFull):
            storage.put_bytes(b"tap")

    def test_a_folder_that_cannot_be_written_is_unavailable(self, tmp_path: Path) -> None:
        storage = Storage.open((tmp_path / "gone").as_uri())
        (tmp_path / "gone").rmdir()
        (tmp_path / "gone").write_text("a file is in the way")
        with pytest.raises(StorageUnavailable):
            storage.check()

    def test_a_folder_that_is_gone_has_no_room_and_is_unavailable(self, tmp_path: Path) -> None:
        storage = Storage.open((tmp_path / "gone").as_uri())
        (tmp_path / "gone").rmdir()
        with pytest.raises(StorageUnavailable):
            storage.require_room(1)

    def test_leftovers_of_a_killed_process_go_when_they_are_old(self, storage: Storage) -> None:
        assert storage.folder is not None
        key = storage.put_bytes(b"whole")
        half = storage.folder / f"{key}#1"
        half.write_bytes(b"wh")
        assert [found.path for found in storage.objects()] == [key]
        assert storage.drop_leftovers(before=datetime.now(UTC) - timedelta(hours=1)) == 0
        assert storage.drop_leftovers(before=datetime.now(UTC) + timedelta(hours=1)) == 1
        assert _files(storage.folder) == [storage.folder / key]

    def test_bytes_are_flushed_before_the_key_is_given(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        flushed: list[str] = []
        fsync = os.fsync

        def watched(descriptor: int) -> None:
            flushed.append(os.readlink(f"/proc/self/fd/{descriptor}"))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", watched)
        key = storage.put_bytes(b"tap")
        assert flushed[0] == str((storage.folder or Path()) / key)
        assert str(((storage.folder or Path()) / key).parent) in flushed
        assert flushed[-1] == str(storage.folder)


class TestS3(StorageContract):
    @pytest.fixture
    def storage(self, s3_endpoint: str) -> Iterator[Storage]:
        storage = Storage.open(f"s3://{services.BUCKET}/some/prefix", endpoint_url=s3_endpoint)
        yield storage
        for found in list(storage.objects()):
            obstore.delete(storage.store, found.path)

    def test_the_download_is_gone_afterwards(self, storage: Storage) -> None:
        with storage.local_copy(storage.put_bytes(b"tap")) as path:
            assert path.is_file()
        assert not path.parent.exists()


def test_an_s3_server_that_is_away_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.buckets.N_RETRIES", 0)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    storage = Storage.open("s3://bucket", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(StorageUnavailable):
        storage.check()


def test_other_addresses_are_refused() -> None:
    with pytest.raises(ValueError, match="ftp"):
        Storage.open("ftp://somewhere/else")
