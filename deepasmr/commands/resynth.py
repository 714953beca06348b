"""`deepasmr resynth`: mel and back, to hear what a renderer alone does to a sound."""

from pathlib import Path
from typing import Annotated

import typer

LONGEST_S = 600.0
LARGEST_BYTES = 2 << 30


def resynth(
    file: Annotated[Path, typer.Argument(help="The sound.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write: .wav, .flac or .opus.")],
    renderer: Annotated[
        str, typer.Option(help="griffin_lim, pghi, borrowed or, where one is promoted, vocoder.")
    ] = "griffin_lim",
    seed: Annotated[int, typer.Option(help="Of the first phases.")] = 0,
) -> None:
    """Turn FILE into its mel picture and back, at its own level."""
    import numpy as np

    from models.audio.decode import DecodeLimits, read, to_mono
    from models.audio.encode import write
    from models.audio.mel import log_mel
    from models.audio.render import repeating
    from models.inference.vocode import audio_in_parts

    audio = to_mono(read(file, limits=DecodeLimits(LONGEST_S, LARGEST_BYTES)))
    source = repeating(audio) if renderer == "borrowed" else None
    rendered = np.concatenate(list(audio_in_parts([log_mel(audio)], renderer=renderer, seed=seed, source=source)))
    write(out, rendered[:, None])
    typer.echo(f"{out}: {len(rendered) / 44100:.1f} s by {renderer}")
