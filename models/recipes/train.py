"""One network from data to a finished run: what `deepasmr train` does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.errors import BadSetting, NoRecordings
from models.networks.vocoder import VOCODER
from models.networks.weights_file import Arrays
from models.recipes.adversarial import train_cgan
from models.recipes.autoencoders import train_autoencoder
from models.recipes.classifiers import train_classifier
from models.recipes.corpus import Corpus, Windows, open_corpus
from models.recipes.heard import hear
from models.recipes.latent_cgan import train_latent_cgan
from models.recipes.latent_flow import train_latent_flow
from models.recipes.made_windows import Variety, joined
from models.recipes.protocols import Split, require_labels
from models.recipes.recipe import (
    AutoencoderRecipe,
    CganRecipe,
    ClassifierRecipe,
    LatentCganRecipe,
    LatentFlowRecipe,
    Recipe,
    RecordedRecipe,
    VocoderRecipe,
)
from models.recipes.recorded import train_recorded
from models.recipes.runs import RunCard, record_run
from models.recipes.sampling import held_in
from models.recipes.scores import scores_of
from models.recipes.teacher import teacher_path
from models.recipes.variety import labels_by_formulas, open_variety
from models.recipes.vocoder import train_vocoder

GeneratorRecipe = AutoencoderRecipe | CganRecipe | LatentCganRecipe | LatentFlowRecipe
LEARN_WITHOUT_LABELS = ("autoencoder", VOCODER)
"""All others tell labels, are told labels, or keep codes of each label."""


@dataclass(frozen=True)
class Task:
    """What to train on what."""

    data: Path
    cache: Path
    """Decoded recordings and made windows, shared between runs."""
    out: Path
    seed: int
    held_out_fold: int | None
    resume: bool = False
    folds: tuple[int, ...] | None = None
    """What a generator learns from beside the pool; all but the held-out fold by default."""
    codec: Path | None = None
    """For latent_cgan: folder of a finished run of latent_flow on the same recordings."""

    def learnt(self, corpus: Corpus) -> Windows:
        """Look up the windows that a generator learns from, the pool's among them."""
        if self.folds is None:
            return held_in(corpus.windows, self.held_out_fold)
        if self.held_out_fold in self.folds:
            raise BadSetting(f"Fold {self.held_out_fold} is held out and cannot be learnt from.", setting="learn")
        return corpus.windows.where((corpus.windows.label < 0) | np.isin(corpus.windows.fold, self.folds))


def train_network(recipe: Recipe, task: Task, *, tell: Callable[[str], None] = print) -> RunCard:
    """Train a network and leave its weights and card in the run's folder.

    Args:
        recipe: How.
        task: On what, where to, from which seed.
        tell: Where progress goes.

    Returns:
        The card; it holds scores on the held-out fold where one was held out and the network classifies.

    Raises:
        NoRecordings: if the data folder is none, nothing in it is audible, a label is never heard in what is learnt
            from, or a classifier's held-out fold has nothing to score it on.
    """
    corpus = open_corpus(task.data, task.cache, tell=tell)
    _require_learnable(recipe, corpus, task)
    network, extras, scores, has_teacher = _trained(recipe, corpus, task, tell)
    card = record_run(
        task.out,
        network,
        recipe=recipe,
        corpus=corpus,
        seed=task.seed,
        held_out_fold=task.held_out_fold,
        has_teacher=has_teacher,
        scores=scores,
        extras=extras,
        learnt_folds=task.folds,
    )
    if scores:
        tell("  ".join(f"{name} {value}" for name, value in scores.items()))
    return card


def _require_learnable(recipe: Recipe, corpus: Corpus, task: Task) -> None:
    learnt, fold = task.learnt(corpus), task.held_out_fold
    if not len(learnt):
        outside = "" if fold is None else f" outside of fold {fold}"
        raise NoRecordings(f"{task.data} holds nothing audible to learn from{outside}.", folder=str(task.data))
    if recipe.network not in LEARN_WITHOUT_LABELS:
        require_labels(corpus, learnt, fold)
    if isinstance(recipe, ClassifierRecipe | RecordedRecipe) and fold is not None:
        Split.by_fold(corpus, task.seed, fold)


