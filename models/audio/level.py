"""The platform's loudness for a sound that is still being made: what was streamed is what is kept.

Up to twelve seconds are held, measured and given one gain. What is longer begins with the gain of its first eight
seconds; from there the gain follows the loudness of the last six and the next eight seconds, by a dB a second at most,
and corrects itself by what left the limiter.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from models.audio import FloatArray
from models.audio.loudness import (
    LOUDNESS_TARGET_LUFS,
    MOST_LIMITING_DB,
    TRUE_PEAK_CEILING_DBTP,
    level_gain_db,
    limit,
    true_peaks,
)
from models.audio.mel import MEL
from models.audio.meter import STEP_S, StepPowers, gated_lufs
from models.audio.tape import Tape

CONTEXT_SAMPLES = 1024
"""What `levelled` wants to hear beyond either end of a loop: as far as its limiter reaches."""

HELD_S = 12.0
BEHIND_S, AHEAD_S = 6.0, 8.0
MOST_DB_PER_S = 1.0
SHARE_PER_S = 0.3
"""Of what its gain lacks it makes up so much in a second."""
RETURN_S = 10.0
"""So long before its end the gain of a loop is on its way back to what it began with."""

_STEP_SAMPLES = round(STEP_S * MEL.sample_rate_hz)
_HELD, _BEHIND, _AHEAD, _RETURN = (round(each_s / STEP_S) for each_s in (HELD_S, BEHIND_S, AHEAD_S, RETURN_S))
_LIMITED_SAMPLES = 8 * _STEP_SAMPLES
_SURELY_UNDER = 0.4
"""Between samples no sound of ours rises to more than twice the samples themselves."""
_CORRECTION_PER_STEP = 0.004
"""Share of what the output misses that its gain makes up for with every step."""


def levelled(blocks: Iterable[FloatArray], n_samples: int, *, is_loop: bool) -> Iterator[FloatArray]:
    """Bring a sound to -23 LUFS ± 1, its true peak to -1 dBTP or under, while it is made.

    What needs more than 12 dB of limiting (single hard taps) stays quieter; what has no measurable loudness is only
    kept under the ceiling.

    Args:
        blocks: Consecutive samples; of a loop, CONTEXT_SAMPLES more at either end: what goes before and what follows.
            [n_samples, 2] each
        n_samples: Of the result.
        is_loop: Whether the gain has to end where it began.

    Yields:
        Consecutive samples, n_samples in all. [n_samples, 2] each
    """
    n_context = CONTEXT_SAMPLES if is_loop else 0
    tape = Tape(blocks)
    before = tape.take(n_context)
    gain = _Gain(tape, n_samples, is_loop=is_loop)
    yield from _limited(gain, before, tape, n_context)


class _Gain:
    """Reads samples ahead and gives them on with the gain that they need."""

    def __init__(self, tape: Tape, n_samples: int, *, is_loop: bool) -> None:
        self._tape, self._n_left = tape, n_samples
        self._n_steps = -(-n_samples // _STEP_SAMPLES)
        self._is_loop, self._follows = is_loop, self._n_steps > _HELD
        self._coming: list[FloatArray] = []
        self._incoming, self._outgoing = (StepPowers(MEL.sample_rate_hz, 2) for _ in range(2))
        self._powers: list[float] = []
        self._peaks: list[float] = []
        self._left: list[float] = []
        self._read_to(_AHEAD if self._follows else _HELD)
        held = np.concatenate(self._coming)
        first_gain_db = level_gain_db(held, true_peaks(held), MEL.sample_rate_hz)
        lufs = gated_lufs(self._powers)
        self._correction_db = 0.0 if lufs is None else min(12.0, first_gain_db - (LOUDNESS_TARGET_LUFS - lufs))
        self.first_db = first_gain_db
        self._gain_db, self._n_passed = first_gain_db, 0

    def __iter__(self) -> Iterator[FloatArray]:
        while self._coming:
            self._read_to(self._n_passed + _AHEAD)
            block = self._coming.pop(0)
            before_db = self._gain_db
            self._n_passed += 1
            if self._follows:
                self._gain_db = self._next_db()
            slope = np.linspace(before_db, self._gain_db, len(block), endpoint=False, dtype=np.float32)
            yield block * np.power(np.float32(10.0), slope / np.float32(20.0))[:, None]

    def heard(self, block: FloatArray) -> None:
        """Learn what left the limiter. [n_samples, 2]."""
        if self._follows:
            self._left += self._outgoing.push(block)

    def _read_to(self, step: int) -> None:
        while self._n_left and len(self._powers) < step:
            block = self._tape.take(min(_STEP_SAMPLES, self._n_left))
            if not len(block):
                self._n_left = 0
                break
            self._n_left -= len(block)
            self._coming.append(block)
            self._powers += (self._incoming.push(block) if self._follows else []) or [0.0]
            self._peaks.append(float(np.abs(block).max()))

    def _next_db(self) -> float:
        n_to_go = self._n_steps - self._n_passed
        if self._is_loop and n_to_go < _RETURN:
            return self._gain_db + (self.first_db - self._gain_db) / (n_to_go + 1)
        around = slice(max(0, self._n_passed - _BEHIND), self._n_passed + _AHEAD)
        lufs = gated_lufs(self._powers[around])
        if lufs is None:
            return self._gain_db
        left = gated_lufs(self._left)
        if left is not None:
            # Slowly for what limiting takes away, at once for what the whole sound lacks.
            self._correction_db += _CORRECTION_PER_STEP * (LOUDNESS_TARGET_LUFS - left)
            lufs -= float(np.clip(LOUDNESS_TARGET_LUFS - left, -3.0, 3.0))
        peak_db = 20.0 * np.log10(max(self._peaks[around]) + 1e-9)
        most_db = TRUE_PEAK_CEILING_DBTP - peak_db + MOST_LIMITING_DB
        self._correction_db = float(np.clip(self._correction_db, -3.0, 12.0))
        wanted_db = min(LOUDNESS_TARGET_LUFS - lufs + self._correction_db, most_db)
        if left is None:
            return float(wanted_db)  # nothing was heard yet: no one hears the gain jump
        most_step_db = MOST_DB_PER_S * STEP_S
        missing_db = SHARE_PER_S * STEP_S * (wanted_db - self._gain_db)
        return self._gain_db + float(np.clip(missing_db, -most_step_db, most_step_db))


def _limited(gain: _Gain, before: FloatArray, tape: Tape, n_context: int) -> Iterator[FloatArray]:
    """Keep peaks under the ceiling: each block is limited together with its neighbours."""
    edge = np.float32(10.0 ** (gain.first_db / 20.0))
    context = before * edge if n_context else np.zeros((CONTEXT_SAMPLES, 2), dtype=np.float32)
    waiting: FloatArray = np.empty((0, 2), dtype=np.float32)

    def give(following: FloatArray) -> FloatArray:
        around = np.concatenate([context, waiting, following[:CONTEXT_SAMPLES]])
        if float(np.abs(around).max(initial=0.0)) > _SURELY_UNDER:
            limited = limit(around, true_peaks(around), 0.0, MEL.sample_rate_hz)
            if not np.array_equal(limited, around):
                # Limiting moves what lies between samples a little: the second time takes that off.
                around = limit(limited, true_peaks(limited), 0.0, MEL.sample_rate_hz)
        return around[len(context) : len(context) + len(waiting)]

    for block in gain:
        if len(waiting) < _LIMITED_SAMPLES:
            waiting = np.concatenate([waiting, block])
            continue
        limited = give(block)
        gain.heard(limited)
        yield limited
        context, waiting = np.concatenate([context, waiting])[-CONTEXT_SAMPLES:], block
    after = tape.take(n_context) * edge if n_context else np.zeros((CONTEXT_SAMPLES, 2), dtype=np.float32)
    yield give(after)
