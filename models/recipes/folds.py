"""Runs of a classifier over the partings of a protocol: trained where they are missing, taken up where they stopped."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import keras

from models.errors import BadSetting, NoRecordings, UnknownNetwork
from models.networks import weights_file
from models.networks.catalogue import build
from models.networks.classifiers import CLASSIFIERS, ClassifierShape
from models.recipes.corpus import Corpus
from models.recipes.heard import HEARD, Heard, hear, load_heard, save_heard
from models.recipes.protocols import Protocol, Split
from models.recipes.recipe import ClassifierRecipe, RecordedRecipe, from_mapping, read_recipe
from models.recipes.recorded import train_recorded
from models.recipes.runs import CARD, WEIGHTS, record_run
from models.recipes.train import Task, train_network
from models.recipes.training import CHECKPOINT, HISTORY

BEGUN = "begun.json"
"""Data and recipe of a run that is under way: by these alone its checkpoint may be gone on from."""


@dataclass(frozen=True)
class Contender:
    """A classifier to be measured."""

    name: str
    recipe: ClassifierRecipe | RecordedRecipe
    shape: ClassifierShape
    """The graph's configuration."""


@dataclass(frozen=True)
class Result:
    """A classifier's answers on one parting."""

    split: Split
    heard: Heard


@dataclass(frozen=True)
class Places:
    """Where an evaluation reads and writes."""

    data: Path
    cache: Path
    folds: Path
    """Folder of the runs."""


def contender(name: str, protocol: Protocol) -> Contender:
    """Find a named classifier and how it is trained under a protocol.

    Args:
        name: One of models.networks.classifiers.CLASSIFIERS.
        protocol: Under the thesis's, every network is trained plainly on recorded windows; what else made the tuned one
            generalise would only blur what that protocol shows.

    Returns:
        The classifier.

    Raises:
        UnknownNetwork: if there is no such classifier.
    """
    if name not in CLASSIFIERS:
        raise UnknownNetwork(f"{name!r} is no classifier; there are {', '.join(CLASSIFIERS)}.", known=list(CLASSIFIERS))
    recipe = read_recipe(name)
    if isinstance(recipe, ClassifierRecipe) and protocol is Protocol.THESIS:
        plain = cast(RecordedRecipe, read_recipe("cnn1d_4"))
        recipe = replace(plain, network=name, optimizer="rmsprop")
    return Contender(name, cast(ClassifierRecipe | RecordedRecipe, recipe), CLASSIFIERS[name])


def results(
    who: Contender,
    corpus: Corpus,
    partings: Sequence[Split],
    places: Places,
    *,
    tell: Callable[[str], None] = print,
) -> list[Result]:
    """Measure a classifier on partings of a corpus, training what is not trained yet on this data by this recipe.

    Args:
        who: The classifier.
        corpus: The recordings.
        partings: By one protocol.
        places: Data, cache, folder of the runs.
        tell: Where progress goes.

    Returns:
        Its answers, in the order of partings.
    """
    return [Result(split, _heard(who, corpus, split, places, tell)) for split in partings]


def finished(who: Contender, corpus: Corpus, split: Split, places: Places) -> bool:
    """Whether a classifier's answers on a parting of this data, learnt by this recipe, are kept."""
    return _kept(who, corpus, split, places.folds / split.run_name(who.name)) is not None


def _kept(who: Contender, corpus: Corpus, split: Split, out: Path) -> Heard | None:
    return load_heard(out, corpus, split.scored) if _tells_of(out / CARD, who, corpus) else None


