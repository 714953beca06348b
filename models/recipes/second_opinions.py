"""The second opinion scored over the folds without a leak, and the run that ships: `deepasmr train fusion`."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
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
    classifier_opinion,
    set_weights_of_opinions,
    tagger_opinions,
    train_fusion,
)
from models.recipes.opinion_report import ablation, markdown
from models.recipes.opinions import CLASSIFIER, ROW, Told, cross_fitted, weights_on
from models.recipes.overheard import open_overheard
from models.recipes.recipe import ClassifierRecipe, FusionRecipe, read_recipe
from models.recipes.runs import RunCard, record_run
from models.recipes.teacher import teacher_path
from models.recipes.variety import open_variety


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
    if not isinstance(variety.taught, np.ndarray):
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
    return cross_fitted(told_of(fusion_recipe(), lessons, results, cache, tell=tell))


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
    corpus, recipe = open_corpus(data, cache, tell=tell), fusion_recipe()
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
    weights = weights_on(told, (0, 1, 2))
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


def fusion_recipe() -> FusionRecipe:
    """Read how the second opinion is trained."""
    recipe = read_recipe("fusion")
    if not isinstance(recipe, FusionRecipe):
        raise TypeError(f"the fusion is trained by a {type(recipe).__name__}")
    return recipe
