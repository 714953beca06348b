"""Uploads as they arrive: streamed to disk under a byte limit, hashed on the way, gone again when anything fails."""

from __future__ import annotations

import errno
import math
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import gettempdir, mkstemp
from typing import IO

import anyio
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from backend.catalogue.errors import EmptyUpload, StorageFull, UnsupportedMediaType, UploadTooLarge
from backend.routes.security import BODY_LIMIT
from backend.storage import Storage

FIELD_NAME = "file"
# What boundaries, part headers and other fields may add to the file itself. They are read letter by letter, by the one
# thread that answers everybody: a body full of them would keep it for minutes.
ENVELOPE_MAX_BYTES = 64 * 1024
# Disks like large writes, and each costs a hop to a thread.
BLOCK_BYTES = 1024 * 1024
# A sender that is silent for this long has gone; its half a file must not lie around for ever.
SILENCE_TIMEOUT_S = 60
FILENAME_MAX_LENGTH = 200
PREFIX = "deepasmr-upload-"
# Longer than any upload that does not fall silent takes on a line worth having.
ABANDONED_AFTER_S = 24 * 3600


@dataclass(frozen=True)
class ReceivedFile:
    """A file that has arrived whole.

    Attributes:
        path: Where it lies until the request ends.
        filename: What its sender calls it: a bare name without folders or control characters, perhaps empty.
        media_type: What its sender says it is, such as "audio/ogg"; only decoding it tells.
        n_bytes: Its size.
    """

    path: Path
    filename: str
    media_type: str
    n_bytes: int


@asynccontextmanager
async def received_file(request: Request, storage: Storage, *, max_bytes: int) -> AsyncIterator[ReceivedFile]:
    """Receive the one file of a multipart/form-data request into a temporary file.

    Memory stays flat whatever the file's size. The temporary file is deleted when the block ends, however it ends.

    Args:
        request: Its body has not been read yet.
        storage: Where the file is to be kept; the temporary one lies beside that.
        max_bytes: Largest file that is taken.

    Yields:
        The file, complete and not empty.

    Raises:
        UnsupportedMediaType: if the request is not multipart/form-data.
        UploadTooLarge: as soon as it is known: by Content-Length, else by the first byte too many.
        EmptyUpload: if the file has no bytes.
        StorageFull: if the disk is full or would come to its reserve.
        StorageUnavailable: if the storage's folder is not there.
        RequestValidationError: if there is no part named "file", or more than one.
        HTTPException: 400 if the body is malformed or broken off, 408 if the sender falls silent.
    """
    boundary = _boundary_of(request)
    # The limit of all other requests gives way to the one that is kept here.
    request.scope[BODY_LIMIT] = math.inf
    announced = request.headers.get("content-length", "")
    n_announced = int(announced) if announced.isdecimal() else 0
    if n_announced > max_bytes + ENVELOPE_MAX_BYTES:
        raise UploadTooLarge(_too_large(max_bytes), max_bytes=max_bytes)
    await run_in_threadpool(require_room, storage, n_announced)
    try:
        descriptor, name = await run_in_threadpool(mkstemp, dir=incoming_folder(storage.folder), prefix=PREFIX)
    except OSError as error:
        raise _as_storage_full(error) from error
    path = Path(name)
    try:
        try:
            with open(descriptor, "wb") as file:
                received = await _receive(request, boundary, storage, file, path, max_bytes)
        except OSError as error:
            raise _as_storage_full(error) from error
        yield received
    finally:
        # Also when the sender hung up and this task is being cancelled.
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(path.unlink, missing_ok=True)


def require_room(storage: Storage, n_bytes: int) -> None:
    """Refuse a file by its announced size, before it is read.

    Raises:
        StorageFull: if the disk would come to its reserve.
        StorageUnavailable: if the storage's folder is not there.
    """
    # What has arrived is copied into the storage before it is removed.
    storage.require_room(2 * n_bytes)


def write_block(storage: Storage, file: IO[bytes], block: bytes) -> None:
    """Write bytes that have arrived, if that leaves the disk's reserve: files that arrive together share its room.

    Raises:
        StorageFull: if the disk is full or would come to its reserve.
        StorageUnavailable: if the storage's folder is not there.
    """
    storage.require_room(len(block))
    try:
        file.write(block)
        file.flush()
    except OSError as error:
        raise _as_storage_full(error) from error


