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
    seconds: Annotated[float, typer.Option(help="Length of the result, 1 to 600 (s).")] = 10.0,
    seed: Annotated[int, typer.Option(help="Same seed, same sound.")] = 0,
    space: Annotated[str, typer.Option(help="Where it is heard: source, centre, left, right or drift.")] = "source",
    loop: Annotated[bool, typer.Option(help="Let its end lead into its beginning.")] = False,
    renderer: Annotated[
        str, typer.Option(help="griffin_lim, pghi, borrowed or vocoder; the best one if not given.")
    ] = "",
) -> None:
    """Make a new sound between A and B."""
    from models.inference.classify import load_ears
    from models.inference.clips import Wish, read_clip, write_made
    from models.inference.finish import DEFAULT_RENDERER
    from models.inference.generate import load_able, mix_in_parts, remarks_on

    wish = Wish(seconds, seed, renderer or DEFAULT_RENDERER, space, loop)
    classifier = load_ears()
    one = read_clip(first, classifier, seconds=LONGEST_SOURCE_S)
    other = read_clip(second, classifier, seconds=LONGEST_SOURCE_S)
    generator, remarks = load_able(network, [one.trigger, other.trigger])
    for remark in remarks + remarks_on(one.mel) + remarks_on(other.mel):
        typer.echo(remark, err=True)
    parts = mix_in_parts(
        generator,
        one.mel,
        other.mel,
        first_label=one.trigger,
        second_label=other.trigger,
        blend=blend,
        seconds=seconds,
        seed=seed,
        is_loop=loop,
    )
    write_made(out, parts, wish, sources=[one, other], blend=blend)
    typer.echo(f"{out}: {seconds:g} s between {one.trigger} and {other.trigger} by {generator.version}")
