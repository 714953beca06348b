"""From a file to a clip that generators can work on, and from what they made to a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.audio import FloatArray
from models.audio.decode import DecodeLimits, probe, read, to_mono
from models.audio.encode import write
from models.audio.mel import MEL, log_mel
from models.audio.space import Space
from models.errors import BadSetting
from models.inference.classify import Classifier
from models.inference.finish import finished
from models.inference.listen import verdict
from models.inference.path import n_frames_for

LARGEST_BYTES = 2 << 30


@dataclass(frozen=True)
class Clip:
    """A stretch of a file, and what it sounds like."""

    audio: FloatArray
    """At 44.1 kHz. [n_samples, 1 or 2]"""
    mel: FloatArray
    """Level in dB re full scale. [n_frames, 128]"""
    trigger: str
    confidence: float


def read_clip(path: Path, classifier: Classifier, *, start_s: float = 0.0, seconds: float) -> Clip:
    """Read a stretch of a file and tell its trigger.

    Args:
        path: Audio or video.
        classifier: Who tells.
        start_s: Where the stretch begins.
        seconds: Its greatest length.

    Returns:
        The clip.

    Raises:
        BadSetting: if it would begin after the file's end, or before its beginning.
        SoundError: if the file cannot be decoded.
    """
    duration_s = probe(path).duration_s
    if start_s < 0.0 or (duration_s is not None and start_s >= duration_s):
        raise BadSetting(f"{path.name} has no second {start_s:g}.", setting="start", value=start_s)
    audio = read(path, limits=DecodeLimits(seconds + 1.0, LARGEST_BYTES), start_s=start_s, end_s=start_s + seconds)
    mono = to_mono(audio)
    heard = verdict(mono, classifier)
    return Clip(audio, log_mel(mono), heard.trigger, heard.confidence)


@dataclass(frozen=True)
class Wish:
    """How a made sound is to be finished."""

    seconds: float
    seed: int
    renderer: str
    space: str
    is_loop: bool


def write_made(path: Path, parts: Iterator[FloatArray], wish: Wish, *, sources: Sequence[Clip], blend: float) -> None:
    """Finish what a network paints and write it.

    Args:
        path: Ends in .wav, .flac or .opus.
        parts: Consecutive parts of the picture, level in dB re full scale. [n_frames, 128] each
        wish: Its length, seed, renderer, place and whether it is a loop: as it was painted.
        sources: What it was made from, one or two.
        blend: Of two sources: 0 is the first, 1 the second.

    Raises:
        BadSetting: if the suffix or the place is not one of those that there are.
        UnknownRenderer: if there is no such renderer.
    """
    if wish.space not in set(Space):
        raise BadSetting(f"No place is called {wish.space!r}; there are {', '.join(Space)}.", setting="space")
    blocks = finished(
        parts,
        renderer=wish.renderer,
        seed=wish.seed,
        sources=[source.audio for source in sources],
        blend=blend,
        space=Space(wish.space),
        is_loop=wish.is_loop,
        n_frames=n_frames_for(wish.seconds),
    )
    write(path, np.concatenate(list(blocks)), sample_rate_hz=MEL.sample_rate_hz)
