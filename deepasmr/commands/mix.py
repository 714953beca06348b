"""`deepasmr mix`: a new sound between two."""

from pathlib import Path
from typing import Annotated

import typer

LONGEST_SOURCE_S = 60.0
"""A mix hears no more of its sources than this."""


def mix(
    first: Annotated[Path, typer.Argument(metavar="A", help="One sound.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="The other.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write: .wav, .flac or .opus.")],
    network: Annotated[str, typer.Option(help="vae or cgan.")] = "vae",
    blend: Annotated[float, typer.Option(help="0 is A, 1 is B.")] = 0.5,
    seconds: Annotated[float, typer.Option(help="Length of the result, 1 to 60 (s).")] = 10.0,
    seed: Annotated[int, typer.Option(help="Same seed, same sound.")] = 0,
) -> None:
    """Make a new sound between A and B."""
    from models.inference.classify import load_ears
    from models.inference.clips import read_clip, write_made
    from models.inference.generate import load_generator
    from models.inference.generate import mix as mix_mels

    generator = load_generator(network)
    classifier = load_ears()
    one = read_clip(first, classifier, seconds=LONGEST_SOURCE_S)
    other = read_clip(second, classifier, seconds=LONGEST_SOURCE_S)
    mel = mix_mels(
        generator,
        one.mel,
        other.mel,
        first_label=one.trigger,
        second_label=other.trigger,
        blend=blend,
        seconds=seconds,
        seed=seed,
    )
    write_made(out, mel, seed=seed)
    typer.echo(f"{out}: {seconds:g} s between {one.trigger} and {other.trigger} by {generator.version}")
