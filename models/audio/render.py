"""From a mel picture back to audio: spread the bands over bins, find phases, make both agree.

The picture is walked through in chunks of a few seconds. Each chunk starts from the finished frames before it, which
stay as they are, and looks a little ahead: no seams, and memory does not grow with the length.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft

from models.audio import FloatArray
from models.audio.mel import MEL, mel_bands, require_finite, to_bands, to_bins
from models.audio.phase import integrate_phase
from models.errors import BadSetting, TooQuiet, UnknownRenderer

Spectra = npt.NDArray[np.complex64]
"""Short-time spectra of centred Hann frames. [n_frames, n_bins]."""

Beginning = Callable[[FloatArray, FloatArray, Spectra, int], Spectra]
"""(band power, bin power, finished spectra before, first frame) -> spectra to begin a chunk with."""

RENDERERS = ("griffin_lim", "pghi", "borrowed")

ITERATIONS = {"griffin_lim": (10, 6), "pghi": (0, 0), "borrowed": (0, 4)}
"""Of each renderer: rounds with momentum towards the guessed magnitudes, then rounds towards the mel picture itself."""

MOMENTUM = 0.99
"""Perraudin, Balazs, Søndergaard, "A fast Griffin-Lim algorithm", 2013."""

CHUNK_FRAMES = 512
FINISHED_FRAMES = 12
AHEAD_FRAMES = 24
"""Frames of context: a window of 2048 samples reaches over 5 hops to either side."""

LOUDEST_DB = 60.0
"""A full-scale sine reaches 54 dB in one bin of 2048 points; what a network paints above this is an accident."""

MOST_LIFT_DB = 40.0
"""A borrowed spectrum is lifted by no more than this: beyond lies the source's hiss."""

_SPREAD_ROUNDS = 10
_TINY = np.float32(1e-12)


