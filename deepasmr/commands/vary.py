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
    seconds: Annotated[float, typer.Option(help="Length of the result, 1 to 600 (s).")] = 10.0,
    strength: Annotated[float, typer.Option(help="0 reconstructs the source, 1 draws its trigger freely.")] = 0.5,
    seed: Annotated[int, typer.Option(help="Same seed, same sound.")] = 0,
    space: Annotated[str, typer.Option(help="Where it is heard: source, centre, left, right or drift.")] = "source",
    loop: Annotated[bool, typer.Option(help="Let its end lead into its beginning.")] = False,
    renderer: Annotated[
        str, typer.Option(help="griffin_lim, pghi, borrowed or vocoder; the best one if not given.")
    ] = "",
) -> None:
    """Make a new sound like the one in FILE."""
    from models.inference.classify import load_ears
    from models.inference.clips import Wish, read_clip, write_made
    from models.inference.finish import DEFAULT_RENDERER
    from models.inference.generate import load_able, remarks_on, vary_in_parts

    wish = Wish(seconds, seed, renderer or DEFAULT_RENDERER, space, loop)
    ears = load_ears()
    clip = read_clip(file, ears, start_s=start, seconds=LONGEST_SOURCE_S)
    generator, remarks = load_able(network, [clip.trigger])
    for remark in remarks + remarks_on(clip.mel):
        typer.echo(remark, err=True)
    parts = vary_in_parts(
        generator,
        clip.mel,
        label=clip.trigger,
        strength=strength,
        seconds=seconds,
        seed=seed,
        is_loop=loop,
        hear=ears.embed,
    )
    write_made(out, parts, wish, sources=[clip], blend=0.0)
    typer.echo(f"{out}: {seconds:g} s of {clip.trigger} ({clip.confidence:.0%}) by {generator.version}")
