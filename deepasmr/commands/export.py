"""`deepasmr export`: a promoted classifier as a file for other runtimes."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from deepasmr.errors import NotInstalled

NEEDS = {"onnx": ("keras", "onnx", "onnxruntime", "tf2onnx"), "tflite": ("keras", "tensorflow")}


def export(
    network: Annotated[str, typer.Argument(help="A promoted classifier: cnn1d_tuned.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write.")],
    form: Annotated[str, typer.Option("--format", help="onnx or tflite.")] = "onnx",
) -> None:
    """Write NETWORK as ONNX or TFLite, with labels and mel settings inside, and check that it tells the same."""
    if form not in NEEDS:
        raise typer.BadParameter(f"there is no format {form!r}: there are {' and '.join(NEEDS)}")
    if missing := [library for library in NEEDS[form] if find_spec(library) is None]:
        raise NotInstalled(f"export to {form} needs {', '.join(missing)}: install the project's extra [export]")
    from models.recipes.export import Format, export_network

    exported = export_network(network, Format(form), out)
    typer.echo(
        f"{out}: {exported.n_bytes / 1e6:.1f} MB; logits differ by at most {exported.logit_error:.1e} "
        f"over {exported.n_windows} windows"
    )
