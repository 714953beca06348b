"""Hearing a whole recording, of whatever length, in flat memory; and the verdict on a short clip."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from models.audio import FloatArray
from models.audio.boundaries import Outline, OutlineStream
from models.audio.decode import to_mono
from models.audio.mel import MEL, MelStream, log_mel, mel_edges_hz
from models.audio.seconds import SecondStream, seconds_of
from models.audio.windows import WindowStream, cut
from models.errors import ClipTooShort, EmptyAudio
from models.inference.classify import WINDOWS_PER_BATCH, Classifier, sound_embedding

SHORTEST_S = 0.1
"""A recording that is shorter tells nothing; one shorter than a window is filled up with silence."""

FEWEST_AT_ONCE = 16
"""Eight seconds: so soon does a listener see the first windows heard."""
SHARE_AT_ONCE = 4
"""Later a quarter of what was heard before is heard at once, up to a whole batch: longer recordings gain its speed."""

AUDIBLE_RANGE_DB = 30.0
"""A clip's windows further below its loudest one do not take part in its verdict: they hold its silence."""


@dataclass(frozen=True)
class Heard:
    """The next windows of a recording. Window i starts at i times half a second."""

    first_window: int
    probabilities: FloatArray
    """[n_windows, n_labels]"""
    embeddings: FloatArray
    """[n_windows, 256]"""
    levels_db: FloatArray
    """RMS of each window, in dB re full scale. [n_windows]"""
    outline: Outline
    """The next of its coarse picture, for the exact ends of sounds. [n_steps, 16]"""


@dataclass(frozen=True)
class Verdict:
    """What a whole clip sounds like."""

    trigger: str
    confidence: float
    probabilities: dict[str, float]
    embedding: FloatArray
    """[256], length 1."""


