"""`deepasmr ingest`: give the running platform videos to catalogue."""

from typing import Annotated

import typer


def ingest(
    urls: Annotated[list[str], typer.Argument(metavar="URL...", help="Addresses of videos.")],
    max_items: Annotated[int, typer.Option(min=1, help="Most videos to take from one address.")] = 1,  # noqa: ARG001 - of use once playlists are ingested
    wait: Annotated[bool, typer.Option("--wait", help="Stay until every video has been catalogued.")] = False,
) -> None:
    """Send videos to the running platform (DEEPASMR_URL, default http://127.0.0.1:8000)."""
    import os

    from deepasmr import submission

    address = os.environ.get("DEEPASMR_URL") or "http://127.0.0.1:8000"
    n_failed = submission.send(urls, address=address, admin_token=os.environ.get("DEEPASMR_ADMIN_TOKEN"), wait=wait)
    if n_failed:
        raise typer.Exit(1)
