"""How loud a sound is while it streams by: the measures of `loudness.measure`, in flat memory."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyloudnorm
import scipy.signal

from models.audio import FloatArray
from models.audio.loudness import SILENT_DBTP, Loudness

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0

STEP_S = 0.1
_STEPS_PER_BLOCK = 4
_OVERSAMPLING = 4
_OVERLAP_SAMPLES = 64


class LoudnessMeter:
    """Gated loudness (EBU R128 / ITU-R BS.1770-4) and true peak of what is pushed through, block by block."""

    def __init__(self, sample_rate_hz: int, n_channels: int) -> None:
        """Start before the first sample.

        Args:
            sample_rate_hz: Rate (Hz).
            n_channels: 1 or 2.
        """
        self._weighting = StepPowers(sample_rate_hz, n_channels)
        self._step_powers: list[float] = []
        self._tail: FloatArray = np.empty((0, n_channels), dtype=np.float32)
        self._peak = 0.0

    def push(self, block: FloatArray) -> None:
        """Measure the next samples. [n_samples, n_channels]."""
        if len(block) == 0:
            return
        self._step_powers += self._weighting.push(block)
        self._tail = np.concatenate([self._tail, block])
        self._peak = max(self._peak, _true_peak(self._tail))
        # The oversampling filter reaches over the edge of a block: its last samples are measured again with the next.
        self._tail = self._tail[-2 * _OVERLAP_SAMPLES :].copy()

    def finish(self) -> Loudness:
        """Tell what was measured; the loudness is None for what has none: under 0.4 s, or below the gate."""
        return Loudness(gated_lufs(self._step_powers), _decibels(self._peak))


class StepPowers:
    """K-weighted power of each tenth of a second: what every gated loudness is reckoned from."""

    def __init__(self, sample_rate_hz: int, n_channels: int) -> None:
        """Start before the first sample.

        Args:
            sample_rate_hz: Rate (Hz).
            n_channels: 1 or 2.
        """
        stages = pyloudnorm.Meter(sample_rate_hz)._filters.values()
        self._filters = [(stage.b, stage.a, np.zeros((2, n_channels))) for stage in stages]
        self._step_samples = round(STEP_S * sample_rate_hz)
        self._pending: npt.NDArray[np.float64] = np.empty((0, n_channels))

    def push(self, block: FloatArray) -> list[float]:
        """Add samples [n_samples, n_channels]; the powers of the steps that they complete, summed over channels."""
        weighted: npt.NDArray[np.float64] = block.astype(np.float64)
        for ordinal, (numerator, denominator, state) in enumerate(self._filters):
            weighted, state = scipy.signal.lfilter(numerator, denominator, weighted, axis=0, zi=state)
            self._filters[ordinal] = (numerator, denominator, state)
        pending = np.concatenate([self._pending, weighted])
        n_steps = len(pending) // self._step_samples
        steps = pending[: n_steps * self._step_samples].reshape(n_steps, self._step_samples, -1)
        self._pending = pending[n_steps * self._step_samples :]
        powers: list[float] = np.square(steps).mean(axis=1).sum(axis=1).tolist()
        return powers


def gated_lufs(step_powers: Sequence[float]) -> float | None:
    """Reckon gated loudness.

    Args:
        step_powers: As StepPowers gives them.

    Returns:
        Integrated loudness (LUFS), None for what has none: under 0.4 s, or below the gate.
    """
    if len(step_powers) < _STEPS_PER_BLOCK:
        return None
    even = np.ones(_STEPS_PER_BLOCK) / _STEPS_PER_BLOCK
    powers = np.convolve(step_powers, even, mode="valid")
    powers = powers[_lufs(powers) >= ABSOLUTE_GATE_LUFS]
    if len(powers) == 0:
        return None
    powers = powers[_lufs(powers) > _lufs(powers.mean()) + RELATIVE_GATE_LU]
    return float(_lufs(powers.mean()))


def _lufs(power: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    levels: npt.NDArray[np.float64] = -0.691 + 10.0 * np.log10(np.maximum(power, 1e-20))
    return levels


def _true_peak(samples: FloatArray) -> float:
    """Largest level over channels, at the samples and three places between them. [n_samples, n_channels]."""
    fine = np.abs(scipy.signal.resample_poly(samples, _OVERSAMPLING, 1, axis=0)).max()
    # The filter rings at the samples themselves: they count as they are.
    return float(max(fine, np.abs(samples).max()))


def _decibels(amplitude: float) -> float:
    return max(SILENT_DBTP, 20.0 * float(np.log10(max(amplitude, 1e-12))))
