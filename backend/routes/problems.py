"""Every failure as one RFC 9457 problem: JSON for programs, a page or a fragment for browsers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast
from uuid import uuid4

import psycopg.errors
import redis.exceptions
import sqlalchemy.exc
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.catalogue import errors
from backend.routes.methods import allowed_methods
from backend.routes.rendering import is_htmx, render, wants_html

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# A database or broker that restarts is back within seconds; asking sooner only adds load.
RETRY_AFTER_S = 5
# Python's own phrase for it changed between the versions that we run on, and a slug must not.
PHRASE_OF = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large"}

STATUS_OF: dict[type[errors.CatalogueError], int] = {
    errors.CatalogueError: 400,
    errors.NotFound: 404,
    errors.NoSuchSource: 404,
    errors.NoSuchSound: 404,
    errors.SoundDeleted: 410,
    errors.NoSuchJob: 404,
    errors.NoSuchTrigger: 404,
    errors.NoSuchUpload: 404,
    errors.NoSuchListener: 404,
    # Told apart from "no such", it would say that somebody's private sound exists.
    errors.NotYours: 404,
    errors.SoundHasNoAudio: 404,
    errors.JobHasNoAudio: 404,
    errors.VideoRefused: 422,
    errors.NotAVideoAddress: 400,
    errors.UnsupportedSite: 400,
    errors.PlaylistNotSupported: 400,
    errors.PrivateAddress: 400,
    errors.VideoUnavailable: 422,
    errors.VideoRemoved: 422,
    errors.VideoGeoBlocked: 422,
    errors.VideoNeedsLogin: 422,
    errors.VideoIsLive: 422,
    errors.VideoTooLong: 422,
    errors.VideoTooLarge: 422,
    errors.NoAudioInVideo: 422,
    errors.UploadRefused: 400,
    errors.UploadTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.EmptyUpload: 400,
    errors.BadQuery: 400,
    errors.BadCursor: 400,
    errors.BadSort: 400,
    errors.SettingOutOfRange: 422,
    errors.Conflict: 409,
    errors.JobNotCancellable: 409,
    errors.JobNotRetryable: 409,
    errors.IdempotencyConflict: 409,
    errors.UploadUnfinished: 409,
    errors.UploadElsewhere: 409,
    errors.UploadBusy: 423,
    errors.AdminOnly: 403,
    errors.TooManyRequests: 429,
    errors.JobLost: 409,
    errors.WorkerLost: 500,
    errors.CatalogueUnavailable: 503,
    errors.StorageError: 500,
    # A row promises bytes that are gone: our fault, not the asker's.
    errors.NoSuchObject: 500,
    errors.StorageFull: 507,
    errors.StorageUnavailable: 503,
}


class Problem(BaseModel):
    """A failure as RFC 9457 describes it; further members carry the numbers of the failure."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Reference that names the kind of problem.", examples=["/problems/no-such-sound"])
    title: str = Field(description="The kind of problem in a few plain words.")
    status: int = Field(description="HTTP status.")
    detail: str = Field(description="This failure in a plain sentence.")
    instance: str = Field(description="Path of the request that failed.")


def problems(*causes: type[errors.CatalogueError]) -> dict[int | str, dict[str, Any]]:
    """Declare on a route which problems it answers, so that OpenAPI shows them.

    Args:
        causes: The errors of the catalogue that the route can raise; each stands for its kinds too.

    Returns:
        A value for the `responses` argument of a route.
    """
    titles: dict[int | str, list[str]] = {}
    for cause in causes:
        titles.setdefault(STATUS_OF[cause], []).append(cause.title)
        for kind in cause.__subclasses__():
            if STATUS_OF[kind] != STATUS_OF[cause]:
                titles.setdefault(STATUS_OF[kind], []).append(kind.title)
    return {
        status: {
            "description": " · ".join(named),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, named in titles.items()
    }


def problem_of(error: errors.CatalogueError, *, instance: str) -> Problem:
    """Describe an error of the catalogue as the problem that is sent.

    Args:
        error: What went wrong.
        instance: Path of the request.

    Returns:
        The problem, with the numbers of the error as further members.
    """
    return Problem(
        type=f"/problems/{error.slug}",
        title=error.title,
        status=STATUS_OF[type(error)],
        detail=error.detail,
        instance=instance,
        **error.extensions,
    )


def answer(request: Request, problem: Problem, *, headers: Mapping[str, str] | None = None) -> Response:
    """Render a problem in the form that its asker reads: JSON, a page, or a fragment for htmx."""
    if wants_html(request):
        template = "_problem.html" if is_htmx(request) else "problem.html"
        return render(request, template, {"problem": problem}, status_code=problem.status, headers=headers)
    return JSONResponse(
        problem.model_dump(mode="json"), status_code=problem.status, headers=headers, media_type=MEDIA_TYPE
    )


def install(app: FastAPI) -> None:
    """Teach an application to answer every failure with a problem."""
    app.add_exception_handler(errors.CatalogueError, _answer_catalogue_error)
    app.add_exception_handler(RequestValidationError, _answer_malformed_request)
    app.add_exception_handler(HTTPException, _answer_http_exception)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)
    for away in (sqlalchemy.exc.DBAPIError, sqlalchemy.exc.TimeoutError, redis.exceptions.RedisError):
        app.add_exception_handler(away, _answer_service_failure)


