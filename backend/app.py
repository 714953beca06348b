"""The web application: wiring only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from backend import database
from backend.routes import api, health, metrics, openapi, pages, problems
from backend.routes.api.jobs import watch_jobs
from backend.routes.api.map import PublicMap
from backend.routes.identity import ListenerCookie
from backend.routes.methods import HeadRequests
from backend.routes.security import BodyLimit, RequestGate, SecurityHeaders
from backend.routes.static import FrontEnd
from backend.routes.uploads import forget_abandoned, incoming_folder
from backend.settings import Settings, get_settings
from backend.storage import storage_of


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the web application; also the factory that uvicorn calls.

    Args:
        settings: What the operator decided; read from the environment when left out.

    Returns:
        An application that serves the API, the pages and the built front end. No service need be up yet.
    """
    settings = settings or get_settings()
    request_metrics = metrics.RequestMetrics()
    app = FastAPI(
        title="DeepASMR",
        summary="Collect, show and create ASMR trigger sounds.",
        version="1",
        openapi_url="/api/v1/openapi.json",
        # FastAPI's own documentation pages load scripts from a CDN, which our content security policy refuses.
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        # From the outside in.
        middleware=[
            Middleware(HeadRequests),
            Middleware(metrics.WatchedRequests, metrics=request_metrics),
            Middleware(SecurityHeaders),
            Middleware(RequestGate, settings=settings),
            Middleware(ListenerCookie, settings=settings),
            Middleware(problems.UnexpectedErrors),
            Middleware(BodyLimit),
        ],
    )
    app.state.settings = settings
    app.state.storage = storage_of(settings)
    app.state.job_watch = watch_jobs(settings)
    app.state.metrics = request_metrics
    app.state.public_map = PublicMap()
    problems.install(app)
    openapi.install(app)
    app.include_router(api.router)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(pages.router)
    app.mount("/static", FrontEnd(settings.frontend_dist), name="static")
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    forget_abandoned(incoming_folder(app.state.storage.folder))
    yield
    database.engine(app.state.settings).dispose()
