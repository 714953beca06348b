"""The second opinion of each fold: trained without it, weighed on the other folds."""

from collections.abc import Callable, Mapping
from pathlib import Path

from models.errors import NoRecordings
from models.inference.classify import Classifier
from models.inference.second_opinion import SecondOpinion
from models.inference.tagger import Tagger
from models.recipes.corpus import Corpus
from models.recipes.folds import Result, given_results
from models.recipes.fusion import set_weights_of_opinions, train_fusion
from models.recipes.opinions import CLASSIFIER, weights_on
from models.recipes.second_opinions import fusion_recipe, open_lessons, told_of


def with_second_opinions(
    classifiers: Mapping[int, Classifier],
    corpus: Corpus,
    data: Path,
    runs: Path,
    cache: Path,
    *,
    tell: Callable[[str], None] = print,
) -> dict[int, Classifier]:
    """Let the classifier of each fold ask a second opinion that never heard the fold either.

    Args:
        classifiers: By held-out fold.
        corpus: The recordings.
        data: Their folder, with the tagger.
        runs: Where the classifiers come from.
        cache: Folder for what is computed.
        tell: Where progress goes.

    Returns:
        By held-out fold.

    Raises:
        NoRecordings: if the data folder has no tagger, or there is a single fold.
    """
    lessons, tagger = open_lessons(corpus, data, cache, tell=tell)
    recipe = fusion_recipe()
    told = told_of(recipe, lessons, _first_seeds(given_results(runs, corpus, tell=tell)[CLASSIFIER]), cache, tell=tell)
    if len(told) < 2:
        raise NoRecordings("Weights of opinions are chosen on other folds: give runs of two folds or more.")
    ears = Tagger(tagger)
    asking = {}
    for each in told:
        fold, seed = each.result.split.fold, each.result.split.seed
        tell(f"Training the second opinion that never heard fold {fold}")
        fusion = train_fusion(recipe, lessons, held_out_fold=fold, seed=seed)
        set_weights_of_opinions(fusion, weights_on([other for other in told if other is not each], (0, 1, 2)))
        asking[fold] = classifiers[fold].asking(SecondOpinion(ears, fusion, f"fusion-without-fold-{fold}"))
    return asking


def _first_seeds(results: list[Result]) -> list[Result]:
    """Of several seeds of a fold, the first, as `classifiers_by_fold` takes it."""
    first: dict[int, Result] = {}
    for result in results:
        kept = first.setdefault(result.split.fold, result)
        if result.split.seed < kept.split.seed:
            first[result.split.fold] = result
    return [first[fold] for fold in sorted(first)]
