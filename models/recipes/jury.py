"""Who judges what the generators make: our classifier, and two judges that learnt from other recordings by other means.

Generators that are measured learn from two folds, the independent judges from two others, and the sources are of the
fifth, which nobody learnt from. No judge is always right about a recording that it does not know: an independent one is
asked whether it hears in the made sound what it hears in the source.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.errors import NoRecordings
from models.inference.classify import Classifier
from models.inference.tagger import Tagger, tagger_path
from models.networks import weights_file
from models.networks.catalogue import build
from models.recipes.corpus import Corpus, Windows
from models.recipes.frozen_tagger import fitted
from models.recipes.overheard import open_overheard
from models.recipes.recipe import RecordedRecipe, read_recipe
from models.recipes.recorded import train_recorded
from models.recipes.recordings import N_FOLDS
from models.recipes.runs import CARD, WEIGHTS, record_run
from models.recipes.teacher import teacher_path
from models.recipes.training import CHECKPOINT

OURS = "cnn1d_tuned"
OTHER_NETWORK = "cnn2d_4"
YAMNET_HEAD = "yamnet_head"


def generator_folds(fold: int) -> tuple[int, int]:
    """The folds that a generator learns from when it is measured on a fold."""
    return (fold + 1) % N_FOLDS, (fold + 2) % N_FOLDS


def judge_folds(fold: int) -> tuple[int, int]:
    """The folds that the independent judges learn from."""
    return (fold + 3) % N_FOLDS, (fold + 4) % N_FOLDS


@dataclass(frozen=True)
class Judge:
    """One who tells labels."""

    name: str
    is_ours: bool
    """Ours is asked for the true label, the others for what they hear in the source."""
    is_of_pictures: bool
    """Whether it judges mel windows in dB [n, 100, 128], or the tagger's embeddings of rendered seconds [n, 1024]."""
    probabilities: Callable[[FloatArray], FloatArray]
    """-> [n, n_labels]"""
    known: FloatArray
    """What it tells of the fold's own windows. [n_windows of the fold, n_labels]"""


@dataclass(frozen=True)
class Jury:
    """All judges of a fold."""

    fold: int
    windows: Windows
    """The fold's, which no judge heard."""
    rows: npt.NDArray[np.int64]
    """Their ordinals in corpus.windows. [n_windows]"""
    judges: tuple[Judge, ...]
    """Ours first."""
    tagger: Tagger | None
    overheard: npt.NDArray[np.float16] | None
    """The tagger's embeddings of all windows of the corpus. [n_windows of the corpus, 1024]"""
    remarks: tuple[str, ...]

    @property
    def ours(self) -> Judge:
        """Our classifier."""
        return self.judges[0]

    def rightly_told(self) -> npt.NDArray[np.bool_]:
        """Which of the fold's windows ours labels rightly, a mask. [n_windows]."""
        return self.ours.known.argmax(axis=1) == self.windows.label


def open_jury(
    corpus: Corpus,
    fold: int,
    ours: Classifier,
    *,
    data: Path,
    cache: Path,
    out: Path,
    seed: int = 0,
    tell: Callable[[str], None] = print,
) -> Jury:
    """Gather a fold's judges, training the independent ones where they were never trained.

    Args:
        corpus: The recordings.
        fold: Whose windows are varied and blended.
        ours: Our classifier; it should not have heard the fold.
        data: Folder of recordings, where the tagger may lie too.
        cache: Folder for what is computed from them.
        out: Folder of the trained judges.
        seed: Of their trainings.
        tell: Where progress goes.

    Returns:
        The jury.

    Raises:
        NoRecordings: if the fold, or the judges' folds, have no audible window.
    """
    chosen = (corpus.windows.fold == fold) & (corpus.windows.label >= 0)
    learnt = np.isin(corpus.windows.fold, judge_folds(fold)) & (corpus.windows.label >= 0)
    if not chosen.any() or not learnt.any():
        raise NoRecordings(f"Fold {fold} and its judges' folds {judge_folds(fold)} must have windows.", fold=fold)
    rows = np.flatnonzero(chosen)
    windows = corpus.windows.where(rows)
    pictures = corpus.mel_of(windows)
    judges = [Judge(OURS, True, True, _ears(ours), _ears(ours)(pictures))]
    folder = out / f"{corpus.fingerprint}-fold{fold}-seed{seed}"
    other = _other_network(corpus, np.flatnonzero(learnt), folder / OTHER_NETWORK, fold, seed, tell)
    judges.append(Judge(OTHER_NETWORK, False, True, _ears(other), _ears(other)(pictures)))
    path = tagger_path() or teacher_path(data)
    if path is None:
        remark = "There is no YAMNet: its head does not judge, and nothing is measured in its embedding."
        return Jury(fold, windows, rows, tuple(judges), None, None, (remark,))
    overheard = open_overheard(corpus, cache, path, tell=tell)
    head = _head(overheard, corpus, np.flatnonzero(learnt), folder / f"{YAMNET_HEAD}.npz", tell)
    judges.append(Judge(YAMNET_HEAD, False, False, head, head(overheard[rows].astype(np.float32))))
    return Jury(fold, windows, rows, tuple(judges), Tagger(path), overheard, ())