class UnexpectedErrors:
    """Innermost middleware that answers a bug with an incident id and generic words, never with its message.

    Inside the other middleware, unlike Starlette's own handler of last resort, so that the answer carries the
    security headers and is counted and logged like every other.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; answer in place of the application where it raises."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_started = False

        async def watched_send(message: Message) -> None:
            nonlocal is_started
            is_started = is_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except Exception as bug:
            request = Request(scope)
            response = _answer_bug(request, bug)
            if is_started:
                # Half an answer is out: break the connection, so that nobody takes it for a whole one.
                raise
            await response(scope, receive, send)


def unavailable(request: Request) -> Response:
    """Answer that the database or the broker is away for the moment."""
    return _answer_catalogue_error(request, errors.CatalogueUnavailable())


def _answer_catalogue_error(request: Request, error: Exception) -> Response:
    error = cast(errors.CatalogueError, error)
    problem = problem_of(error, instance=request.url.path)
    headers = {}
    if problem.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        headers["Retry-After"] = str(error.extensions.get("retry_after_s", RETRY_AFTER_S))
    return answer(request, problem, headers=headers)


def _answer_malformed_request(request: Request, error: Exception) -> Response:
    error = cast(RequestValidationError, error)
    # The offending input is not sent back: it may be large, or not JSON (NaN).
    found = [{"loc": list(each["loc"]), "message": each["msg"], "type": each["type"]} for each in error.errors()]
    problem = Problem(
        type="/problems/malformed-request",
        title="Malformed request",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        detail="; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['message']}" for each in found),
        instance=request.url.path,
        errors=found,
    )
    return answer(request, problem)


def _answer_http_exception(request: Request, error: Exception) -> Response:
    error = cast(HTTPException, error)
    status = HTTPStatus(error.status_code)
    detail = {
        HTTPStatus.NOT_FOUND: "There is nothing at this address.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not allowed here.",
    }.get(status, error.detail)
    title = PHRASE_OF.get(status, status.phrase)
    problem = Problem(
        type=f"/problems/{title.lower().replace(' ', '-')}",
        title=title,
        status=status,
        detail=detail,
        instance=request.url.path,
    )
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        # Starlette names the methods of the first route at this address alone.
        headers["Allow"] = ", ".join(allowed_methods(request))
    return answer(request, problem, headers=headers)


def _answer_service_failure(request: Request, error: Exception) -> Response:
    if isinstance(error, sqlalchemy.exc.DBAPIError):
        if isinstance(error.orig, psycopg.errors.DiskFull):
            return _answer_catalogue_error(request, errors.StorageFull())
        if isinstance(error, sqlalchemy.exc.DataError):
            # Text that no text is, such as one with a NUL in it.
            return _answer_catalogue_error(request, errors.BadQuery("Something in the request is not text."))
        if not isinstance(error, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError):
            # A refused statement is our bug, not an absence.
            return _answer_bug(request, error)
    logger.warning("%s %s: a service is away: %s", request.method, request.url.path, str(error).partition("\n")[0])
    return unavailable(request)


def _answer_bug(request: Request, bug: Exception) -> Response:
    incident = uuid4().hex[:12]
    logger.error("%s %s: incident %s", request.method, request.url.path, incident, exc_info=bug)
    problem = Problem(
        type="/problems/internal",
        title="Internal error",
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        detail="Something went wrong on our side. It has been written down under this incident number.",
        instance=request.url.path,
        incident=incident,
    )
    return answer(request, problem)


def _answer_nobody(request: Request, _error: Exception) -> Response:
    logger.info("%s %s: the client went away", request.method, request.url.path)
    return Response(status_code=HTTPStatus.BAD_REQUEST)
