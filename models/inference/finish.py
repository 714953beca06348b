"""From a picture that is being painted to the sound that is kept: rendered, placed, ended and brought to level."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from models.audio import FloatArray
from models.audio.level import CONTEXT_SAMPLES, levelled
from models.audio.loops import closed, faded, with_a_turn
from models.audio.mel import MEL
from models.audio.render import render_parts
from models.audio.space import Space

FADE_IN_S = 0.02
FADE_OUT_S = 0.05


def finished(
    parts: Iterable[FloatArray],
    *,
    renderer: str,
    seed: int,
    sources: Sequence[FloatArray],  # noqa: ARG001 - heard in the centre still
    blend: float,  # noqa: ARG001
    space: Space,  # noqa: ARG001
    is_loop: bool,
    n_frames: int,
) -> Iterator[FloatArray]:
    """Make the sound that is kept from the picture that a network paints, in flat memory and as it is painted.

    Args:
        parts: Consecutive parts of the picture, level in dB re full scale, from `vary_in_parts` or `mix_in_parts`.
            [n_frames, 128] each
        renderer: One of models.audio.render.RENDERERS.
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
    rendered = render_parts(with_a_turn(parts) if is_loop else parts, renderer=renderer, seed=seed)
    placed = (np.repeat(block[:, None], 2, axis=1) for block in rendered)
    if is_loop:
        ended = closed(placed, n_samples, n_context=CONTEXT_SAMPLES)
    else:
        ended = faded(placed, n_samples, in_s=FADE_IN_S, out_s=FADE_OUT_S)
    return levelled(ended, n_samples, is_loop=is_loop)
