"""The search for hyper-parameters that Moon 2020 left to Talos: the four 1D convolutions' best variant, by Optuna.

A trial learns from three folds and is scored on a fourth, twice; the test fold is never opened. The journal in the
search's folder makes it resumable, and each trial draws from its own seed, so that an interrupted search ends where an
uninterrupted one does.
"""

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from models.recipes.corpus import Corpus
from models.recipes.folds import save_report
from models.recipes.heard import hear
from models.recipes.protocols import Protocol, splits
from models.recipes.recipe import RecordedRecipe
from models.recipes.recorded import OPTIMIZERS, train_recorded
from models.recipes.recordings import N_FOLDS
from models.recipes.scores import scores_of
from models.recipes.searched import REPORT, SEARCHED, Search, search_markdown, shape_of

JOURNAL = "journal.log"
N_INNER_FOLDS = 2
N_STARTUP_TRIALS = 10
N_DRAWS = 3072
"""Windows that a trial learns from: enough to rank settings, a twelfth of what the winner gets."""
SCORED_STEP = 3
"""A trial is scored on every third window: neighbours overlap and say much the same."""
SPACE: dict[str, list[Any]] = {
    "activation": ["relu", "elu", "tanh"],
    "embedding_activation": ["relu", "tanh"],
    "optimizer": list(OPTIMIZERS),
    "learning_rate": [1e-4, 1e-2],
    "dropout": [0.0, 0.5],
    "n_filters": [64, 96, 128, 160],
    "filter_growth": [1.0, 1.25, 1.5],
    "kernel_frames": [3, 5, 7],
    "has_batch_normalisation": [False, True],
    "has_max_pooling_head": [False, True],
    "batch_size": [32, 64],
}
"""Choices; learning rate (on a logarithmic scale) and dropout are ranges."""


def search(
    corpus: Corpus,
    out: Path,
    *,
    n_trials: int,
    seed: int = 0,
    test_fold: int = 0,
    n_draws: int = N_DRAWS,
    tell: Callable[[str], None] = print,
) -> Search:
    """Search, going on where the journal in out stops, and write search.json and search.md.

    Args:
        corpus: The recordings.
        out: Folder of the search.
        n_trials: Trials in all, those of the journal counted.
        seed: Of the trials' choices, weights and draws.
        test_fold: The fold that is not opened.
        n_draws: Windows that each trial learns from.
        tell: Where progress goes, a line per trial.

    Returns:
        What was found.

    Raises:
        NoRecordings: if the folds cannot be learnt from and scored.
    """
    out.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    splits(corpus, Protocol.SOURCE_DISJOINT, [seed])
    study = optuna.create_study(
        study_name=f"{corpus.fingerprint}-fold{test_fold}-seed{seed}-draws{n_draws}",
        storage=JournalStorage(JournalFileBackend(str(out / JOURNAL))),
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=N_STARTUP_TRIALS),
    )
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)

    def objective(trial: Trial) -> float:
        return _score(trial, corpus, seed=seed, test_fold=test_fold, n_draws=n_draws)

    while len(_finished(study)) < n_trials:
        # A sampler of its own for each trial: what it draws does not hang on where the search was interrupted.
        n_done = len(_finished(study))
        study.sampler = optuna.samplers.TPESampler(seed=1000 * seed + n_done, n_startup_trials=N_STARTUP_TRIALS)
        study.optimize(objective, n_trials=1)
        last = study.get_trials()[-1]
        tell(f"trial {n_done + 1} of {n_trials}  {last.state.name.lower()}  {_told(last)}  {last.params}")
    found = _summary(study, corpus, seed=seed, test_fold=test_fold, n_draws=n_draws)
    save_report(out, REPORT, search_markdown(found), asdict(found))
    return found


def _score(trial: Trial, corpus: Corpus, *, seed: int, test_fold: int, n_draws: int) -> float:
    params = _suggested(trial)
    recipe = RecordedRecipe(
        network=SEARCHED,
        n_epochs=1,
        batch_size=params["batch_size"],
        learning_rate=params["learning_rate"],
        n_draws_per_epoch=n_draws,
        optimizer=params["optimizer"],
    )
    windows = corpus.windows
    scores = []
    for step in range(N_INNER_FOLDS):
        inner = (test_fold + 1 + step) % N_FOLDS
        learnt = windows.where((windows.label >= 0) & (windows.fold != test_fold) & (windows.fold != inner))
        rows = np.flatnonzero((windows.label >= 0) & (windows.fold == inner))[::SCORED_STEP]
        with tempfile.TemporaryDirectory() as folder:
            network = train_recorded(
                recipe, corpus, learnt, out=Path(folder), seed=seed, shape=shape_of(params), tell=lambda _: None
            )
        scored = windows.where(rows)
        told = scores_of(hear(network, corpus, rows).probabilities, scored.label, scored.recording)
        scores.append((told.window_accuracy + told.balanced_accuracy) / 2.0)
        trial.report(float(np.mean(scores)), step)
        if step + 1 < N_INNER_FOLDS and trial.should_prune():
            raise optuna.TrialPruned
    return float(np.mean(scores))


def _suggested(trial: Trial) -> dict[str, Any]:
    ranges = {"learning_rate": True, "dropout": False}
    return {
        name: trial.suggest_float(name, *values, log=ranges[name])
        if name in ranges
        else trial.suggest_categorical(name, values)
        for name, values in SPACE.items()
    }


def _finished(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))


def _told(trial: FrozenTrial) -> str:
    return f"score {trial.value:.4f}" if trial.value is not None else "no score"


def _summary(study: optuna.Study, corpus: Corpus, *, seed: int, test_fold: int, n_draws: int) -> Search:
    complete = study.get_trials(states=(TrialState.COMPLETE,))
    importance: dict[str, float] = {}
    if len(complete) > 1:
        importance = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed))
    return Search(
        network=SEARCHED,
        test_fold=test_fold,
        seed=seed,
        n_trials=len(_finished(study)),
        n_draws=n_draws,
        n_inner_folds=N_INNER_FOLDS,
        data_fingerprint=corpus.fingerprint,
        objective="mean of window accuracy and balanced accuracy on inner folds",
        space=SPACE,
        best_params=study.best_params,
        best_score=round(study.best_value, 4),
        importance={name: round(share, 4) for name, share in importance.items()},
        trials=[
            {
                "state": trial.state.name.lower(),
                "score": None if trial.value is None else round(trial.value, 4),
                "params": trial.params,
            }
            for trial in _finished(study)
        ],
    )