def _trained(
    recipe: Recipe, corpus: Corpus, task: Task, tell: Callable[[str], None]
) -> tuple[keras.Model, Arrays, dict[str, Any], bool]:
    fold, out, seed, resume = task.held_out_fold, task.out, task.seed, task.resume
    if isinstance(recipe, GeneratorRecipe):
        return *_generator(recipe, corpus, task, tell), {}, False
    if isinstance(recipe, VocoderRecipe):
        vocoder = train_vocoder(
            recipe, corpus, task.learnt(corpus), out=out, seed=seed, resume=resume, listening_fold=fold, tell=tell
        )
        return vocoder, {}, {}, False
    classifier: keras.Model
    has_teacher = False
    if isinstance(recipe, RecordedRecipe):
        labelled = held_in(corpus.windows.where(corpus.windows.label >= 0), fold)
        classifier = train_recorded(recipe, corpus, labelled, out=out, seed=seed, resume=resume, tell=tell)
    elif isinstance(recipe, ClassifierRecipe):
        variety, has_teacher = _variety(recipe, corpus, task, tell)
        classifier = train_classifier(
            recipe, corpus, variety, held_out_fold=fold, out=out, seed=seed, resume=resume, tell=tell
        )
    else:
        raise TypeError(f"no training for {type(recipe).__name__}")
    return classifier, {}, _scores(classifier, corpus, task), has_teacher


def _generator(
    recipe: GeneratorRecipe, corpus: Corpus, task: Task, tell: Callable[[str], None]
) -> tuple[keras.Model, Arrays]:
    windows = task.learnt(corpus)
    if isinstance(recipe, LatentFlowRecipe):
        return train_latent_flow(recipe, corpus, windows, out=task.out, seed=task.seed, resume=task.resume, tell=tell)
    if isinstance(recipe, AutoencoderRecipe):
        return train_autoencoder(recipe, corpus, windows, out=task.out, seed=task.seed, resume=task.resume, tell=tell)
    labelled = windows.where(windows.label >= 0)
    if isinstance(recipe, LatentCganRecipe):
        if task.codec is None:
            raise BadSetting(
                "latent_cgan draws codes of a trained latent_flow: --codec names its run.", setting="codec"
            )
        return train_latent_cgan(
            recipe, corpus, labelled, task.codec, out=task.out, seed=task.seed, resume=task.resume, tell=tell
        )
    return train_cgan(recipe, corpus, labelled, out=task.out, seed=task.seed, resume=task.resume, tell=tell), {}


def _scores(classifier: keras.Model, corpus: Corpus, task: Task) -> dict[str, Any]:
    if task.held_out_fold is None:
        return {}
    rows = Split.by_fold(corpus, task.seed, task.held_out_fold).scored
    scored = corpus.windows.where(rows)
    return scores_of(hear(classifier, corpus, rows).probabilities, scored.label, scored.recording).as_dict()


def _variety(recipe: ClassifierRecipe, corpus: Corpus, task: Task, tell: Callable[[str], None]) -> tuple[Variety, bool]:
    # Made windows are the same with and without a teacher, so a network that needs none shares those that have one.
    teacher = teacher_path(task.data)
    if teacher is None and recipe.teacher_weight > 0.0:
        tell("There is no teacher in the data folder: training goes without.")
    kinds = [recipe.variety]
    if recipe.foley.n_windows and labels_by_formulas(corpus):
        kinds.append(recipe.foley)
    variety = joined([open_variety(corpus, kind, task.cache, teacher=teacher, tell=tell) for kind in kinds])
    return variety, recipe.teacher_weight > 0.0 and variety.taught is not None
