"""How near a rendering is to the recording that its picture was made from, by measures that hear grain and taps."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.mel import MelSettings, log_mel
from models.recipes.corpus import Corpus

WHOLE = MelSettings(n_fft=2048, hop_samples=512, n_mels=128, floor_db=-80.0)
FINE = MelSettings(n_fft=512, hop_samples=128, n_mels=32, floor_db=-80.0)
"""A window of 12 ms every 3 ms hears transients and grain that a long window cannot."""

LEAST_SPREAD_DB = 0.5
"""A band that moves by less says nothing about correlation."""

GAP_DEPTH_DB = 30.0
"""A frame this far below the sound's loud frames (95th percentile) is a gap."""

Rendering = Callable[[FloatArray], FloatArray]
"""A recording's samples to samples rendered from its picture."""


@dataclass(frozen=True)
class RenderingScores:
    """One rendering beside its recording."""

    mel_db: float
    """Mean difference of the picture (128 bands, n_fft 2048, hop 512, floor 1e-8)."""
    fine_db: float
    """Mean difference of the fine picture (32 bands, n_fft 512, hop 128, floor 1e-8)."""
    fine_correlation: float
    """Of the fine picture's bands over time, on the mean over bands."""
    onset_correlation: float
    """Of how much louder the fine picture becomes from frame to frame."""
    grain: float
    """Frame-to-frame movement of the fine picture against the recording's: below 1 it is smoothed, above roughened."""
    gap_db: float
    """Level in the recording's gaps against the recording's own; NaN without gaps."""

    def as_dict(self) -> dict[str, float]:
        """By name, rounded."""
        return {name: round(float(value), 4) for name, value in asdict(self).items()}


def score_rendering(recorded: FloatArray, rendered: FloatArray) -> RenderingScores:
    """Compare a rendering with its recording.

    Args:
        recorded: Samples at 44.1 kHz. [n_samples]
        rendered: The same moments; what is longer is cut. [n_samples]

    Returns:
        The measures.
    """
    n_samples = min(len(recorded), len(rendered))
    recorded, rendered = recorded[:n_samples], rendered[:n_samples]
    wanted, reached = log_mel(recorded, settings=FINE), log_mel(rendered, settings=FINE)
    rise, reached_rise = (np.maximum(np.diff(picture, axis=0), 0.0).mean(axis=1) for picture in (wanted, reached))
    level = _level_db(wanted)
    is_gap = level < np.quantile(level, 0.95) - GAP_DEPTH_DB
    movement = np.abs(np.diff(wanted, axis=0)).mean()
    return RenderingScores(
        mel_db=float(np.abs(log_mel(recorded, settings=WHOLE) - log_mel(rendered, settings=WHOLE)).mean()),
        fine_db=float(np.abs(wanted - reached).mean()),
        fine_correlation=_correlation_of_bands(wanted, reached),
        onset_correlation=_correlation(rise, reached_rise),
        grain=float(np.abs(np.diff(reached, axis=0)).mean() / max(float(movement), 1e-6)),
        gap_db=float((_level_db(reached) - level)[is_gap].mean()) if is_gap.any() else float("nan"),
    )


def mean_scores(scores: Sequence[RenderingScores]) -> dict[str, float]:
    """Mean of each measure over renderings, leaving out what could not be measured."""
    table = np.array([list(asdict(each).values()) for each in scores])
    means = [
        float(column[~np.isnan(column)].mean()) if (~np.isnan(column)).any() else float("nan") for column in table.T
    ]
    return RenderingScores(*means).as_dict()


@dataclass(frozen=True)
class Clip:
    """A stretch of a recording that nothing measured with it has heard."""

    label: str
    recording: int
    audio: FloatArray
    """[n_samples]"""


def held_out_clips(
    corpus: Corpus, fold: int, *, n_per_label: int, seconds: float, least_dbfs: float = -45.0, seed: int = 0
) -> list[Clip]:
    """Draw clips of a fold, each from another recording of its label while there are some.

    Args:
        corpus: The recordings.
        fold: A fold.
        n_per_label: Clips of each label, fewer where there are fewer recordings.
        seconds: Of a clip; what lies beyond a recording's end is silence.
        least_dbfs: RMS of the second with which a clip begins.
        seed: Of the draw.

    Returns:
        Clips in the order of the labels.
    """
    rng = np.random.default_rng(seed)
    windows = corpus.windows.where((corpus.windows.fold == fold) & (corpus.windows.level_dbfs > least_dbfs))
    clips = []
    for ordinal, label in enumerate(corpus.labels):
        of_label = np.flatnonzero(windows.label == ordinal)
        for recording in rng.permutation(np.unique(windows.recording[of_label]))[:n_per_label]:
            row = rng.choice(of_label[windows.recording[of_label] == recording])
            first = int(windows.start_frame[row]) * 441
            audio = corpus.audio_of(int(recording), first, round(seconds * 100) * 441)
            clips.append(Clip(label, int(recording), audio))
    return clips


def _level_db(picture: FloatArray) -> FloatArray:
    level: FloatArray = 10.0 * np.log10(np.mean(np.power(10.0, picture / 10.0), axis=1))
    return level


def _correlation_of_bands(wanted: FloatArray, reached: FloatArray) -> float:
    bands = [band for band in range(wanted.shape[1]) if wanted[:, band].std() > LEAST_SPREAD_DB]
    if not bands:
        return float("nan")
    return float(np.mean([_correlation(wanted[:, band], reached[:, band]) for band in bands]))


def _correlation(first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]) -> float:
    spread = float(first.std() * second.std())
    return float(np.mean((first - first.mean()) * (second - second.mean()))) / spread if spread > 0.0 else 0.0
