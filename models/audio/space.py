"""Where a made sound is heard, between two ears: where its parents are, at one side, or on a slow way from ear to ear.

A mono sound is given levels and phases for either ear, frame by frame and bin by bin. What its parents' ears hear
differently at random (their coherence) is given by a short diffusion with opposite signs, which leaves the sum of both
ears as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from models.audio import FloatArray
from models.audio.mel import MEL, mel_bands, to_bands
from models.audio.spectra import HALF_SAMPLES, Overlap, power_of, spectra_of
from models.audio.tape import Tape


class Space(StrEnum):
    """Where a made sound is heard."""

    SOURCE = "source"
    """Where its parents are."""
    CENTRE = "centre"
    LEFT = "left"
    RIGHT = "right"
    DRIFT = "drift"
    """On a slow way from ear to ear and back."""


Stereo = Callable[[int, int], FloatArray]
"""(first sample, how many) -> a parent's samples at that place of the result. [n_samples, 2]"""

N_BANDS = 24
DRIFT_PERIOD_S = 10.0
FARTHEST = 0.9
"""A side is not quite as far as there is: one ear that hears nothing is unpleasant."""

LATEST_S = 0.0005
"""The far ear hears low tones this much later."""
MOST_PHASE = 0.5 * np.pi
"""Beyond this the ears' phases differ no more, and above two kilohertz not at all: their sum loses 3 dB at most."""
EVEN_PHASE_HZ = 2000.0

IMAGE_FRAMES = 13
"""A parent's image is averaged over an eighth of a second."""
HOLD_SHARE = 1e-3
"""Where a parent is this much quieter than on average, its average image is heard."""
DIFFUSION_SAMPLES = 1024

_CHUNK_FRAMES = 200
_IMAGE = replace(MEL, n_mels=N_BANDS)


@dataclass(frozen=True)
class Image:
    """What each ear hears of a mono sound. [n_frames, n_bins] each."""

    left: npt.NDArray[np.complex64]
    right: npt.NDArray[np.complex64]


def placed(
    blocks: Iterable[FloatArray],
    space: Space,
    *,
    parents: Sequence[tuple[Stereo, float]],
    period_samples: int | None = None,
) -> Iterator[FloatArray]:
    """Give a mono sound its place, in flat memory.

    Args:
        blocks: Consecutive samples at 44.1 kHz. [n_samples] each
        space: Where it is heard.
        parents: What it was made from and the share of each; parents in one channel are in the centre.
        period_samples: Of the way from ear to ear and back; about ten seconds by default.

    Yields:
        Consecutive samples, as many. [n_samples, 2] each
    """
    if space is Space.CENTRE:
        yield from (np.repeat(block[:, None], 2, axis=1) for block in blocks)
        return
    tape = Tape(blocks)
    overlap = Overlap()
    period_s = DRIFT_PERIOD_S if period_samples is None else period_samples / MEL.sample_rate_hz
    held = np.concatenate([np.zeros(HALF_SAMPLES, np.float32), tape.take(HALF_SAMPLES)])
    long_term = [np.zeros((4, N_BANDS)) for _ in parents]
    first, is_over, n_in, n_out = 0, False, len(held) - HALF_SAMPLES, 0
    while not is_over:
        new = tape.take(_CHUNK_FRAMES * MEL.hop_samples)
        n_in += len(new)
        is_over = len(new) < _CHUNK_FRAMES * MEL.hop_samples
        held = np.concatenate([held, new] if not is_over else [held, new, np.zeros(MEL.n_fft, np.float32)])
        spectra = spectra_of(held)
        if space is Space.SOURCE:
            image = _blended(
                [
                    _seen(parent, first, len(spectra), known)
                    for (parent, _), known in zip(parents, long_term, strict=True)
                ],
                [share for _, share in parents],
            )
        else:
            seconds = (first + np.arange(len(spectra))) * (MEL.hop_samples / MEL.sample_rate_hz)
            sides = {Space.LEFT: -1.0, Space.RIGHT: 1.0}
            side = FARTHEST * (
                np.full(len(spectra), sides[space]) if space in sides else np.sin(2.0 * np.pi * seconds / period_s)
            )
            image = beside(side)
        ears = overlap.push(np.stack([spectra * image.left, spectra * image.right]))
        held = held[len(spectra) * MEL.hop_samples :]
        first += len(spectra)
        n_new = min(ears.shape[1], n_in - n_out)
        n_out += n_new
        yield np.ascontiguousarray(ears[:, :n_new].T)