def _tells_of(path: Path, who: Contender, corpus: Corpus) -> bool:
    """Whether a run's card, or what it began with, names this data and this recipe.

    What a recipe of before does not say yet is taken as off; one that says more than a recipe can say now is another.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        recipe = from_mapping(type(who.recipe), told["recipe"])
        return bool(told["data_fingerprint"] == corpus.fingerprint and recipe == who.recipe)
    except (FileNotFoundError, ValueError, KeyError, BadSetting):
        return False


def _heard(who: Contender, corpus: Corpus, split: Split, places: Places, tell: Callable[[str], None]) -> Heard:
    out = places.folds / split.run_name(who.name)
    known = _kept(who, corpus, split, out)
    if known is not None:
        return known
    _begin(who, corpus, out, tell)
    tell(f"{out.name}: learns from {len(split.learnt)} windows, is scored on {len(split.scored)}")
    network = _trained(who, corpus, split, places, out, tell)
    heard = hear(network, corpus, split.scored)
    save_heard(out, heard, corpus)
    # The optimizer's state is several times as large as the network and of no use once it has learnt.
    for name in (CHECKPOINT, BEGUN):
        (out / name).unlink(missing_ok=True)
    return heard


def _begin(who: Contender, corpus: Corpus, out: Path, tell: Callable[[str], None]) -> None:
    """Note what a run learns from and how; what a run on other data or by another recipe left is removed."""
    if _tells_of(out / CARD, who, corpus) or _tells_of(out / BEGUN, who, corpus):
        return
    left = [out / name for name in (CARD, HEARD, WEIGHTS, CHECKPOINT, HISTORY) if (out / name).exists()]
    if left:
        tell(f"{out.name}: what is kept there learnt from other data or by another recipe; it is trained anew")
    for path in left:
        path.unlink()
    out.mkdir(parents=True, exist_ok=True)
    begun = {"data_fingerprint": corpus.fingerprint, "recipe": asdict(who.recipe)}
    (out / BEGUN).write_text(json.dumps(begun, indent=1), encoding="utf-8")


def _trained(
    who: Contender, corpus: Corpus, split: Split, places: Places, out: Path, tell: Callable[[str], None]
) -> keras.Model:
    if isinstance(who.recipe, ClassifierRecipe):
        task = Task(places.data, places.cache, out, seed=split.seed, held_out_fold=split.held_out_fold, resume=True)
        train_network(who.recipe, task, tell=tell)
        network = build(who.name, n_labels=len(corpus.labels))
        weights_file.load(out / WEIGHTS, network)
        return network
    network = train_recorded(
        who.recipe,
        corpus,
        corpus.windows.where(split.learnt),
        out=out,
        seed=split.seed,
        shape=who.shape,
        resume=True,
        tell=tell,
    )
    record_run(
        out,
        network,
        recipe=who.recipe,
        corpus=corpus,
        seed=split.seed,
        held_out_fold=split.held_out_fold,
        has_teacher=False,
        scores={},
    )
    return network


def given_results(folder: Path, corpus: Corpus, *, tell: Callable[[str], None] = print) -> dict[str, list[Result]]:
    """Measure finished runs that were trained elsewhere, each on the fold that its card says it did not hear.

    Args:
        folder: Holds the runs' folders, whatever they are called.
        corpus: The recordings.
        tell: Where it says which runs it leaves aside, and why.

    Returns:
        Answers by network, seeds and folds in order.

    Raises:
        NoRecordings: if there is not a single usable run.
    """
    found: dict[tuple[str, int, int], Result] = {}
    for path in sorted(folder.glob(f"*/{CARD}")):
        card = json.loads(path.read_text(encoding="utf-8"))
        name, seed, fold = card["network"], card["seed"], card["held_out_fold"]
        if name not in CLASSIFIERS or fold is None:
            tell(f"{path.parent.name} is left aside: it is no classifier that was kept from a fold")
            continue
        if card["data_fingerprint"] != corpus.fingerprint:
            tell(f"{path.parent.name} is left aside: it learnt from other data")
            continue
        if (name, seed, fold) in found:
            tell(f"{path.parent.name} is left aside: there is another run of {name}, seed {seed}, fold {fold}")
            continue
        network = build(name, n_labels=len(corpus.labels))
        weights_file.load(path.parent / WEIGHTS, network)
        split = Split.by_fold(corpus, seed, fold)
        found[name, seed, fold] = Result(split, hear(network, corpus, split.scored))
    if not found:
        raise NoRecordings(f"{folder} holds no finished run of a classifier on this data.", folder=str(folder))
    by_network: dict[str, list[Result]] = {}
    for key in sorted(found):
        by_network.setdefault(key[0], []).append(found[key])
    return by_network


def save_report(out: Path, name: str, text: str, values: object) -> None:
    """Write a report twice: for people and for programs.

    Args:
        out: Folder.
        name: File name without suffix.
        text: Markdown.
        values: What JSON can hold.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.md").write_text(text, encoding="utf-8")
    (out / f"{name}.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
