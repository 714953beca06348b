"""From a file to a clip that generators can work on, and from what they made to a file."""

from dataclasses import dataclass
from pathlib import Path

from models.audio import FloatArray
from models.audio.decode import DecodeLimits, probe, read, to_mono
from models.audio.encode import write
from models.audio.loudness import fade, normalise
from models.audio.mel import MEL, log_mel
from models.audio.render import render
from models.errors import BadSetting
from models.inference.classify import Classifier
from models.inference.listen import verdict

LARGEST_BYTES = 2 << 30
FADE_S = 0.03
"""Long enough that a made sound neither begins nor ends with a click, short enough not to be heard as a fade."""


@dataclass(frozen=True)
class Clip:
    """A stretch of a file, and what it sounds like."""

    audio: FloatArray
    """Mono, 44.1 kHz. [n_samples]"""
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
    audio = to_mono(
        read(path, limits=DecodeLimits(seconds + 1.0, LARGEST_BYTES), start_s=start_s, end_s=start_s + seconds)
    )
    heard = verdict(audio, classifier)
    return Clip(audio, log_mel(audio), heard.trigger, heard.confidence)


def write_made(path: Path, mel: FloatArray, *, seed: int, renderer: str = "griffin_lim") -> None:
    """Render a picture, bring it to the platform's loudness and write it.

    Args:
        path: Ends in .wav, .flac or .opus.
        mel: Level in dB re full scale. [n_frames, 128]
        seed: Of the phases.
        renderer: One of models.audio.render.RENDERERS.

    Raises:
        BadSetting: if the suffix is not one of these.
        UnknownRenderer: if there is no such renderer.
    """
    audio = finished(render(mel, renderer=renderer, seed=seed))
    write(path, audio, sample_rate_hz=MEL.sample_rate_hz)


def finished(audio: FloatArray) -> FloatArray:
    """Bring a rendered sound to the platform's loudness, faded at its ends. [n_samples] -> [n_samples, 1]."""
    level = normalise(audio[:, None], MEL.sample_rate_hz)
    return fade(level, sample_rate_hz=MEL.sample_rate_hz, in_s=FADE_S, out_s=FADE_S)
