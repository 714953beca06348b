"""Where windows lie in a result of any length, and where they lie in its source: one-second networks make ten minutes.

Everything here is told by window numbers, so that any stretch of a result can be painted by itself, in any order.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.windows import FRAMES_PER_S, WINDOW_FRAMES

STEP_FRAMES = WINDOW_FRAMES // 4
"""Four windows share each frame: where they disagree in their grain it is averaged evenly, and no edge shows."""

WANDER_FRAMES = 8
"""How far a window may lie off that grid: what every window does at the same place must not become a beat."""

WINDOWS_PER_ANCHOR = 8
"""A free path through a network's space changes its goal every two seconds."""

FRAMES_PER_SLOT = 4
"""Windows begin at multiples of this: a network's code has a row for so many frames."""

Numbers = npt.NDArray[np.int64]


def n_frames_for(seconds: float) -> int:
    """Frames of a centred picture of this length (s): one at each end."""
    return round(seconds * FRAMES_PER_S) + 1


def stream_of(seed: int, *ordinals: int) -> np.random.Generator:
    """Independent streams of one seed: how far one is read does not change what another gives."""
    return np.random.default_rng([seed, *ordinals])


@dataclass(frozen=True)
class Plan:
    """Where the windows of a result lie.

    In a loop the last frame is the first again, and windows go on over it: numbers beyond the last begin another lap.
    """

    first_frames: Numbers
    """Within the first lap. [n_windows]"""
    n_frames: int
    """Of the result, the last one of a loop included."""
    is_loop: bool
    seed: int

    @property
    def n_windows(self) -> int:
        """Windows of one lap."""
        return len(self.first_frames)

    def first_frame(self, number: int) -> int:
        """Where a window begins; in a loop any whole number has its place."""
        lap, ordinal = divmod(number, self.n_windows)
        return int(self.first_frames[ordinal]) + lap * (self.n_frames - 1)

    def drawn_again(self, ordinal: int) -> "Plan":
        """The same windows, for which something else is drawn; the draw with ordinal 0 is this one's own."""
        if ordinal == 0:
            return self
        return replace(self, seed=int(stream_of(self.seed, 5, ordinal).integers(2**31)))

    def stretch(self, numbers: Numbers) -> "Stretch":
        """Some windows of this result. [n]."""
        lap_frames = self.n_frames - 1 if self.is_loop else None
        first_frames = self.first_frames[numbers % self.n_windows]
        return Stretch(numbers % self.n_windows, self.n_windows, self.is_loop, self.seed, first_frames, lap_frames)