def _ears(classifier: Classifier) -> Callable[[FloatArray], FloatArray]:
    return lambda windows: classifier.predict(windows).probabilities


def _other_network(
    corpus: Corpus, learnt: npt.NDArray[np.int64], out: Path, fold: int, seed: int, tell: Callable[[str], None]
) -> Classifier:
    """The network of another kind, trained by its own recipe; an interrupted training goes on."""
    if (out / CARD).is_file():
        network = build(OTHER_NETWORK, n_labels=len(corpus.labels))
        weights_file.load(out / WEIGHTS, network)
        return Classifier(network, corpus.labels, OTHER_NETWORK)
    tell(f"{OTHER_NETWORK} learns to judge fold {fold} from {len(learnt)} windows of folds {judge_folds(fold)}")
    recipe = cast(RecordedRecipe, read_recipe(OTHER_NETWORK))
    network = train_recorded(recipe, corpus, corpus.windows.where(learnt), out=out, seed=seed, resume=True, tell=tell)
    record_run(
        out,
        network,
        recipe=recipe,
        corpus=corpus,
        seed=seed,
        held_out_fold=fold,
        has_teacher=False,
        scores={"learnt_folds": list(judge_folds(fold))},
    )
    (out / CHECKPOINT).unlink(missing_ok=True)
    return Classifier(network, corpus.labels, OTHER_NETWORK)


def _head(
    overheard: npt.NDArray[np.float16],
    corpus: Corpus,
    learnt: npt.NDArray[np.int64],
    path: Path,
    tell: Callable[[str], None],
) -> Callable[[FloatArray], FloatArray]:
    """Logistic regression on the tagger's embeddings, as the frozen tagger of Table 1 has it. Nothing is random."""
    if not path.is_file():
        tell(f"{YAMNET_HEAD} learns from {len(learnt)} windows")
        regression = fitted(overheard[learnt].astype(np.float32), corpus.windows.label[learnt])
        scaler, logistic = regression[0], regression[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            path,
            allow_pickle=False,
            mean=scaler.mean_,
            scale=scaler.scale_,
            coefficients=logistic.coef_,
            intercepts=logistic.intercept_,
            labels=logistic.classes_,
        )
    with np.load(path, allow_pickle=False) as file:
        kept = {name: file[name] for name in file.files}
    return lambda embeddings: _regressed(kept, embeddings, len(corpus.labels))


def _regressed(kept: dict[str, npt.NDArray[np.float64]], embeddings: FloatArray, n_labels: int) -> FloatArray:
    logits = ((embeddings - kept["mean"]) / kept["scale"]) @ kept["coefficients"].T + kept["intercepts"]
    if logits.shape[1] == 1:
        # Of two classes the library keeps the second one's odds alone.
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    likelihood = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = np.zeros((len(embeddings), n_labels), dtype=np.float32)
    probabilities[:, kept["labels"].astype(np.int64)] = likelihood / likelihood.sum(axis=1, keepdims=True)
    return probabilities
