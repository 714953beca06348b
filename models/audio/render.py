"""From a mel picture back to audio: spread the bands over bins, find phases, make both agree.

The picture is walked through in chunks of a few seconds. Each chunk starts from the finished frames before it, which
stay as they are, and looks a little ahead: no seams, and memory does not grow with the length.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from models.audio import FloatArray
from models.audio.mel import MEL, require_finite
from models.audio.phase import integrate_phase
from models.audio.rounds import towards_bands, towards_bins
from models.audio.spectra import HALF_SAMPLES, Overlap, Spectra, power_of, reanalysed, spectra_of
from models.audio.spread import correction, spread
from models.errors import BadSetting, TooQuiet, UnknownRenderer

Beginning = Callable[[FloatArray, Spectra, int], Spectra]
"""(band power, finished spectra before, first frame) -> spectra to begin a chunk with."""

SourceAudio = Callable[[int, int], FloatArray]
"""(first sample, how many) -> what is borrowed from there, mono; the first sample may be negative. [n_samples]."""

RENDERERS = ("griffin_lim", "pghi", "borrowed")

ITERATIONS = {"griffin_lim": (2, 22), "pghi": (0, 0), "borrowed": (0, 12)}
"""Of each renderer: rounds towards the guessed magnitudes, then rounds towards the mel picture itself."""

SKETCH_ROUNDS = 8
"""Rounds towards the mel picture that a sketch gets."""

MOMENTUM = 0.95
"""Perraudin, Balazs, Søndergaard, "A fast Griffin-Lim algorithm", 2013; over 1 it went astray in these rounds."""

CHUNK_FRAMES = 512
FIRST_CHUNK_FRAMES = 256
"""The first chunk is short, so that there is soon something to hear."""
FINISHED_FRAMES = 12
AHEAD_FRAMES = 24
"""Frames of context: a window of 2048 samples reaches over 5 hops to either side."""

LOUDEST_DB = 60.0
"""A full-scale sine reaches 54 dB in one bin of 2048 points; what a network paints above this is an accident."""

MOST_LIFT_DB = 40.0
"""A borrowed spectrum is lifted by no more than this: beyond lies the source's hiss."""

LEAST_BORROWED_DB = -35.0
"""Where a source has less than this of the wanted level there is nothing to borrow: noise stands in."""


