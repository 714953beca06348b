"""The second opinion scored over the folds without a leak, and the run that ships: `deepasmr train fusion`."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.errors import NoRecordings
from models.inference.second_opinion import PROBE, fingerprint, probe
from models.inference.tagger import LEVEL_DBFS, Tagger
from models.recipes.corpus import Corpus, open_corpus
from models.recipes.folds import Result, given_results
from models.recipes.fusion import (
    Lessons,
    chosen_weights,
    classifier_opinion,
    fused_probabilities,
    set_weights_of_opinions,
    tagger_opinions,
    train_fusion,
)
from models.recipes.overheard import open_overheard
from models.recipes.recipe import ClassifierRecipe, FusionRecipe, read_recipe
from models.recipes.runs import RunCard, record_run
from models.recipes.scores import THESIS_LABELS, of_labels, scores_of
from models.recipes.teacher import teacher_path
from models.recipes.variety import open_variety

CLASSIFIER = "cnn1d_tuned"
ROW = f"{CLASSIFIER} + second opinion"
"""Name of the row in tables."""
MEASURES = (
    "window_accuracy",
    "balanced_accuracy",
    "macro_f1",
    "recording_accuracy",
    "thesis_accuracy",
    "calibration_error",
)
_OPINIONS = ("classifier", "heads", "regression")


@dataclass(frozen=True)
class Told:
    """All opinions of one fold that none of them had heard."""

    result: Result
    opinions: FloatArray
    """Logarithms of probabilities. [n_windows, n_opinions, n_labels]"""
    label: npt.NDArray[np.int32]
    """[n_windows]"""


def open_lessons(
    corpus: Corpus, data: Path, cache: Path, *, tell: Callable[[str], None] = print
) -> tuple[Lessons, Path]:
    """Open what the second opinion learns from; made windows are those that the classifier learns from too.

    Args:
        corpus: The recordings.
        data: Their folder.
        cache: Folder for what is computed from them.
        tell: Where progress goes.

    Returns:
        The lessons, and the tagger's file.

    Raises:
        NoRecordings: if the data folder has no tagger.
    """
    tagger = teacher_path(data)
    if tagger is None:
        raise NoRecordings(f"{data} has no teacher/yamnet.tflite: there is no second opinion to learn from.")
    recipe = read_recipe(CLASSIFIER)
    if not isinstance(recipe, ClassifierRecipe):
        raise TypeError(f"{CLASSIFIER} is trained by a {type(recipe).__name__}")
    variety = open_variety(corpus, recipe.variety, cache, teacher=tagger, tell=tell)
    overheard = open_overheard(corpus, cache, tagger, tell=tell)
    if variety.taught is None:
        raise NoRecordings(f"The tagger has not heard the windows made in {cache}.")
    return Lessons(corpus, overheard, variety.taught, variety.targets, variety.fold), tagger


def told_of(
    recipe: FusionRecipe,
    lessons: Lessons,
    results: Sequence[Result],
    cache: Path,
    *,
    tell: Callable[[str], None] = print,
) -> list[Told]:
    """Ask all opinions about the folds that a classifier's runs held out.

    Heads and regression know nothing of the classifier: they are trained once for each fold and seed, and what they
    tell is kept in the cache.

    Args:
        recipe: How they are trained.
        lessons: From what.
        results: The classifier's answers, one run each.
        cache: Folder for what is computed.
        tell: Where progress goes.

    Returns:
        In the order of results.
    """
    windows, told = lessons.corpus.windows, []
    for result in results:
        seed, fold, rows = result.split.seed, result.split.fold, result.heard.rows
        path = cache / f"opinions-{lessons_name(recipe, lessons)}-seed{seed}-fold{fold}.npy"
        if not path.is_file():
            tell(f"second opinion: seed {seed}, fold {fold} held out")
            fusion = train_fusion(recipe, lessons, held_out_fold=fold, seed=seed)
            chosen = np.flatnonzero((windows.label >= 0) & (windows.fold == fold))
            _save(path, tagger_opinions(fusion, lessons.overheard[chosen]), chosen)
        kept = np.load(path, allow_pickle=False)
        place = np.searchsorted(kept["row"], rows)
        opinions = np.concatenate([classifier_opinion(result.heard.probabilities), kept["logs"][place]], axis=1)
        told.append(Told(result, opinions, windows.label[rows]))
    return told


def lessons_name(recipe: FusionRecipe, lessons: Lessons) -> str:
    """A short name for what is learnt how: the same lessons by the same recipe give the same name."""
    digest = hashlib.sha256(f"{recipe}|{lessons.corpus.fingerprint}|{LEVEL_DBFS}".encode())
    for array in (lessons.fold, lessons.targets, lessons.made[:: max(1, len(lessons.made) // 64)]):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def _save(path: Path, logs: FloatArray, rows: npt.NDArray[np.int64]) -> None:
    """Keep opinions with the windows that they are of, whole or not at all."""
    table = np.zeros(len(rows), dtype=[("row", np.int64), ("logs", np.float32, logs.shape[1:])])
    table["row"], table["logs"] = rows, logs
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, table, allow_pickle=False)
    os.replace(part, path)


def cross_fitted(told: Sequence[Told], chosen: Sequence[int] = (0, 1, 2)) -> list[Result]:
    """Fuse opinions, each fold with weights that were chosen on the other folds of its seed.

    Args:
        told: All opinions of at least two folds a seed.
        chosen: Which opinions take part: classifier, heads, regression.

    Returns:
        Answers in the order of told; embeddings stay the classifier's.

    Raises:
        NoRecordings: if a seed has a single fold.
    """
    fused = []
    for each in told:
        others = [
            other
            for other in told
            if other.result.split.seed == each.result.split.seed and other.result.split.fold != each.result.split.fold
        ]
        if not others:
            raise NoRecordings("Weights of opinions are chosen on other folds: give runs of two folds or more.")
        weights = _weights_on(others, chosen)
        probabilities = fused_probabilities(each.opinions[:, chosen], weights)
        fused.append(replace(each.result, heard=replace(each.result.heard, probabilities=probabilities)))
    return fused


def fusion_results(
    corpus: Corpus,
    data: Path,
    cache: Path,
    results: Sequence[Result],
    *,
    tell: Callable[[str], None] = print,
) -> list[Result]:
    """The row ROW of `deepasmr evaluate classifiers`.

    Args:
        corpus: The recordings.
        data: Their folder, with the tagger.
        cache: Folder for what is computed from them.
        results: Of CLASSIFIER, by folds.
        tell: Where progress goes.

    Returns:
        The answers of classifier and second opinion together.

    Raises:
        NoRecordings: if the data folder has no tagger, or results are of a single fold.
    """
    lessons, _ = open_lessons(corpus, data, cache, tell=tell)
    return cross_fitted(told_of(_recipe(), lessons, results, cache, tell=tell))


def train_second_opinion(
    data: Path, runs: Path, out: Path, *, seed: int = 0, tell: Callable[[str], None] = print
) -> RunCard:
    """Measure the second opinion on a classifier's folds, then train the one that ships, on all folds.

    Args:
        data: Folder of recordings, with the tagger.
        runs: Folder of the classifier's runs, one for each held-out fold; several seeds are welcome.
        out: The run's folder; `fusion.json` and `fusion.md` hold the scores of each combination.
        seed: Of the shipped weights.
        tell: Where progress goes.

    Returns:
        The run's card, with the scores of the whole fusion.

    Raises:
        NoRecordings: if data or runs hold nothing to learn from.
    """
    cache = out.parent / "cache"
    corpus, recipe = open_corpus(data, cache, tell=tell), _recipe()
    results = given_results(runs, corpus, tell=tell).get(CLASSIFIER)
    if not results:
        raise NoRecordings(f"{runs} holds no run of {CLASSIFIER}.", folder=str(runs))
    lessons, tagger = open_lessons(corpus, data, cache, tell=tell)
    told = told_of(recipe, lessons, results, cache, tell=tell)
    rows = ablation(told, corpus)
    out.mkdir(parents=True, exist_ok=True)
    (out / "fusion.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    (out / "fusion.md").write_text(markdown(rows), encoding="utf-8")
    tell(markdown(rows))
    fusion = train_fusion(recipe, lessons, held_out_fold=None, seed=seed)
    weights = _weights_on(told, (0, 1, 2))
    set_weights_of_opinions(fusion, weights)
    scores = {name: value for name, value in rows[ROW].items() if name != "weights"}
    return record_run(
        out,
        fusion,
        recipe=recipe,
        corpus=corpus,
        seed=seed,
        held_out_fold=None,
        has_teacher=True,
        scores={
            **scores,
            "weights_of_opinions": [round(float(weight), 4) for weight in weights],
            "tagger_sha256": fingerprint(tagger),
        },
        extras={PROBE: Tagger(tagger).hear(probe()[None])[0]},
    )


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
        row["weights"] = [round(float(weight), 3) for weight in _weights_on(told, chosen)]
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


def _weights_on(told: Sequence[Told], chosen: Sequence[int]) -> npt.NDArray[np.float64]:
    return chosen_weights(
        np.concatenate([each.opinions[:, chosen] for each in told]), np.concatenate([each.label for each in told])
    )


def _recipe() -> FusionRecipe:
    recipe = read_recipe("fusion")
    if not isinstance(recipe, FusionRecipe):
        raise TypeError(f"the fusion is trained by a {type(recipe).__name__}")
    return recipe
