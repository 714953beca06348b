"""What generated sounds are made from: windows of a fold that our classifier labels rightly itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio.windows import WINDOW_FRAMES
from models.recipes.jury import Jury

THESIS_PAIR = ("nail_tapping", "brushing")
_NO_PAIRS = np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True)
class Amounts:
    """How many sounds are made."""

    n_per_label: int = 200
    """Variations of each label."""
    n_blends: int = 100
    """Blends of tapping and brushing."""
    n_pairs: int = 100
    """Pairs of labels that are blended once each, beside that one."""
    n_rendered_per_label: int = 25
    """Of the variations of a label, how many are rendered and heard again."""


def amounts_for(n_per_label: int) -> Amounts:
    """The usual amounts, none of them above n_per_label: a quick look makes few of everything."""
    usual = Amounts()
    return Amounts(
        n_per_label,
        min(usual.n_blends, n_per_label),
        min(usual.n_pairs, n_per_label),
        min(usual.n_rendered_per_label, n_per_label),
    )


@dataclass(frozen=True)
class Draw:
    """Which windows sounds are made from. Ordinals into the jury's windows."""

    varied: npt.NDArray[np.int64]
    """[n_labels heard x n_per_label], label after label."""
    blended: npt.NDArray[np.int64]
    """Of tapping and of brushing. [n_blends, 2]"""
    paired: npt.NDArray[np.int64]
    """Of two different labels. [n_pairs, 2]"""
    rendered: npt.NDArray[np.bool_]
    """Which of the varied are rendered. [as varied]"""


def draw_sounds(jury: Jury, labels: Sequence[str], amounts: Amounts, *, seed: int) -> Draw:
    """Choose sources among the windows that our classifier labels rightly itself.

    Args:
        jury: The judges, with their fold.
        labels: What ordinals stand for.
        amounts: How many.
        seed: Of the choice.

    Returns:
        The draw; labels without such a window are missing from it.
    """
    rng = np.random.default_rng([seed, jury.fold])
    right = np.flatnonzero(jury.rightly_told())
    of_label = {int(ordinal): right[jury.windows.label[right] == ordinal] for ordinal in range(len(labels))}
    of_label = {ordinal: rows for ordinal, rows in of_label.items() if len(rows)}
    varied, rendered = [], []
    for rows in of_label.values():
        varied.append(rng.choice(rows, amounts.n_per_label, replace=len(rows) < amounts.n_per_label))
        rendered.append(np.arange(amounts.n_per_label) < amounts.n_rendered_per_label)
    pair = [labels.index(name) for name in THESIS_PAIR if name in labels and labels.index(name) in of_label]
    n_blends = amounts.n_blends if len(pair) == 2 else 0
    blended = np.stack([rng.choice(of_label[ordinal], n_blends) for ordinal in pair], axis=1) if n_blends else _NO_PAIRS
    known = list(of_label)
    n_pairs = amounts.n_pairs if len(known) > 1 else 0
    pairs = [rng.choice(known, 2, replace=False) for _ in range(n_pairs)]
    paired = [[int(rng.choice(of_label[int(ordinal)])) for ordinal in two] for two in pairs]
    return Draw(
        np.concatenate(varied) if varied else np.zeros(0, dtype=np.int64),
        blended,
        np.array(paired, dtype=np.int64).reshape(-1, 2),
        np.concatenate(rendered) if rendered else np.zeros(0, dtype=np.bool_),
    )


def other_seconds(
    jury: Jury, rows: npt.NDArray[np.int64], *, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Choose another second of each window's recording: real sounds, judged as generated ones are.

    Args:
        jury: With the fold's windows.
        rows: Ordinals into jury.windows. [n]
        seed: Of the choice.

    Returns:
        Ordinals into jury.windows [n], and whether there is such a second at all, not sharing a frame [n].
    """
    rng = np.random.default_rng([seed, 7])
    windows = jury.windows
    chosen, has_other = rows.copy(), np.zeros(len(rows), dtype=np.bool_)
    for place, row in enumerate(rows.tolist()):
        apart = np.abs(windows.start_frame - windows.start_frame[row]) >= WINDOW_FRAMES
        others = np.flatnonzero((windows.recording == windows.recording[row]) & apart)
        if len(others):
            chosen[place], has_other[place] = rng.choice(others), True
    return chosen, has_other
