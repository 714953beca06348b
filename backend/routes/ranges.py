"""Stored bytes over HTTP, whole or by Range, so that a player can seek in what it has not loaded."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Send

from backend.routes.methods import IS_HEAD
from backend.routes.problems import Problem, answer

ONE_RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.IGNORECASE)
# The bytes behind a key never change, and only the listener who may hear them may keep them.
IMMUTABLE = "private, max-age=31536000, immutable"


def stored_bytes(
    request: Request,
    *,
    n_bytes: int,
    read: Callable[[int, int], Iterator[bytes]],
    media_type: str,
    etag: str,
    filename: str | None = None,
) -> Response:
    """Answer GET or HEAD with stored bytes: 200, 206, 304 or 416.

    Several ranges in one request are answered with the whole, as RFC 9110 §14.2 allows: no player asks for them.

    Args:
        request: Carries Range, If-Range and If-None-Match.
        n_bytes: Size of the whole.
        read: Gives the bytes from a first offset up to, not including, a second one, in blocks.
        media_type: Such as "audio/ogg".
        etag: Strong validator without quotes: the key of the content.
        filename: Name under which a browser saves it.

    Returns:
        The answer, streamed.
    """
    quoted = f'"{etag}"'
    headers = {"ETag": quoted, "Cache-Control": IMMUTABLE, "Accept-Ranges": "bytes"}
    if _names(request.headers.get("if-none-match", ""), quoted):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if filename is not None:
        headers["Content-Disposition"] = f'inline; filename="{filename}"'
    wanted = _wanted_range(request, quoted)
    return _ranged(
        request, wanted, n_bytes, headers, media_type, lambda start, end: StreamingResponse(read(start, end))
    )


def growing_bytes(
    request: Request, *, n_bytes: int, read: Callable[[int, int], AsyncIterator[bytes]], media_type: str
) -> Response:
    """Answer GET or HEAD with bytes that are still being made, of known length: 200, 206 or 416.

    Args:
        request: Carries Range; what is made now has no validator that If-Range could name.
        n_bytes: Size of the whole, once it is made.
        read: Gives the bytes from a first offset up to, not including, a second one, waiting for them. If it ends
            early the connection is broken off.
        media_type: Such as "audio/wav".

    Returns:
        The answer, streamed.
    """
    headers = {"Cache-Control": "no-store", "Accept-Ranges": "bytes"}
    wanted = _wanted_range(request, quoted_etag="")
    return _ranged(request, wanted, n_bytes, headers, media_type, lambda start, end: _WholeOrBroken(read(start, end)))


class _WholeOrBroken(StreamingResponse):
    """Ends an answer only when all of it went out: half a sound must not be taken for a whole one."""

    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        n_left = int(self.headers["content-length"])
        async for chunk in self.body_iterator:
            n_left -= len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": n_left > 0})


def _ranged(
    request: Request,
    wanted: tuple[str, str] | None,
    n_bytes: int,
    headers: dict[str, str],
    media_type: str,
    stream: Callable[[int, int], StreamingResponse],
) -> Response:
    start, end = 0, n_bytes
    status = HTTPStatus.OK
    if wanted is not None:
        start, end = _resolve(wanted, n_bytes)
        if start >= end:
            return _unsatisfiable(request, n_bytes)
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{n_bytes}"
    headers["Content-Length"] = str(end - start)
    if IS_HEAD in request.scope:
        return Response(status_code=status, headers=headers, media_type=media_type)
    response = stream(start, end)
    response.status_code = status
    response.headers.update({**headers, "Content-Type": media_type})
    return response


def _wanted_range(request: Request, quoted_etag: str) -> tuple[str, str] | None:
    """Return first and last position as written, or None where the whole is to be sent."""
    if_range = request.headers.get("if-range")
    if if_range is not None and if_range.strip() != quoted_etag:
        # Another version, or a date, which content named by its hash does not have.
        return None
    matched = ONE_RANGE.fullmatch(request.headers.get("range", ""))
    if matched is None:
        return None
    first, last = matched.groups()
    if not first and not last:
        return None
    if first and last and int(last) < int(first):
        # RFC 9110 §14.1.1: an invalid range, and an invalid Range header is ignored.
        return None
    return first, last


def _resolve(wanted: tuple[str, str], n_bytes: int) -> tuple[int, int]:
    first, last = wanted
    if not first:
        return max(0, n_bytes - int(last)), n_bytes
    return int(first), min(n_bytes, int(last) + 1) if last else n_bytes


def _names(if_none_match: str, quoted_etag: str) -> bool:
    named = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return "*" in named or quoted_etag in named


def _unsatisfiable(request: Request, n_bytes: int) -> Response:
    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    problem = Problem(
        type="/problems/range-not-satisfiable",
        title=status.phrase,
        status=status,
        detail=f"There are {n_bytes} bytes; the range lies outside.",
        instance=request.url.path,
    )
    return answer(request, problem, headers={"Content-Range": f"bytes */{n_bytes}", "Accept-Ranges": "bytes"})
