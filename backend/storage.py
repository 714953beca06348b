"""Audio bytes by key, in a folder (`file://`) or in S3 (`s3://`). Keys are made of content, so bytes never change.

Writes are atomic and, in a folder, on disk before a key is returned: a row never names bytes that a power cut could
take. What is wanted for minutes alone (`put_passing`) has a name of its own and does not wait for the disk. A put of
bytes that are there already writes them again, which keeps them young for the sweep of orphans
(`catalogue/orphans.py`) and heals what a crash may have left torn.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from backend.buckets import bucket
from backend.refusals import CatalogueError
from backend.settings import Settings

CHUNK_BYTES = 256 * 1024
PART_BYTES = 8 * 1024**2
N_PARTS_AT_A_TIME = 4

_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class StorageError(CatalogueError):
    """The stored audio cannot be reached."""

    slug = "storage-error"
    title = "Storage error"


class NoSuchObject(StorageError):
    """There are no bytes under this key."""

    slug = "no-such-object"
    title = "No such object"


class StorageFull(StorageError):
    """The disk that keeps the audio is full; nothing was stored."""

    slug = "storage-full"
    title = "Storage full"


class StorageUnavailable(StorageError):
    """The storage does not answer; try again soon."""

    slug = "storage-unavailable"
    title = "Storage unavailable"


def storage_of(settings: Settings) -> Storage:
    """Open the storage that settings name."""
    reserve_bytes = settings.storage_reserve_bytes
    return Storage.open(settings.storage_url, endpoint_url=settings.s3_endpoint_url, reserve_bytes=reserve_bytes)


@dataclass(frozen=True)
class StoredObject:
    """One object in storage; `key` is that of the original for a derived object too."""

    path: str
    key: str
    n_bytes: int
    last_modified: datetime


@dataclass(frozen=True)
class Storage:
    """A store of immutable bytes. `folder` is where they lie when they are on this machine, else None."""

    store: LocalStore | S3Store
    folder: Path | None
    reserve_bytes: int = 0
    """What stays free on the folder's disk: a database on it must never run out of room."""

    @classmethod
    def open(cls, url: str, *, endpoint_url: str | None = None, reserve_bytes: int = 0) -> Storage:
        """Open `file:///folder` (made if missing) or `s3://bucket/prefix` (credentials from AWS_* variables).

        Args:
            url: Where the bytes live.
            endpoint_url: Address of an S3-compatible server; None means Amazon's.
            reserve_bytes: What stays free on the disk of a folder.

        Raises:
            ValueError: if the address is neither file:// nor s3://.
        """
        scheme = urlsplit(url).scheme
        if scheme == "file":
            folder = Path(unquote(urlsplit(url).path))
            return cls(LocalStore(folder, mkdir=True), folder, reserve_bytes)
        if scheme == "s3":
            return cls(bucket(url, endpoint_url), None)
        raise ValueError(f"storage must be file:// or s3://, got {url!r}")

    def require_room(self, n_bytes: int) -> None:
        """Refuse before it is sent or written what would take the last room on a folder's disk.

        Raises:
            StorageFull: if less than the reserve would stay free.
            StorageUnavailable: if the folder is not there.
        """
        if self.folder is None:
            return
        try:
            free_bytes = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise StorageUnavailable from error
        if free_bytes - n_bytes < self.reserve_bytes:
            raise StorageFull

    def put_file(self, path: Path) -> str:
        """Store a file of any size and return its key, `sha256/ab/cdef…`. Memory stays flat.

        Raises:
            StorageFull: if the disk is full or would come to its reserve; nothing is left half-written.
            StorageUnavailable: if the storage does not answer.
        """
        self.require_room(path.stat().st_size)
        with path.open("rb") as file:
            key = _key(file_digest(file, "sha256").hexdigest())
        self._put(key, path)
        return key

    def put_bytes(self, data: bytes) -> str:
        """Store bytes and return their key. Raises as `put_file` does."""
        self.require_room(len(data))
        key = _key(sha256(data).hexdigest())
        self._put(key, data)
        return key

    def put_passing(self, key: str, data: bytes) -> None:
        """Store bytes for a while under a caller's key: quick, gone should the power go. Raises as `put_file` does."""
        self.require_room(len(data))
        with _named_errors(key):
            obstore.put(self.store, key, data)

    def put_derived(self, key: str, suffix: str, path: Path) -> str:
        """Store what was computed from an object beside it, for example the Opus of a FLAC, and return its key.

        It lives as long as its original: `delete` and the sweep of orphans take both. Raises as `put_file` does.
        """
        self.require_room(path.stat().st_size)
        derived_key = f"{key}.{suffix}"
        self._put(derived_key, path)
        return derived_key

    def derived(self, key: str, suffix: str) -> str | None:
        """Return the key of what was derived from an object, or None when that was not done yet."""
        derived_key = f"{key}.{suffix}"
        return derived_key if self.exists(derived_key) else None

    def exists(self, key: str) -> bool:
        """Tell whether there are bytes under a key."""
        try:
            self.size(key)
        except NoSuchObject:
            return False
        return True

    def size(self, key: str) -> int:
        """Return the number of bytes under a key.

        Raises:
            NoSuchObject: if there are none.
        """
        with _named_errors(key):
            return obstore.head(self.store, key)["size"]

    def read_bytes(self, key: str) -> bytes:
        """Return all bytes under a key: for pictures and the like, not for audio. Raises as `size` does."""
        with _named_errors(key):
            return bytes(obstore.get(self.store, key).bytes())

    def read_range(self, key: str, start_byte: int = 0, end_byte: int | None = None) -> Iterator[bytes]:
        """Give the bytes from `start_byte` up to and without `end_byte` (default: the end), in chunks.

        The object is opened at the call and read by the iteration, so that a missing one is known before a response
        begins.

        Raises:
            NoSuchObject: if there are no bytes under the key.
        """
        if end_byte is not None and end_byte <= start_byte:
            self.size(key)
            return iter(())
        with _named_errors(key):
            if start_byte == 0 and end_byte is None:
                found = obstore.get(self.store, key)
            else:
                wanted = (start_byte, self.size(key) if end_byte is None else end_byte)
                found = obstore.get(self.store, key, options={"range": wanted})
        return _chunks(found, key)

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        """Give a path with the bytes of a key, to read from only: the stored file itself, or a download.

        Raises:
            NoSuchObject: if there are no bytes under the key.
            StorageFull: if there is no room for the download.
        """
        if self.folder is not None:
            self.size(key)
            yield self.folder / key
            return
        with tempfile.TemporaryDirectory(prefix="deepasmr-") as folder:
            path = Path(folder) / key.rsplit("/", 1)[-1]
            with _named_errors(key), path.open("wb") as file:
                for chunk in self.read_range(key):
                    file.write(chunk)
            yield path

    def delete(self, key: str) -> None:
        """Remove an object and all that was derived from it; what is not there is removed already."""
        for found in list(self.objects(prefix=key.rsplit("/", 1)[0])):
            if found.key == key:
                self.delete_path(found.path)

    def delete_path(self, path: str) -> None:
        """Remove one object alone."""
        with _named_errors(path):
            try:
                obstore.delete(self.store, path)
            except FileNotFoundError:
                return

    def objects(self, prefix: str = "sha256") -> Iterator[StoredObject]:
        """Give every stored object, originals and derived, in no special order."""
        with _named_errors(prefix):
            for batch in obstore.list(self.store, prefix, chunk_size=500):
                for meta in batch:
                    path = meta["path"]
                    yield StoredObject(path, path.split(".", 1)[0], meta["size"], meta["last_modified"])

    def drop_leftovers(self, *, before: datetime) -> int:
        """Delete half-written files that a killed process left behind before a moment; return how many.

        S3 keeps unfinished uploads out of sight; there a lifecycle rule of the bucket ends them.
        """
        if self.folder is None:
            return 0
        # The library writes to name#1 and renames it.
        old = [path for path in self.folder.rglob("*#*") if path.stat().st_mtime < before.timestamp()]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def check(self) -> None:
        """Find out whether the storage can be reached and, in a folder, written.

        Raises:
            StorageUnavailable: if it does not answer.
            StorageFull: if the disk takes not even a few bytes.
        """
        if self.folder is not None:
            self._put("probe", b"deepasmr")
        else:
            self.exists("probe")

    def _put(self, key: str, content: bytes | Path) -> None:
        with _named_errors(key):
            obstore.put(self.store, key, content, chunk_size=PART_BYTES, max_concurrency=N_PARTS_AT_A_TIME)
            if self.folder is not None:
                _flush_to_disk(self.folder / key, up_to=self.folder)


def _key(digest: str) -> str:
    return f"sha256/{digest[:2]}/{digest[2:]}"


def _chunks(found: obstore.GetResult, key: str) -> Iterator[bytes]:
    with _named_errors(key):
        for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(chunk)


def _flush_to_disk(path: Path, *, up_to: Path) -> None:
    """The library renames into place but does not wait for the disk: do that for the file and its folders."""
    folders = [folder for folder in path.parents if folder.is_relative_to(up_to)]
    for place in (path, *folders):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _named_errors(key: str) -> Iterator[None]:
    """Say in our words what went wrong: the library tells a full disk apart in its text only."""
    try:
        yield
    except FileNotFoundError as missing:
        raise NoSuchObject(f"There are no bytes under {key}.") from missing
    except (BaseError, OSError) as error:
        said = _OS_ERROR.search(str(error))
        code = getattr(error, "errno", None) or (int(said[1]) if said else None)
        if code in _FULL:
            raise StorageFull from error
        raise StorageUnavailable from error