def beside(side: npt.NDArray[np.float64]) -> Image:
    """Place a sound by a simple head: the far ear hears it softer, the more the higher, and low tones later.

    Args:
        side: From -1, at the left ear, to 1, at the right. [n_frames]

    Returns:
        The image; both ears' power adds up to that of two centred ears.
    """
    hz = np.fft.rfftfreq(MEL.n_fft, 1.0 / MEL.sample_rate_hz)
    difference_db = side[:, None] * (2.0 + 12.0 * hz / (hz + 1500.0))
    near = np.power(10.0, difference_db / 20.0)
    norm = np.sqrt(2.0 / (1.0 + np.square(near)))
    phase = np.minimum(2.0 * np.pi * hz * LATEST_S, MOST_PHASE) * np.clip(
        (EVEN_PHASE_HZ - hz) / (EVEN_PHASE_HZ - MOST_PHASE / (2.0 * np.pi * LATEST_S)), 0.0, 1.0
    )
    turn = np.exp(0.5j * side[:, None] * phase)
    return Image((norm * turn.conj()).astype(np.complex64), (norm * near * turn).astype(np.complex64))


def _seen(parent: Stereo, first: int, n_frames: int, known: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Powers of either ear and their cross-spectrum, averaged in time and bands. [4, n_frames, N_BANDS].

    known is what was seen so far, in all; it is added to.
    """
    margin = IMAGE_FRAMES // 2
    start = (first - margin) * MEL.hop_samples - HALF_SAMPLES
    heard = parent(start, (n_frames + 2 * margin - 1) * MEL.hop_samples + MEL.n_fft)
    left, right = spectra_of(np.ascontiguousarray(heard.T if heard.shape[1] == 2 else np.repeat(heard, 2, axis=1).T))
    cross = left * right.conj()
    told = [
        to_bands(np.ascontiguousarray(x), settings=_IMAGE)
        for x in (power_of(left), power_of(right), cross.real, cross.imag)
    ]
    bands = np.stack(told).astype(np.float64)
    known += bands.sum(axis=1)
    even = scipy.ndimage.uniform_filter1d(bands, IMAGE_FRAMES, axis=1)[:, margin : margin + n_frames]
    total = known[0] + known[1] + 1e-12
    mean = (even[0] + even[1]).mean()
    seen: npt.NDArray[np.float64] = even + (HOLD_SHARE * mean + 1e-12) * (known / total)[:, None, :]
    normal: npt.NDArray[np.float64] = seen / (seen[0] + seen[1])
    return normal


def _blended(seen: Sequence[npt.NDArray[np.float64]], shares: Sequence[float]) -> Image:
    """The parents' images, one upon the other, as gains of a mono sound."""
    left, right, real, imaginary = np.tensordot(np.asarray(shares) / np.sum(shares), np.stack(seen), axes=1)
    alike = np.clip(np.hypot(real, imaginary) / np.sqrt(left * right + 1e-20), 0.0, 1.0)
    turn = np.angle(real + 1j * imaginary)
    # Phases are spread over the bins as vectors, so that none is wrapped on the way.
    spread = [_to_bins(x) for x in (np.sqrt(2.0 * left), np.sqrt(2.0 * right), alike, np.cos(turn), np.sin(turn))]
    near_left, near_right, even_alike, cosine, sine = spread
    half = np.exp(0.5j * np.arctan2(sine, cosine))
    straight, across = np.sqrt(0.5 * (1.0 + even_alike)), np.sqrt(0.5 * (1.0 - even_alike)) * _diffusion()
    return Image(
        (near_left * half * (straight + across)).astype(np.complex64),
        (near_right * half.conj() * (straight - across)).astype(np.complex64),
    )


def _to_bins(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Go from band to band through the bins. [n_frames, N_BANDS] -> [n_frames, n_bins]."""
    peaks = np.argmax(mel_bands(_IMAGE), axis=1)
    place = np.interp(np.arange(1 + MEL.n_fft // 2), peaks, np.arange(N_BANDS))
    before = np.minimum(place.astype(int), N_BANDS - 2)
    share = place - before
    between: npt.NDArray[np.float64] = values[:, before] * (1.0 - share) + values[:, before + 1] * share
    return between


@lru_cache(maxsize=1)
def _diffusion() -> npt.NDArray[np.complex128]:
    """Phases of a noise that dies away within a fiftieth of a second. [n_bins]."""
    noise = np.random.default_rng(0).standard_normal(DIFFUSION_SAMPLES)
    noise *= np.exp(-5.0 * np.arange(DIFFUSION_SAMPLES) / DIFFUSION_SAMPLES)
    heard = np.fft.rfft(noise, MEL.n_fft)
    phases: npt.NDArray[np.complex128] = heard / np.maximum(np.abs(heard), 1e-9)
    return phases
