"""What each opinion is worth alone and together: the table that the second opinion's run leaves behind."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.recipes.corpus import Corpus
from models.recipes.folds import Result
from models.recipes.opinions import ROW, Told, cross_fitted, weights_on
from models.recipes.scores import THESIS_LABELS, of_labels, scores_of

MEASURES = (
    "window_accuracy",
    "balanced_accuracy",
    "macro_f1",
    "recording_accuracy",
    "thesis_accuracy",
    "calibration_error",
)
_OPINIONS = ("classifier", "heads", "regression")


def ablation(told: Sequence[Told], corpus: Corpus) -> dict[str, dict[str, object]]:
    """Score each opinion alone and each combination.

    Args:
        told: All opinions, by folds.
        corpus: The recordings.

    Returns:
        By name of the row: mean over seeds and folds, `_sd`, and the mean weights.
    """
    rows = {}
    for chosen in ((2,), (1,), (0,), (0, 2), (0, 1), (0, 1, 2)):
        name = " + ".join(_OPINIONS[ordinal] for ordinal in chosen) if len(chosen) < len(_OPINIONS) else ROW
        fused = cross_fitted(told, chosen)
        scores = [_scores(each, corpus) for each in fused]
        row: dict[str, object] = {"n_runs": len(fused)}
        for measure in scores[0]:
            values = np.array([score[measure] for score in scores])
            row[measure] = round(float(values.mean()), 4)
            row[f"{measure}_sd"] = round(float(values.std()), 4)
        row["weights"] = [round(float(weight), 3) for weight in weights_on(told, chosen)]
        rows[name] = row
    return rows


def markdown(rows: dict[str, dict[str, object]]) -> str:
    """Write scores as a table: per cent, mean ± standard deviation over seeds and folds."""
    lines = [
        "| opinions | windows | balanced | macro F1 | recordings | thesis's nine | calibration error | weights |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        cells = [f"{100 * row[measure]:.1f} ± {100 * row[f'{measure}_sd']:.1f}" for measure in MEASURES]  # type: ignore[operator]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {row['weights']} |")
    return "\n".join(lines) + "\n"


def _scores(result: Result, corpus: Corpus) -> dict[str, float]:
    windows = corpus.windows.where(result.heard.rows)
    probabilities = result.heard.probabilities
    scores = scores_of(probabilities, windows.label, windows.recording)
    told = probabilities.argmax(axis=1)
    nine = of_labels(windows.label, corpus.labels, THESIS_LABELS)
    return {
        "window_accuracy": scores.window_accuracy,
        "balanced_accuracy": scores.balanced_accuracy,
        "macro_f1": scores.macro_f1,
        "recording_accuracy": scores.recording_accuracy,
        "thesis_accuracy": float(np.mean(told[nine] == windows.label[nine])) if nine.any() else float("nan"),
        "calibration_error": _calibration_error(probabilities.max(axis=1), told == windows.label),
    }


def _calibration_error(confidence: FloatArray, is_right: npt.NDArray[np.bool_], n_bins: int = 15) -> float:
    """Expected calibration error: how far confidence lies from the share that is right, on average over windows."""
    which = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    return float(
        sum(
            abs(is_right[which == ordinal].mean() - confidence[which == ordinal].mean()) * np.mean(which == ordinal)
            for ordinal in np.unique(which)
        )
    )