def incoming_folder(storage_folder: Path | None) -> Path:
    """Return the folder where uploads arrive: beside the stored audio, so that a full disk shows early.

    Args:
        storage_folder: Where audio is stored on this machine; None when it is stored elsewhere.
    """
    if storage_folder is None:
        return Path(gettempdir())
    folder = storage_folder / "incoming"
    folder.mkdir(exist_ok=True)
    return folder


def forget_abandoned(folder: Path) -> None:
    """Delete uploads that a process which was killed left behind."""
    long_ago_s = time.time() - ABANDONED_AFTER_S
    for path in folder.glob(f"{PREFIX}*"):
        if path.stat().st_mtime < long_ago_s:
            path.unlink(missing_ok=True)


def bare_name(filename: str) -> str:
    """Reduce what a sender calls a file to a name that is safe to show: no folders, no control characters."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", "", name).strip()[:FILENAME_MAX_LENGTH]


class _FilePart:
    """Follows the multipart parser and keeps the bytes of the one file since they were last taken."""

    def __init__(self) -> None:
        self.n_files = 0
        self.filename = ""
        self.media_type = ""
        self.is_complete = False
        self.block = bytearray()
        self._is_inside = False
        self._header_name = b""
        self._header_value = b""
        self._headers: dict[bytes, bytes] = {}

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._on_header_name,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._is_inside = options.get(b"name") == FIELD_NAME.encode() and b"filename" in options
        if self._is_inside:
            self.n_files += 1
            # parse_options_header hands out Latin-1; browsers send UTF-8.
            self.filename = bare_name(options[b"filename"].decode("utf-8", "replace"))
            self.media_type = (
                self._headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
            )

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_inside and self.n_files == 1:
            self.block += data[start:end]

    def _on_part_end(self) -> None:
        self._is_inside = False

    def _on_end(self) -> None:
        self.is_complete = True


async def _receive(
    request: Request, boundary: bytes, storage: Storage, file: IO[bytes], path: Path, max_bytes: int
) -> ReceivedFile:
    part = _FilePart()
    n_file_bytes = n_body_bytes = 0
    chunks = aiter(request.stream())
    try:
        parser = MultipartParser(boundary, part.callbacks())  # type: ignore[arg-type]
        while (chunk := await next_chunk(chunks)) is not None:
            n_body_bytes += len(chunk)
            n_before = len(part.block)
            parser.write(chunk)
            n_file_bytes += len(part.block) - n_before
            if n_file_bytes > max_bytes:
                raise UploadTooLarge(_too_large(max_bytes), max_bytes=max_bytes)
            if n_body_bytes - n_file_bytes > ENVELOPE_MAX_BYTES:
                raise HTTPException(413, "There is more around the file than a form needs.")
            if len(part.block) >= BLOCK_BYTES:
                await run_in_threadpool(write_block, storage, file, bytes(part.block))
                part.block.clear()
    except FormParserError as error:
        raise HTTPException(400, "The multipart body is malformed.") from error
    if not part.is_complete:
        raise HTTPException(400, "The multipart body is broken off.")
    if part.n_files != 1:
        message = "Field required" if part.n_files == 0 else "One file at a time"
        kind = "missing" if part.n_files == 0 else "too_many_files"
        raise RequestValidationError([{"type": kind, "loc": ("body", FIELD_NAME), "msg": message, "input": None}])
    if n_file_bytes == 0:
        raise EmptyUpload
    await run_in_threadpool(write_block, storage, file, bytes(part.block))
    return ReceivedFile(path, part.filename, part.media_type, n_file_bytes)


async def next_chunk(chunks: AsyncIterator[bytes]) -> bytes | None:
    """Return the next bytes of a body, None at its end.

    Raises:
        HTTPException: 408 if the sender falls silent.
    """
    try:
        with anyio.fail_after(SILENCE_TIMEOUT_S):
            return await anext(chunks, None)
    except TimeoutError as error:
        raise HTTPException(408, "The upload fell silent.") from error


def _boundary_of(request: Request) -> bytes:
    media_type, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if media_type != b"multipart/form-data" or not boundary:
        raise UnsupportedMediaType("Send a file as multipart/form-data.")
    return boundary


def _as_storage_full(error: OSError) -> Exception:
    return StorageFull() if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} else error


def _too_large(max_bytes: int) -> str:
    return f"The upload is larger than the {max_bytes / 1024**2:.0f} MiB that this platform takes."