def render(
    mel: FloatArray,
    *,
    renderer: str = "griffin_lim",
    seed: int,
    source_audio: FloatArray | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> FloatArray:
    """Turn a mel picture into audio whose mel picture it is.

    griffin_lim: phases by gradient integration, then fast Griffin-Lim, last towards the mel bands rather than towards
    guessed bins. pghi: the integrated phases alone. borrowed: the source's own spectra, filtered to the picture.

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
    if renderer not in RENDERERS:
        raise UnknownRenderer(f"No renderer is called {renderer}; there are {', '.join(RENDERERS)}.", known=RENDERERS)
    if mel.ndim != 2 or mel.shape[1] != MEL.n_mels or len(mel) < 2:
        raise BadSetting(f"A mel picture has the shape [2 or more, {MEL.n_mels}], not {list(mel.shape)}.")
    require_finite(mel)
    if renderer == "borrowed":
        begin = _borrowing(_source_of(len(mel), source_audio))
    else:
        begin = _guessing(seed)
    return _walk(mel, begin, *ITERATIONS[renderer], on_progress=on_progress)


def spread(band_power: FloatArray) -> FloatArray:
    """Find bin powers whose mel bands are the given ones, everywhere positive and as even as the bands allow.

    Richardson-Lucy updates: they keep small bands next to large ones as exact, relative to their size, as the large.

    Args:
        band_power: Power of the mel bands. [n_frames, n_mels]

    Returns:
        Power of the bins. [n_frames, n_bins]
    """
    density = (band_power / mel_bands().sum(axis=1)).astype(np.float32)
    power: FloatArray = np.ascontiguousarray(to_bins(density) / _cover())
    for _ in range(_SPREAD_ROUNDS):
        power *= _correction(band_power, power)
    return power


def _correction(band_power: FloatArray, power: FloatArray) -> FloatArray:
    """Factor for each bin that brings the bands closer to the wanted ones."""
    missing = (band_power / np.maximum(to_bands(power), _TINY)).astype(np.float32, copy=False)
    factor: FloatArray = to_bins(missing) / _cover()
    return np.ascontiguousarray(factor)


@lru_cache(maxsize=1)
def _cover() -> FloatArray:
    """How much all bands together weigh each bin; the outermost bins are in none."""
    cover: FloatArray = np.maximum(mel_bands().sum(axis=0), _TINY)
    return cover


@lru_cache(maxsize=1)
def _window() -> FloatArray:
    window: FloatArray = np.hanning(MEL.n_fft + 1)[:-1].astype(np.float32)
    return window


def _walk(
    mel: FloatArray,
    begin: Beginning,
    n_guided: int,
    n_true: int,
    *,
    on_progress: Callable[[float], None] | None = None,
) -> FloatArray:
    """Finish the frames chunk by chunk and add them up."""
    n_frames = len(mel)
    signal = np.zeros((n_frames - 1) * MEL.hop_samples + MEL.n_fft, dtype=np.float32)
    weight = np.zeros_like(signal)
    finished: Spectra = np.empty((0, 1 + MEL.n_fft // 2), dtype=np.complex64)
    for first in range(0, n_frames, CHUNK_FRAMES):
        end = min(first + CHUNK_FRAMES, n_frames)
        n_before = len(finished)
        band_power = _power(mel[first - n_before : min(end + AHEAD_FRAMES, n_frames)])
        power = spread(band_power)
        spectra = begin(band_power, power, finished, first)
        spectra = _agree(spectra, finished, np.sqrt(power), band_power, n_guided, n_true)
        done = spectra[n_before : n_before + end - first]
        start, stop = first * MEL.hop_samples, (end - 1) * MEL.hop_samples + MEL.n_fft
        signal[start:stop] += _overlapped(_frames_of(done))
        weight[start:stop] += _weight(len(done))
        finished = np.concatenate([finished, done])[-FINISHED_FRAMES:]
        if on_progress is not None:
            on_progress(end / n_frames)
    half = MEL.n_fft // 2
    return _unweighted(signal[half:-half], weight[half:-half])


def _agree(
    spectra: Spectra,
    finished: Spectra,
    magnitude: FloatArray,
    band_power: FloatArray,
    n_guided: int,
    n_true: int,
) -> Spectra:
    """Bring the spectra closer to those of a real signal (Griffin-Lim) whose bands are the wanted ones."""
    before: Spectra | None = None
    for _ in range(n_guided):
        real = _reanalysed(spectra)
        pushed = real if before is None else real + np.float32(MOMENTUM) * (real - before)
        before = real
        spectra = (pushed * (magnitude / np.maximum(np.abs(pushed), 1e-12))).astype(np.complex64, copy=False)
        spectra[: len(finished)] = finished
    for _ in range(n_true):
        real = _reanalysed(spectra)
        power = np.square(real.real) + np.square(real.imag)
        factor = _correction(band_power, power)
        factor *= _correction(band_power, power * factor)
        spectra = real * np.sqrt(factor)
        spectra[: len(finished)] = finished
    return spectra


def _guessing(seed: int) -> Beginning:
    """Begin with phases integrated from the magnitudes, continued from the finished frames."""

    def begin(_: FloatArray, power: FloatArray, finished: Spectra, first: int) -> Spectra:
        magnitude = np.sqrt(power)
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


def _borrowing(source: FloatArray) -> Beginning:
    """Begin with the source's own spectra, their bands brought to the wanted ones. source: padded by half a window."""

    def begin(band_power: FloatArray, _: FloatArray, finished: Spectra, first: int) -> Spectra:
        start = (first - len(finished)) * MEL.hop_samples
        spectra = _spectra(source[start : start + (len(band_power) - 1) * MEL.hop_samples + MEL.n_fft])
        power = np.square(spectra.real) + np.square(spectra.imag)
        factor = np.ones_like(power)
        for _round in range(4):
            factor *= _correction(band_power, power * factor)
            factor = np.minimum(factor, np.float32(10.0 ** (MOST_LIFT_DB / 10.0)))
        borrowed: Spectra = spectra * np.sqrt(factor)
        borrowed[: len(finished)] = finished
        return borrowed

    return begin


def _source_of(n_frames: int, source_audio: FloatArray | None) -> FloatArray:
    """Mono, repeated to the wanted length, silence of half a window around it."""
    if source_audio is None:
        raise BadSetting("The borrowed renderer needs a source to borrow from.")
    require_finite(source_audio)
    mono = source_audio if source_audio.ndim == 1 else source_audio.mean(axis=1, dtype=np.float32)
    if not np.any(mono):
        raise TooQuiet("The source is silent; there is nothing to borrow from it.")
    repeated = np.resize(mono, (n_frames - 1) * MEL.hop_samples).astype(np.float32)
    return np.pad(repeated, MEL.n_fft // 2)


def _power(mel: FloatArray) -> FloatArray:
    """Levels to power; what lies on the floor is silence."""
    power = np.power(10.0, np.minimum(mel, LOUDEST_DB) / 10.0)
    return np.where(mel <= MEL.floor_db + 0.01, 0.0, power).astype(np.float32)


def _reanalysed(spectra: Spectra) -> Spectra:
    """Spectra of the signal that the spectra add up to."""
    return _spectra(_unweighted(_overlapped(_frames_of(spectra)), _weight(len(spectra))))


def _unweighted(signal: FloatArray, weight: FloatArray) -> FloatArray:
    return (signal / np.maximum(weight, 1e-3)).astype(np.float32, copy=False)


def _spectra(signal: FloatArray) -> Spectra:
    framed = np.lib.stride_tricks.sliding_window_view(signal, MEL.n_fft)[:: MEL.hop_samples]
    spectra: Spectra = scipy.fft.rfft(framed * _window(), axis=-1, overwrite_x=True)
    return spectra


def _frames_of(spectra: Spectra) -> FloatArray:
    frames: FloatArray = scipy.fft.irfft(spectra, n=MEL.n_fft, axis=-1)
    frames *= _window()
    return frames


@lru_cache(maxsize=8)
def _weight(n_frames: int) -> FloatArray:
    """What squared windows add up to: what overlapped frames are divided by."""
    return _overlapped(np.broadcast_to(np.square(_window()), (n_frames, MEL.n_fft)))


def _overlapped(frames: FloatArray) -> FloatArray:
    """Add frames up, a hop apart. [n_frames, n_fft] -> [(n_frames - 1) * hop + n_fft]."""
    n_frames, hop = len(frames), MEL.hop_samples
    n_hops = -(-MEL.n_fft // hop)
    signal = np.zeros((n_frames + n_hops - 1, hop), dtype=np.float32)
    for part in range(n_hops):
        piece = frames[:, part * hop : (part + 1) * hop]
        signal[part : part + n_frames, : piece.shape[1]] += piece
    return signal.reshape(-1)[: (n_frames - 1) * hop + MEL.n_fft]