def render(
    mel: FloatArray,
    *,
    renderer: str = "griffin_lim",
    seed: int,
    source_audio: FloatArray | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> FloatArray:
    """Turn a mel picture into audio whose mel picture it is: what `render_parts` yields, joined.

    Args:
        mel: Level in dB re full scale, as log_mel makes it. [n_frames, 128]
        renderer: One of RENDERERS.
        seed: The same picture and seed give the same samples.
        source_audio: What the borrowed renderer takes its phases from; repeated if it is too short.
            [n_samples] or [n_samples, n_channels]
        on_progress: Told the share that is finished, 0 to 1, about every five seconds of audio; may raise to give up.

    Returns:
        Samples at 44.1 kHz. [n_samples], n_samples = (n_frames - 1) * 441

    Raises:
        UnknownRenderer: if there is no such renderer.
        BadSetting: if the picture has another shape, or source_audio is missing.
        TooQuiet: if source_audio has nothing to borrow.
        NotFinite: if a level or a sample is NaN or infinite.
    """
    source = None if source_audio is None else repeating(source_audio)
    parts = render_parts([mel], renderer=renderer, seed=seed, source=source)
    rendered, n_rendered = [], 0
    for part in parts:
        rendered.append(part)
        n_rendered += len(part)
        if on_progress is not None:
            on_progress(min(1.0, n_rendered / ((len(mel) - 1) * MEL.hop_samples)))
    return np.concatenate(rendered)


def render_parts(
    parts: Iterable[FloatArray], *, renderer: str = "griffin_lim", seed: int, source: SourceAudio | None = None
) -> Iterator[FloatArray]:
    """Turn a mel picture into audio as it is painted, in flat memory.

    griffin_lim: phases by gradient integration, then fast Griffin-Lim, last towards the mel bands rather than towards
    guessed bins. pghi: the integrated phases alone. borrowed: the source's own spectra, filtered to the picture.
    How the picture comes in parts makes no difference to the samples.

    Args:
        parts: Consecutive parts of the picture, level in dB re full scale. [n_frames, 128] each
        renderer: One of RENDERERS.
        seed: The same picture and seed give the same samples.
        source: What the borrowed renderer takes its phases from.

    Returns:
        Consecutive samples at 44.1 kHz, (n_frames - 1) * 441 in all. [n_samples] each

    Raises:
        UnknownRenderer: if there is no such renderer.
        BadSetting: if the picture has another shape, or the source is missing.
        NotFinite: while iterating, if a level or a sample is NaN or infinite.
    """
    if renderer not in RENDERERS:
        raise UnknownRenderer(f"No renderer is called {renderer}; there are {', '.join(RENDERERS)}.", known=RENDERERS)
    if renderer != "borrowed":
        begin = _guessing(seed)
    elif source is None:
        raise BadSetting("The borrowed renderer needs a source to borrow from.")
    else:
        begin = _borrowing(source, seed)
    return _walk(parts, begin, *ITERATIONS[renderer])


def sketch_parts(parts: Iterable[FloatArray], *, seed: int) -> Iterator[FloatArray]:
    """Turn a mel picture into audio roughly: integrated phases, then a few rounds towards the picture.

    What the vocoder starts from and was trained on, so that it must not change without the vocoder's weights.

    Args:
        parts: Consecutive parts of the picture, level in dB re full scale. [n_frames, 128] each
        seed: The same picture and seed give the same samples.

    Returns:
        Consecutive samples at 44.1 kHz, (n_frames - 1) * 441 in all. [n_samples] each

    Raises:
        BadSetting: while iterating, if the picture has another shape.
        NotFinite: while iterating, if a level is NaN or infinite.
    """
    return _walk(parts, _guessing(seed), 0, SKETCH_ROUNDS)


def nearer_parts(parts: Iterable[FloatArray], *, source: SourceAudio, n_rounds: int) -> Iterator[FloatArray]:
    """Bring audio nearer to a mel picture that it nearly has.

    Args:
        parts: Consecutive parts of the picture, level in dB re full scale. [n_frames, 128] each
        source: The audio; asked for no earlier than the picture has come, and never back beyond what it was last asked.
        n_rounds: Towards the picture.

    Returns:
        Consecutive samples at 44.1 kHz, (n_frames - 1) * 441 in all. [n_samples] each

    Raises:
        BadSetting: while iterating, if the picture has another shape.
        NotFinite: while iterating, if a level is NaN or infinite.
    """
    return _walk(parts, _continuing(source), 0, n_rounds)


def repeating(source_audio: FloatArray) -> SourceAudio:
    """Borrow from a sound in its own order, again from its beginning where it ends; silence before its first sample.

    Args:
        source_audio: [n_samples] or [n_samples, n_channels]

    Returns:
        What `render_parts` borrows from.

    Raises:
        TooQuiet: if there is nothing to borrow.
        NotFinite: if a sample is NaN or infinite.
    """
    require_finite(source_audio)
    mono = source_audio if source_audio.ndim == 1 else source_audio.mean(axis=1, dtype=np.float32)
    if not np.any(mono):
        raise TooQuiet("The source is silent; there is nothing to borrow from it.")

    def take(first: int, n_samples: int) -> FloatArray:
        places = np.arange(first, first + n_samples)
        taken: FloatArray = np.where(places < 0, np.float32(0.0), mono[places % len(mono)]).astype(np.float32)
        return taken

    return take


def _walk(parts: Iterable[FloatArray], begin: Beginning, n_guided: int, n_true: int) -> Iterator[FloatArray]:
    """Finish the frames chunk by chunk and add them up."""
    overlap = Overlap()
    finished: Spectra = np.empty((0, 1 + MEL.n_fft // 2), dtype=np.complex64)
    for first, n_new, mel in _chunks(parts):
        n_before = len(finished)
        band_power = _power(mel)
        spectra = begin(band_power, finished, first)
        spectra = _agree(spectra, finished, band_power, n_guided, n_true)
        done = spectra[n_before : n_before + n_new]
        finished = np.concatenate([finished, done])[-FINISHED_FRAMES:]
        yield overlap.push(done)
    yield overlap.finish()


def _chunks(parts: Iterable[FloatArray]) -> Iterator[tuple[int, int, FloatArray]]:
    """Where a chunk begins, its new frames, and its picture with the frames before and after it that it looks at."""
    held: FloatArray = np.empty((0, MEL.n_mels), dtype=np.float32)
    first, n_before = 0, 0
    n_wanted = FIRST_CHUNK_FRAMES
    for part in parts:
        if part.ndim != 2 or part.shape[1] != MEL.n_mels:
            raise BadSetting(f"A mel picture has the shape [2 or more, {MEL.n_mels}], not {list(part.shape)}.")
        require_finite(part)
        held = np.concatenate([held, part])
        while len(held) >= n_before + n_wanted + AHEAD_FRAMES:
            yield first, n_wanted, held[: n_before + n_wanted + AHEAD_FRAMES]
            first += n_wanted
            held = held[max(0, n_before + n_wanted - FINISHED_FRAMES) :]
            n_before, n_wanted = FINISHED_FRAMES, CHUNK_FRAMES
    if first + len(held) < 2:
        raise BadSetting(f"A mel picture has 2 frames or more, not {first + len(held)}.")
    while len(held) > n_before:
        n_new = min(n_wanted, len(held) - n_before)
        yield first, n_new, held[: n_before + n_new + AHEAD_FRAMES]
        first += n_new
        held = held[max(0, n_before + n_new - FINISHED_FRAMES) :]
        n_before, n_wanted = min(FINISHED_FRAMES, len(held)), CHUNK_FRAMES


def _agree(spectra: Spectra, finished: Spectra, band_power: FloatArray, n_guided: int, n_true: int) -> Spectra:
    """Bring the spectra closer to those of a real signal (Griffin-Lim) whose bands are the wanted ones."""
    magnitude = np.abs(spectra) if n_guided else None
    before: Spectra | None = None
    for number in range(n_guided + n_true):
        real = reanalysed(spectra)
        if magnitude is not None and number < n_guided:
            spectra = towards_bins(real, before, MOMENTUM, magnitude)
        else:
            spectra = towards_bands(real, before, MOMENTUM, band_power)
        before = real
        spectra[: len(finished)] = finished
    return spectra


def _guessing(seed: int) -> Beginning:
    """Begin with phases integrated from the magnitudes, continued from the finished frames."""

    def begin(band_power: FloatArray, finished: Spectra, first: int) -> Spectra:
        magnitude = np.sqrt(spread(band_power))
        phase = integrate_phase(
            magnitude,
            n_fft=MEL.n_fft,
            hop_samples=MEL.hop_samples,
            dice=np.random.default_rng([seed, first]),
            known=np.angle(finished) if len(finished) else None,
        )
        spectra: Spectra = magnitude * np.exp(1j * phase).astype(np.complex64)
        spectra[: len(finished)] = finished
        return spectra

    return begin


def _borrowing(source: SourceAudio, seed: int) -> Beginning:
    """Begin with the source's own spectra, their bands brought to the wanted ones."""

    def begin(band_power: FloatArray, finished: Spectra, first: int) -> Spectra:
        spectra = _lent(source, first - len(finished), len(band_power))
        power = power_of(spectra)
        least = spread(band_power) * np.float32(10.0 ** (LEAST_BORROWED_DB / 10.0))
        lacks = power < least
        turns = np.random.default_rng([seed, first]).random(np.count_nonzero(lacks), dtype=np.float32)
        spectra[lacks] = np.sqrt(least[lacks]) * np.exp(np.complex64(2.0j * np.pi) * turns)
        power = np.maximum(power, least)
        factor = np.ones_like(power)
        for _round in range(4):
            factor *= correction(band_power, power * factor)
            factor = np.minimum(factor, np.float32(10.0 ** (MOST_LIFT_DB / 10.0)))
        borrowed: Spectra = spectra * np.sqrt(factor)
        borrowed[: len(finished)] = finished
        return borrowed

    return begin


def _continuing(source: SourceAudio) -> Beginning:
    """Begin with the source's own spectra as they are."""

    def begin(band_power: FloatArray, finished: Spectra, first: int) -> Spectra:
        spectra = _lent(source, first - len(finished), len(band_power))
        spectra[: len(finished)] = finished
        return spectra

    return begin


def _lent(source: SourceAudio, first: int, n_frames: int) -> Spectra:
    """Spectra of frames of the source."""
    start = first * MEL.hop_samples - HALF_SAMPLES
    return spectra_of(source(start, (n_frames - 1) * MEL.hop_samples + MEL.n_fft))


def _power(mel: FloatArray) -> FloatArray:
    """Levels to power; what lies on the floor is silence."""
    power = np.power(10.0, np.minimum(mel, LOUDEST_DB) / 10.0)
    return np.where(mel <= MEL.floor_db + 0.01, 0.0, power).astype(np.float32)
