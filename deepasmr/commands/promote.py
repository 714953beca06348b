"""`deepasmr promote`: a finished run's weights become those that everybody uses."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def promote(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run, as deepasmr train leaves it.")],
    version: Annotated[
        str | None, typer.Option(help="Name of this state of the weights; cnn1d_tuned-4 follows cnn1d_tuned-3.")
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(
            help="JSON object that the manifest is to hold; what the run scored on its held-out fold if not given."
        ),
    ] = None,
    temperature: Annotated[
        float, typer.Option(min=0.2, max=5.0, help="For a classifier: what its logits are divided by.")
    ] = 1.0,
    name: Annotated[
        str | None, typer.Option(help="What it will be asked for by; the network's own name if not given.")
    ] = None,
) -> None:
    """Copy the weights of RUN into models/weights (or DEEPASMR_WEIGHTS_DIR) and enter them in the manifest.

    Says what must be trained anew if the classifier has learnt other labels.
    """
    from models.pretrained import manifest, weights_folder
    from models.recipes.promotion import left_behind
    from models.recipes.promotion import promote as enter

    entry = enter(run, version=version, scores=_read(scores), temperature=temperature, name=name)
    path = weights_folder() / entry.file
    typer.echo(
        f"{path}: {path.stat().st_size / 1e6:.1f} MB, {len(entry.labels)} labels; {entry.name} is {entry.version}"
    )
    for sentence in left_behind(manifest()):
        typer.echo(sentence)
    if not (weights_folder() / entry.card).is_file():
        typer.echo(f"{entry.card} is missing: write what it is and what it learnt from.")


def _read(scores: Path | None) -> dict[str, Any] | None:
    from models.errors import BadSetting

    if scores is None:
        return None
    try:
        found = json.loads(scores.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSetting(f"--scores {scores} cannot be read: {error}.", setting="scores") from error
    if not isinstance(found, dict):
        raise BadSetting(f"--scores {scores} holds no JSON object.", setting="scores")
    return found
