"""`deepasmr classify`: what recordings sound like, second by second, without any service."""

import json
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

LONGEST_S = 4 * 3600.0
LARGEST_BYTES = 2 << 30
SHORTER_THAN_A_WINDOW_S = 1.0


def classify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Audio or video files.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per file and line.")] = False,
) -> None:
    """Say which triggers are heard in recordings, and where; a file that cannot be heard does not stop the others."""
    from deepasmr.cli import REFUSED_EXIT_CODE, one_line
    from models.errors import SoundError
    from models.inference.classify import load_ears

    classifier = load_ears()
    n_refused = 0
    for file in files:
        try:
            heard, is_silent = hear(file, classifier)
        except SoundError as error:
            said = one_line(error)
            typer.echo(f"deepasmr: {said if file.name in said else f'{file}: {said}'}", err=True)
            n_refused += 1
            continue
        if heard["duration_s"] < SHORTER_THAN_A_WINDOW_S:
            typer.echo(f"{file}: shorter than a window of 1 s, filled up with silence", err=True)
        if as_json:
            if is_silent:
                typer.echo(f"{file}: silence, no sounds", err=True)
            typer.echo(json.dumps(heard, ensure_ascii=False))
            continue
        typer.echo(f"{file}  {heard['duration_s']:.1f} s")
        for segment in heard["segments"]:
            span = f"{segment['start_s']:8.1f} – {segment['end_s']:.1f} s"
            typer.echo(f"{span:24} {segment['trigger']:24} {segment['confidence']:.0%}")
        if not heard["segments"]:
            typer.echo("  silence, no sounds" if is_silent else "  no trigger is heard clearly")
    if n_refused:
        raise typer.Exit(REFUSED_EXIT_CODE)


class Hearing(NamedTuple):
    """What was heard of a file."""

    told: dict[str, Any]
    """What `classify --json` prints."""
    is_silent: bool
    """Whether there is nothing to hear in it."""


def hear(file: Path, classifier: Any) -> Hearing:
    """Listen to a whole file.

    Args:
        file: Audio or video.
        classifier: A models.inference.classify.Classifier.

    Returns:
        What is to be printed.

    Raises:
        SoundError: if the file cannot be decoded, is too long or shorter than a tenth of a second.
    """
    import numpy as np

    from models.audio.ahead import ahead
    from models.audio.decode import DecodeLimits
    from models.audio.mel import MEL
    from models.audio.segmentation import audible, segment, silenced, smooth
    from models.audio.windows import WINDOW_HOP_S, WINDOW_S
    from models.errors import EmptyAudio
    from models.inference.listen import listen
    from worker.decoder import apart

    n_samples = 0

    def counted(blocks: Any) -> Any:
        nonlocal n_samples
        for block in ahead(blocks):
            n_samples += len(block)
            yield block

    # In a process of its own: safer with files from anywhere, and quicker than a thread beside the one that listens.
    with apart.opened(file, DecodeLimits(LONGEST_S, LARGEST_BYTES)) as opened:
        blocks = opened.stream(sample_rate_hz=MEL.sample_rate_hz, is_mono=True)
        heard = list(listen(counted(blocks), classifier))
    if not heard:
        raise EmptyAudio(f"{file} holds no sound.")
    probabilities = np.concatenate([part.probabilities for part in heard])
    levels_db = np.concatenate([part.levels_db for part in heard])
    is_audible = audible(levels_db)
    duration_s = n_samples / MEL.sample_rate_hz
    segments = segment(
        probabilities,
        classifier.labels,
        levels_db=levels_db,
        duration_s=duration_s,
        outline=np.concatenate([part.outline for part in heard]),
        caution=classifier.caution,
    )
    told = {
        "file": str(file),
        "duration_s": round(duration_s, 3),
        "weights": classifier.version,
        "labels": list(classifier.labels),
        "windows": [
            {
                "start_s": ordinal * WINDOW_HOP_S,
                "end_s": min(ordinal * WINDOW_HOP_S + WINDOW_S, round(duration_s, 3)),
                "label": classifier.labels[int(row.argmax())],
                "confidence": round(float(row.max()), 4),
                "probabilities": {label: round(float(p), 4) for label, p in zip(classifier.labels, row, strict=True)},
            }
            for ordinal, row in enumerate(silenced(smooth(probabilities), is_audible, classifier.labels))
        ],
        "segments": [
            {
                "start_s": round(found.start_s, 3),
                "end_s": round(found.end_s, 3),
                "trigger": found.trigger,
                "confidence": round(found.confidence, 4),
            }
            for found in segments
        ],
    }
    return Hearing(told, is_silent=not is_audible.any())