@dataclass(frozen=True)
class Stretch:
    """Some windows of a result, and what is drawn for them: the same, whichever windows are painted together."""

    numbers: Numbers
    """From 0. [n]"""
    n_windows: int
    """Of the whole result."""
    is_loop: bool
    seed: int
    first_frames: Numbers
    """Where they begin in the result. [n]"""
    lap_frames: int | None
    """Frames of a lap of a loop; what is drawn for frames beyond it is the first ones' again."""

    @property
    def n_anchors(self) -> int:
        """Anchors that a smooth path through the whole result needs."""
        if self.is_loop:
            return max(1, round(self.n_windows / WINDOWS_PER_ANCHOR))
        return 1 + -(-self.n_windows // WINDOWS_PER_ANCHOR)

    def dice(self, ordinal: int) -> np.random.Generator:
        """Where draws for the whole result come from."""
        return stream_of(self.seed, 1, ordinal)

    def dice_of_windows(self) -> list[np.random.Generator]:
        """Where draws for each window come from. n long."""
        return [stream_of(self.seed, 3, number) for number in self.numbers.tolist()]

    def smooth(self, anchors: FloatArray) -> FloatArray:
        """Go smoothly from anchor to anchor.

        Args:
            anchors: Points that the path of the whole result passes, in a loop to the first again. [n_anchors, width]

        Returns:
            The path's points at these windows. [n, width]
        """
        if self.is_loop:
            position = self.numbers * (len(anchors) / self.n_windows)
            before = position.astype(int) % len(anchors)
            after = (before + 1) % len(anchors)
        else:
            position = self.numbers / WINDOWS_PER_ANCHOR
            before = np.minimum(position.astype(int), len(anchors) - 1)
            after = np.minimum(before + 1, len(anchors) - 1)
        share = (0.5 - 0.5 * np.cos(np.pi * (position - np.floor(position))))[:, None]
        path: FloatArray = (anchors[before] * (1.0 - share) + anchors[after] * share).astype(np.float32)
        return path


def place(n_frames: int, *, seed: int, is_loop: bool = False) -> Plan:
    """Choose where windows begin so that together they cover a result, a quarter of a second apart, give or take.

    Args:
        n_frames: Length of the result, at least a window and one frame.
        seed: Decides the give and take.
        is_loop: Whether the end leads into the beginning.

    Returns:
        The plan; its first window begins at frame 0.
    """
    rng = stream_of(seed, 2)
    if is_loop:
        n_windows = max(4, round((n_frames - 1) / STEP_FRAMES))
        grid = np.arange(n_windows) * (n_frames - 1) // n_windows
    else:
        most_early = WANDER_FRAMES + FRAMES_PER_SLOT - 1
        n_windows = 1 + max(0, -(-(n_frames - WINDOW_FRAMES + most_early) // STEP_FRAMES))
        grid = np.arange(n_windows) * STEP_FRAMES
    first_frames = grid + rng.integers(-WANDER_FRAMES, WANDER_FRAMES + 1, n_windows)
    # On the grid of the code's rows, so that windows over each other agree about when things happen.
    first_frames = first_frames // FRAMES_PER_SLOT * FRAMES_PER_SLOT
    first_frames[0] = 0
    return Plan(first_frames, n_frames, is_loop, seed)


def walk(n_source_frames: int, plan: Plan) -> Numbers:
    """Go through a source window by window, on and on.

    The first pass is the source itself in order. Where it ends before the result does, the walk goes on from somewhere
    in its first half: a loop that always restarts at the same place is heard as one.

    Args:
        n_source_frames: Length of the source after `at_least_a_window`.
        plan: Where the windows lie in the result.

    Returns:
        Frame of the source at which each window begins. [n_windows]
    """
    rng = stream_of(plan.seed, 0)
    last_start = n_source_frames - WINDOW_FRAMES
    starts, restarted_by = [], 0
    for first_frame in plan.first_frames.tolist():
        if first_frame - restarted_by > last_start:
            restarted_by = first_frame - int(rng.integers(0, last_start // 2 + 1))
        starts.append(max(first_frame - restarted_by, 0))
    return np.array(starts, dtype=np.int64)


def at_least_a_window(mel: FloatArray) -> FloatArray:
    """Let a source shorter than a window go there and back until it fills one. [n_frames, n_mels] -> same or longer."""
    if len(mel) >= WINDOW_FRAMES:
        return mel
    there_and_back = np.concatenate([mel, mel[::-1]])
    return np.tile(there_and_back, (-(-WINDOW_FRAMES // len(there_and_back)), 1))[:WINDOW_FRAMES]


def windows_of(mel: FloatArray, plan: Plan) -> Callable[[Numbers], FloatArray]:
    """Walk through a source.

    Args:
        mel: The source. [n_frames, n_mels]
        plan: Where the windows lie in the result.

    Returns:
        What the windows with these numbers see of it: [n] -> [n, 100, n_mels].
    """
    source = at_least_a_window(mel)
    starts = walk(len(source), plan)

    def see(numbers: Numbers) -> FloatArray:
        windows: FloatArray = source[starts[numbers % plan.n_windows, None] + np.arange(WINDOW_FRAMES)]
        return windows

    return see


def draw_rows(n_rows: int, n_drawn: int, rng: np.random.Generator) -> Numbers:
    """Draw rows of a table, no row twice in a row where the table has more than one.

    Args:
        n_rows: Rows of the table, at least 1.
        n_drawn: How many to draw.
        rng: Where they come from.

    Returns:
        [n_drawn]
    """
    steps = rng.integers(1, n_rows, n_drawn) if n_rows > 1 else np.zeros(n_drawn, dtype=np.int64)
    rows: Numbers = (int(rng.integers(n_rows)) + np.cumsum(steps)) % n_rows
    return rows
