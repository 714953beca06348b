"""`deepasmr up`: everything on this machine."""

import os
from pathlib import Path
from typing import Annotated

import typer


def up(
    port: Annotated[int, typer.Option(envvar="DEEPASMR_PORT", min=1, max=65535, help="Port of the web pages.")] = 8000,
    host: Annotated[
        str,
        typer.Option(
            envvar="DEEPASMR_HOST", help="Address to serve on; anything but loopback asks for an admin token."
        ),
    ] = ("127.0.0.1"),
    data_dir: Annotated[
        Path, typer.Option(envvar="DEEPASMR_DATA_DIR", file_okay=False, help="Folder of everything that is kept.")
    ] = Path("data"),
    demo: Annotated[bool, typer.Option(help="Fill an empty catalogue with synthetic demonstration sounds.")] = True,
) -> None:
    """Start database, queue, web and workers on this machine; Ctrl-C stops them all."""
    from deepasmr import launch

    if os.environ.get("DEEPASMR_TAGGER"):
        from models.inference.tagger import tagger_path

        # A wrong path is said now, not by a worker among the lines of all others.
        tagger_path()
    launch.run(launch.Launch(host=host, port=port, data_dir=data_dir.expanduser().resolve(), has_demo=demo))
