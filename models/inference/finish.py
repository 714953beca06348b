"""From a picture that is being painted to the sound that is kept: rendered, placed, ended and brought to level."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from models.audio import FloatArray
from models.audio.decode import to_mono
from models.audio.floor import Quantiles, quiet_levels, quieted
from models.audio.level import CONTEXT_SAMPLES, levelled
from models.audio.loops import closed, faded, with_a_turn
from models.audio.mel import MEL, log_mel
from models.audio.space import DRIFT_PERIOD_S, Space, placed
from models.inference.path import place
from models.inference.trail import blended, trail_of
from models.inference.vocode import audio_in_parts

DEFAULT_RENDERER = "borrowed"
"""Of variations and mixes: as near to the picture as Griffin-Lim, nearer to recordings in its grain, twice as fast."""

FADE_IN_S = 0.02
FADE_OUT_S = 0.05
MEASURED_SAMPLES = 20 * MEL.sample_rate_hz
"""A source's floor is measured in its first twenty seconds."""


def finished(
    parts: Iterable[FloatArray],
    *,
    renderer: str,
    seed: int,
    sources: Sequence[FloatArray],
    blend: float,
    space: Space,
    is_loop: bool,
    n_frames: int,
) -> Iterator[FloatArray]:
    """Make the sound that is kept from the picture that a network paints, in flat memory and as it is painted.

    Args:
        parts: Consecutive parts of the picture, level in dB re full scale, from `vary_in_parts` or `mix_in_parts`.
            [n_frames, 128] each
        renderer: One of models.inference.vocode.renderers().
        seed: The one that the picture was painted with; the same seed, the same samples.
        sources: The one or two sounds that it was made from, at 44.1 kHz. [n_samples, 1 or 2] each
        blend: Of two sources: 0 is the first, 1 the second.
        space: Where the sound is heard.
        is_loop: Whether the picture's last frame is its first again, and the sound goes round without a seam; what is
            no loop is faded at its ends.
        n_frames: Of the whole picture.

    Returns:
        Consecutive samples at 44.1 kHz, at -23 LUFS ± 1 and no true peak over -1 dBTP, (n_frames - 1) * 441 in all.
        [n_samples, 2] each

    Raises:
        UnknownRenderer: if there is no such renderer.
        SoundError: while iterating, as the painting does.
    """
    n_samples = (n_frames - 1) * MEL.hop_samples
    plan = place(n_frames, seed=seed, is_loop=is_loop)
    shares = [1.0] if len(sources) == 1 else [1.0 - blend, blend]
    trails = [trail_of(source, plan) for source in sources]
    quiet = quieted(parts, _floor(sources, shares))
    rendered = audio_in_parts(
        with_a_turn(quiet) if is_loop else quiet,
        renderer=renderer,
        seed=seed,
        source=blended(trails, sources, shares) if renderer == "borrowed" else None,
    )
    period_samples = n_samples // max(1, round(n_samples / (DRIFT_PERIOD_S * MEL.sample_rate_hz))) if is_loop else None
    heard = placed(rendered, space, parents=list(zip(trails, shares, strict=True)), period_samples=period_samples)
    if is_loop:
        ended = closed(heard, n_samples, n_context=CONTEXT_SAMPLES)
    else:
        ended = faded(heard, n_samples, in_s=FADE_IN_S, out_s=FADE_OUT_S)
    return levelled(ended, n_samples, is_loop=is_loop)


def _floor(sources: Sequence[FloatArray], shares: Sequence[float]) -> Quantiles:
    measured = [quiet_levels(log_mel(to_mono(source[:MEASURED_SAMPLES]))) for source in sources]
    floor: Quantiles = np.tensordot(shares, np.stack(measured), axes=1)
    return floor
