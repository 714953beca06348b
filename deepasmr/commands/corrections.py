"""`deepasmr corrections`: what listeners said about sounds, as training data."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def corrections(
    deed: Annotated[Literal["export"], typer.Argument(help="export: write a training list and its audio.")],  # noqa: ARG001 - the one deed so far
    out: Annotated[Path, typer.Option(help="Folder to write into; `deepasmr train --data` reads it.")],
    data_dir: Annotated[
        Path,
        typer.Option(envvar="DEEPASMR_DATA_DIR", file_okay=False, help="Of a platform started by `deepasmr up`."),
    ] = Path("data"),
    with_private: Annotated[
        bool, typer.Option("--with-private", help="Take corrections of listeners' own uploads too.")
    ] = False,
) -> None:
    """Export the corrections of a running platform.

    Reads the database at DEEPASMR_DATABASE_URL where that is set, else the one of the data folder.
    """
    from deepasmr import lessons

    exported = lessons.export(lessons.settings_for(data_dir.expanduser().resolve()), out, with_private=with_private)
    missing = f", {exported.n_missing} without audio left out" if exported.n_missing else ""
    typer.echo(f"{exported.n_written} sounds in {out / lessons.LIST}{missing}")
