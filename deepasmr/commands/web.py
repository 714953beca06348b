"""`deepasmr web`: the web server alone."""

from typing import Annotated

import typer

# Open event streams end by themselves when clients reconnect; nobody should wait longer for them.
GRACEFUL_STOP_S = 3


def web(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Default: DEEPASMR_PORT, else 8000.")] = None,
    host: Annotated[str | None, typer.Option(help="Default: DEEPASMR_HOST, else 127.0.0.1.")] = None,
) -> None:
    """Serve the pages and the API on DEEPASMR_DATABASE_URL, DEEPASMR_REDIS_URL and DEEPASMR_STORAGE_URL."""
    import logging
    import os

    import uvicorn

    # The application itself must know what it is bound to: off loopback, ingestion asks for the admin token.
    if host is not None:
        os.environ["DEEPASMR_HOST"] = host
    if port is not None:
        os.environ["DEEPASMR_PORT"] = str(port)

    from backend.settings import get_settings

    settings = get_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    uvicorn.run(
        "backend.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        forwarded_allow_ips=settings.trusted_proxies,
        log_level=settings.log_level.lower(),
        # The application writes its own line about each request (deepasmr.access), with its time and size.
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_STOP_S,
    )
