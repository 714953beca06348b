"""`deepasmr vary`: a new sound like one in a file."""

from pathlib import Path
from typing import Annotated

import typer

LONGEST_SOURCE_S = 60.0
"""A variation hears no more of its source than this."""


def vary(
    file: Annotated[Path, typer.Argument(help="The sound to vary.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write: .wav, .flac or .opus.")],
    network: Annotated[str, typer.Option(help="vae or cgan.")] = "vae",
    start: Annotated[float, typer.Option(help="Where in the file the source begins (s).")] = 0.0,
    seconds: Annotated[float, typer.Option(help="Length of the result, 1 to 60 (s).")] = 10.0,
    strength: Annotated[float, typer.Option(help="0 reconstructs the source, 1 draws its trigger freely.")] = 0.5,
    seed: Annotated[int, typer.Option(help="Same seed, same sound.")] = 0,
) -> None:
    """Make a new sound like the one in FILE."""
    from models.inference.classify import load_ears
    from models.inference.clips import read_clip, write_made
    from models.inference.generate import load_generator
    from models.inference.generate import vary as vary_mel

    generator = load_generator(network)
    clip = read_clip(file, load_ears(), start_s=start, seconds=LONGEST_SOURCE_S)
    mel = vary_mel(generator, clip.mel, label=clip.trigger, strength=strength, seconds=seconds, seed=seed)
    write_made(out, mel, seed=seed)
    typer.echo(f"{out}: {seconds:g} s of {clip.trigger} ({clip.confidence:.0%}) by {generator.version}")
