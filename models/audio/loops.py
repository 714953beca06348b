"""The ends of a sound that comes in blocks: faded, or led into each other so that it can go round without a seam.

A loop is rendered a little longer than it is. What was rendered before its first sample is held back, and the last
quarter of a second fades over into it: the sample before the seam and the one after it are neighbours, and both sides
were painted from the same frames.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from models.audio import FloatArray
from models.audio.mel import MEL
from models.audio.tape import Tape

LEAD_FRAMES = 40
"""What is rendered before a loop's first sample; the loop begins this much later in its picture."""

TURN_FRAMES = 8
"""What is rendered beyond its end, so that its last frames have neighbours too."""

_LEAD_SAMPLES = LEAD_FRAMES * MEL.hop_samples
_CROSSING_SAMPLES = 25 * MEL.hop_samples
_BLOCK_SAMPLES = 44100


def with_a_turn(parts: Iterable[FloatArray]) -> Iterator[FloatArray]:
    """Go on over the end of a loop's picture, as far as `closed` needs it rendered.

    Args:
        parts: Consecutive parts of the picture, whose last frame is the first again. [n_frames, n_mels] each

    Yields:
        The same parts, and the picture's first frames after its last. [n_frames, n_mels] each
    """
    beginning: FloatArray = np.empty((0, MEL.n_mels), dtype=np.float32)
    for part in parts:
        beginning = np.concatenate([beginning, part[: 1 + LEAD_FRAMES + TURN_FRAMES - len(beginning)]])
        yield part
    yield beginning[1:]


def closed(blocks: Iterable[FloatArray], n_samples: int, *, n_context: int) -> Iterator[FloatArray]:
    """Lead the end of a loop into its beginning.

    Args:
        blocks: What was rendered of the picture of `with_a_turn`. [n_samples, n_channels] each
        n_samples: Of the loop.
        n_context: Samples to yield beyond either end, at most half a second: what goes before the first and what
            follows the last when the loop goes round.

    Yields:
        n_context + n_samples + n_context samples, whose first begin at n_context. [n_samples, n_channels] each
    """
    tape = Tape(blocks)
    lead = tape.take(_LEAD_SAMPLES)
    yield lead[len(lead) - n_context :]
    beginning: FloatArray = np.empty((0, lead.shape[1]), dtype=np.float32)
    n_left = n_samples - _CROSSING_SAMPLES
    while n_left:
        block = tape.take(min(n_left, _BLOCK_SAMPLES))
        beginning = np.concatenate([beginning, block[: n_context - len(beginning)]])
        n_left -= len(block)
        yield block
    yield _crossed(tape.take(_CROSSING_SAMPLES), lead[-_CROSSING_SAMPLES:])
    yield beginning


def _crossed(ending: FloatArray, into: FloatArray) -> FloatArray:
    """Fade over at even power, however alike the two are."""
    rise = np.sin(0.5 * np.pi * (np.arange(len(into)) + 0.5) / len(into)).astype(np.float32)[:, None]
    fall = rise[::-1]
    energy = float(np.sqrt(np.sum(np.square(ending)) * np.sum(np.square(into))))
    alike = float(np.clip(np.sum(ending * into) / max(energy, 1e-12), -0.6, 1.0))
    crossed: FloatArray = (ending * fall + into * rise) / np.sqrt(1.0 + 2.0 * alike * rise * fall)
    return crossed.astype(np.float32)


def faded(blocks: Iterable[FloatArray], n_samples: int, *, in_s: float, out_s: float) -> Iterator[FloatArray]:
    """Let a sound begin and end at zero along a raised cosine.

    Args:
        blocks: [n_samples, n_channels] each
        n_samples: Of them all.
        in_s: Length of the rise (s).
        out_s: Length of the fall (s).

    Yields:
        The same blocks, faded.
    """
    n_in, n_out = (max(1, round(each_s * MEL.sample_rate_hz)) for each_s in (in_s, out_s))
    first = 0
    for block in blocks:
        places = np.arange(first, first + len(block))
        first += len(block)
        share = np.minimum(np.minimum(places / n_in, (n_samples - 1 - places) / n_out), 1.0)
        if share.min(initial=1.0) < 1.0:
            block = block * (0.5 - 0.5 * np.cos(np.pi * share)).astype(np.float32)[:, None]
        yield block
