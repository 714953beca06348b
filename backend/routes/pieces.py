"""Pieces of files as they arrive (tus 1.0): written down as they come, so that what came before a broken line stays.

By hand and not by tuspyserver 4.4, which reads a body before it knows whose it is, keeps what it knows of a file beside
the file, and answers HEAD by routes of its own, where ours become GET.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID

import anyio
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from backend.catalogue.errors import UploadBusy, UploadElsewhere, UploadTooLarge
from backend.routes.security import BODY_LIMIT
from backend.routes.uploads import BLOCK_BYTES, PREFIX, bare_name, next_chunk, write_block
from backend.storage import Storage

METADATA_MAX_LENGTH = 4000


def place_of(folder: Path, upload_id: UUID) -> Path:
    """Return where the bytes of an upload are collected."""
    return folder / f"{PREFIX}{upload_id}"


def n_received(path: Path) -> int:
    """Return how many bytes have arrived."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


async def receive_piece(request: Request, storage: Storage, path: Path, *, offset: int, n_bytes: int) -> int:
    """Append a request's body to the bytes that are here; whatever ends it early, what came is kept.

    Args:
        request: Its body has not been read yet.
        storage: Where the file is to be kept.
        path: Where the bytes are collected.
        offset: Where the sender goes on.
        n_bytes: Size of the whole file.

    Returns:
        How many bytes of the file are here now.

    Raises:
        UploadElsewhere: if that is not where the bytes end that are here.
        UploadBusy: if another connection is sending.
        UploadTooLarge: if there is more than was announced.
        StorageFull: if the disk is full or would come to its reserve.
        StorageUnavailable: if the storage's folder is not there.
        HTTPException: 408 if the sender falls silent.
    """
    request.scope[BODY_LIMIT] = math.inf
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and offset + int(announced) > n_bytes:
        raise UploadTooLarge("There is more than was announced.", max_bytes=n_bytes)
    with _held(path, offset) as file:
        pending = bytearray()
        n_here = offset
        chunks: AsyncIterator[bytes] = aiter(request.stream())
        try:
            while (chunk := await next_chunk(chunks)) is not None:
                n_here += len(chunk)
                if n_here > n_bytes:
                    raise UploadTooLarge("There is more than was announced.", max_bytes=n_bytes)
                pending += chunk
                if len(pending) >= BLOCK_BYTES:
                    await run_in_threadpool(write_block, storage, file, bytes(pending))
                    pending.clear()
        finally:
            # Also when the line broke and this task is being cancelled: half a piece need not be sent twice.
            with anyio.CancelScope(shield=True):
                if pending and n_here <= n_bytes:
                    await run_in_threadpool(write_block, storage, file, bytes(pending))
    return n_here


def read_metadata(header: str) -> tuple[str, str]:
    """Read what a sender calls a file and says that it is from Upload-Metadata; what is malformed is left out."""
    said: dict[str, str] = {}
    for pair in header[:METADATA_MAX_LENGTH].split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            said[key] = base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            continue
    media_type = said.get("filetype", "").partition(";")[0].strip().lower()
    return bare_name(said.get("filename", "")), media_type if media_type.isascii() else ""


@contextmanager
def _held(path: Path, offset: int) -> Iterator[IO[bytes]]:
    """Open the bytes that are here to append to them, as the only one who does."""
    with path.open("ab") as file:
        try:
            # Between all web processes of a machine; it goes with the process, however that ends.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise UploadBusy from busy
        n_here = file.seek(0, 2)
        if n_here != offset:
            raise UploadElsewhere(f"{n_here} bytes are here; go on from there.", offset=n_here)
        yield file