def listen(blocks: Iterable[FloatArray], classifier: Classifier) -> Iterator[Heard]:
    """Hear a recording as it is decoded.

    Args:
        blocks: Samples at 44.1 kHz, as models.audio.decode.stream gives them. [n_samples, n_channels] each
        classifier: A loaded classifier.

    Yields:
        What was heard, in order, without a gap, every eight seconds at first and every minute at last; nothing at all
        for an empty stream.

    Raises:
        NotFinite: if a sample is NaN or infinite.
        ClipTooShort: if there are samples, but for less than a tenth of a second.
    """
    mel, windows, outline = MelStream(), WindowStream(), OutlineStream()
    seconds = SecondStream() if classifier.hears_samples else None
    n_heard = 0
    waiting: list[FloatArray] = []
    steps: list[Outline] = []
    n_samples = 0

    def see(frames: FloatArray) -> FloatArray:
        steps.append(outline.push(frames))
        return windows.push(frames)

    def heard(ready: list[FloatArray]) -> Heard:
        together = np.concatenate(ready)
        prediction = classifier.predict(together, seconds.take(len(together)) if seconds is not None else None)
        seen = np.concatenate(steps)
        steps.clear()
        return Heard(n_heard, prediction.probabilities, prediction.embeddings, window_levels_db(together), seen)

    for block in blocks:
        n_samples += len(block)
        mono = to_mono(block)
        if seconds is not None:
            seconds.push(mono)
        waiting.append(see(mel.push(mono)))
        n_waiting = sum(len(part) for part in waiting)
        if n_waiting >= min(max(FEWEST_AT_ONCE, n_heard // SHARE_AT_ONCE), WINDOWS_PER_BATCH):
            yield heard(waiting)
            n_heard += n_waiting
            waiting = []
    duration_s = n_samples / MEL.sample_rate_hz
    if 0.0 < duration_s < SHORTEST_S:
        raise ClipTooShort(f"It lasts {duration_s:.3f} s; {SHORTEST_S} s are the least.", duration_s=duration_s)
    if n_samples:
        waiting.append(see(mel.finish()))
        waiting.append(windows.finish())
    if sum(len(part) for part in waiting):
        yield heard(waiting)


def window_levels_db(windows: FloatArray) -> FloatArray:
    """Level of each window, read off its picture.

    Args:
        windows: Level in dB re full scale. [n_windows, n_frames, 128]

    Returns:
        RMS in dB re full scale, exact for broadband sound and within 2 dB for a tone. [n_windows]
    """
    power = np.exp(windows * np.float32(np.log(10.0) / 10.0)).mean(axis=1) @ _power_per_band()
    levels: FloatArray = (10.0 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)
    return levels


@lru_cache(maxsize=1)
def _power_per_band() -> FloatArray:
    """What one unit in each mel band adds to a window's mean square. [128]."""
    edges_hz = mel_edges_hz()
    # Bands divided by half their width are triangles of height one, and those add up to one at every frequency.
    height = (edges_hz[2:] - edges_hz[:-2]) / 2.0
    # Parseval for the positive half of a spectrum under a Hann window, whose squares add up to 3/8 of its length.
    per_band: FloatArray = (height * 2.0 / (MEL.n_fft * MEL.n_fft * 3.0 / 8.0)).astype(np.float32)
    return per_band


def verdict(audio: FloatArray, classifier: Classifier) -> Verdict:
    """Say what a short clip sounds like.

    Args:
        audio: Samples at 44.1 kHz. [n_samples, n_channels] or [n_samples]
        classifier: A loaded classifier.

    Returns:
        The most probable label over the clip's audible windows, with all probabilities and the clip's embedding.

    Raises:
        EmptyAudio: if there is not a single sample.
        NotFinite: if a sample is NaN or infinite.
    """
    if len(audio) == 0:
        raise EmptyAudio
    mono = audio if audio.ndim == 1 else to_mono(audio)
    return mel_verdict(log_mel(mono), classifier, samples=mono)


def mel_verdict(mel: FloatArray, classifier: Classifier, *, samples: FloatArray | None = None) -> Verdict:
    """Say what a picture sounds like.

    Args:
        mel: Level in dB re full scale. [n_frames, 128], at least one frame.
        classifier: A loaded classifier.
        samples: What it is a picture of, mono at 44.1 kHz, for a second opinion. [n_samples]

    Returns:
        As `verdict`.
    """
    windows = cut(mel)
    levels_db = window_levels_db(windows)
    is_audible = levels_db >= levels_db.max() - AUDIBLE_RANGE_DB
    seconds = None
    if samples is not None and classifier.hears_samples:
        seconds = seconds_of(samples, len(windows))[is_audible]
    prediction = classifier.predict(windows[is_audible], seconds)
    return _verdict(prediction.probabilities, prediction.embeddings, classifier.labels)


def verdict_of(heard: Iterable[Heard], labels: tuple[str, ...]) -> Verdict:
    """Say what a sound of any length is, once all of it was heard.

    Args:
        heard: What `listen` tells of it, at least one window.
        labels: The classifier's.

    Returns:
        As `verdict`.

    Raises:
        EmptyAudio: if nothing was heard.
    """
    whole = list(heard)
    if not whole:
        raise EmptyAudio
    levels_db = np.concatenate([each.levels_db for each in whole])
    is_audible = levels_db >= levels_db.max() - AUDIBLE_RANGE_DB
    probabilities = np.concatenate([each.probabilities for each in whole])
    embeddings = np.concatenate([each.embeddings for each in whole])
    return _verdict(probabilities[is_audible], embeddings[is_audible], labels)


def _verdict(probabilities: FloatArray, embeddings: FloatArray, labels: tuple[str, ...]) -> Verdict:
    mean = probabilities.mean(axis=0)
    best = int(mean.argmax())
    return Verdict(
        trigger=labels[best],
        confidence=float(mean[best]),
        probabilities={label: float(p) for label, p in zip(labels, mean, strict=True)},
        embedding=sound_embedding(embeddings),
    )
