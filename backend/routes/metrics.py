"""What an operator watches: requests as they are answered, and the queue as the database knows it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from inspect import isfunction

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.catalogue import jobs
from backend.database import one_transaction
from backend.routes.deps import SettingsDep
from backend.routes.methods import IS_HEAD
from backend.tables import JobState, QueueName

router = APIRouter()
logger = logging.getLogger(__name__)
access_log = logging.getLogger("deepasmr.access")

# From a cached page to a long upload.
LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, settings: SettingsDep) -> Response:
    """Show the metrics in Prometheus's text format; without those of the queue while the database is away."""
    text = generate_latest(request.app.state.metrics.registry)
    try:
        with one_transaction(settings) as session:
            counted = jobs.counts(session)
    except SQLAlchemyError as error:
        logger.warning("jobs cannot be counted: %s", str(error).partition("\n")[0])
    else:
        queues = CollectorRegistry(auto_describe=False)
        queues.register(_Jobs(counted))
        text += generate_latest(queues)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


class RequestMetrics:
    """Counters of one application; each has its own registry, so that two in one process do not collide."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.requests = Counter(
            "deepasmr_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.latency = Histogram(
            "deepasmr_http_request_seconds",
            "Time from a request's arrival until the last byte of its answer is handed over.",
            ("method", "route"),
            registry=self.registry,
            buckets=LATENCY_BUCKETS_S,
        )


class WatchedRequests:
    """Middleware around all that decides anything: counts each request, times it, writes one readable line about it."""

    def __init__(self, app: ASGIApp, *, metrics: RequestMetrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and watch its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method = "HEAD" if IS_HEAD in scope else scope["method"]
        began_s = time.perf_counter()
        # A client that hangs up before any answer, in the words of nginx.
        status, n_bytes = 499, 0

        async def watched_send(message: Message) -> None:
            nonlocal status, n_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                n_bytes += 0 if IS_HEAD in scope else len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        finally:
            took_s = time.perf_counter() - began_s
            route = route_template(scope)
            self.metrics.requests.labels(method, route, str(status)).inc()
            self.metrics.latency.labels(method, route).observe(took_s)
            client = scope.get("client")
            access_log.info(
                "%s %s %d %.1f ms %d bytes from %s",
                method,
                # The path as it was asked for, percent-encoded: a line break in it cannot forge a second line.
                scope.get("raw_path", b"").decode("ascii", "replace") or scope["path"],
                status,
                1000 * took_s,
                n_bytes,
                client[0] if client else "-",
            )


def route_template(scope: Scope) -> str:
    """Return the route that a request took, with names in place of values, so that metrics stay few.

    Args:
        scope: The ASGI scope after routing.

    Returns:
        Such as "/api/v1/sounds/{sound_id}/audio"; "static" for files and "unmatched" for nothing of ours.
    """
    if "endpoint" not in scope:
        return "unmatched"
    if not isfunction(scope["endpoint"]):
        return "static"
    names = {str(value): f"{{{name}}}" for name, value in scope.get("path_params", {}).items()}
    return "/".join(names.get(segment, segment) for segment in scope["path"].split("/"))


class _Jobs(Collector):
    """Jobs by queue and state, read when asked for."""

    def __init__(self, counted: Mapping[tuple[QueueName, JobState], int]) -> None:
        self.counted = counted

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily("deepasmr_jobs", "Jobs by queue and state.", labels=("queue", "state"))
        for (queue, state), n_jobs in self.counted.items():
            family.add_metric((queue, state), n_jobs)
        yield family
