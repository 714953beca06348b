"""`deepasmr evaluate generators`: Table 3, the code's use, diversity, copying and distances, measured and written."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras
import numpy as np

from models.errors import NoRecordings
from models.inference.generate import KINDS, Generator, load_generator
from models.pretrained import load
from models.recipes.corpus import Corpus, open_corpus
from models.recipes.diversity import RENDERED, measure_copying, measure_sets, measure_spreads
from models.recipes.folds import save_report
from models.recipes.generator_draws import Amounts, Draw, draw_sounds, other_seconds
from models.recipes.generator_figures import draw_kl, draw_shares
from models.recipes.generator_scores import Score, score_blends, score_variations
from models.recipes.generator_tables import STRENGTH_MARK, FoldReport, Measured, generator_markdown
from models.recipes.judge import load_judge
from models.recipes.jury import OURS, Jury, judge_folds, open_jury
from models.recipes.latents import score_latents
from models.recipes.made_sounds import Sounds, make_blends, make_variations, real_seconds
from models.recipes.painters import AUTOENCODER, Plain, Trained, generator_of_run, runs_by_network
from models.recipes.recordings import N_FOLDS
from models.recipes.runs import CARD
from models.recipes.sampling import pictures_of

STRENGTH = 0.5
"""Of the variations in Table 3: what is served unless a listener turns the knob."""
OTHER_STRENGTHS = (0.0, 1.0)
ANOTHER_SECOND = "another second"
_MOST_PICTURES = 2000


@dataclass(frozen=True)
class Choice:
    """What to measure, and how much of it."""

    networks: tuple[str, ...] = KINDS
    """Promoted ones; of runs all are measured."""
    runs: Path | None = None
    """Folder of generators' runs, each measured on the fold that it did not hear; the promoted ones otherwise."""
    classifiers: Path | None = None
    """Folder of our classifier's runs, one for each held-out fold; the promoted one, which heard all, otherwise."""
    folds: tuple[int, ...] = (0,)
    """Whose windows promoted generators vary."""
    amounts: Amounts = field(default_factory=Amounts)
    n_sources: int = 20
    """Recordings whose variations are compared with each other."""
    n_each: int = 5
    seed: int = 0


@dataclass(frozen=True)
class Contestant:
    """A generator to be measured."""

    name: str
    version: str
    generator: Generator
    network: keras.Model | None
    """The graph, where it has a code to look into."""
    learnt_folds: tuple[int, ...]
    """What it learnt from, beside the pool."""


def evaluate_generators(
    choice: Choice, data: Path, out: Path, *, cache: Path, tell: Callable[[str], None] = print
) -> str:
    """Measure generators and write the report: generators.md, generators.json and figures.

    Args:
        choice: What to measure.
        data: Folder of recordings.
        out: Folder of the report; trained judges are kept in out/judges.
        cache: Folder for what is computed from the recordings.
        tell: Where progress goes.

    Returns:
        The report's Markdown.

    Raises:
        NoRecordings: if there is nothing to judge on, or choice.runs holds no generator's run.
        UnknownNetwork: if a network is no generator.
    """
    corpus = open_corpus(data, cache, tell=tell)
    reports = []
    for fold, contestants in _contestants(choice, corpus, tell).items():
        ours = load_judge(_classifier_run(choice.classifiers, fold, corpus))
        jury = open_jury(corpus, fold, ours, data=data, cache=cache, out=out / "judges", seed=choice.seed, tell=tell)
        reports.append(_report_fold(choice, corpus, jury, contestants, tell))
        text = generator_markdown(reports, _remarks(choice, jury, contestants, corpus))
        save_report(
            out, "generators", text, {"data_fingerprint": corpus.fingerprint, "folds": [asdict(r) for r in reports]}
        )
    _draw(out, reports)
    return text


def _draw(out: Path, reports: Sequence[FoldReport]) -> None:
    measured = [each for report in reports for each in report.measured]
    codes = {each.version: each.latents.kl_of_unit_nats for each in measured if each.latents is not None}
    if codes:
        draw_kl(out / "generators-kl.png", dict(list(codes.items())[:8]))
    shares: dict[str, dict[str, list[float]]] = {}
    for score in (score for each in measured for score in each.scores):
        if (score.deed, score.judge, score.heard) == ("variations", OURS, "mel") and STRENGTH_MARK not in score.maker:
            for label, share in score.of_label.items():
                shares.setdefault(score.maker, {}).setdefault(label, []).append(share)
    means = {maker: {label: float(np.mean(each)) for label, each in of.items()} for maker, of in shares.items()}
    draw_shares(out / "generators-labels.png", f"Variations under {OURS}, from the picture", means)


def _contestants(choice: Choice, corpus: Corpus, tell: Callable[[str], None]) -> dict[int, list[Contestant]]:
    """Generators by the fold that they are measured on."""
    if choice.runs is None:
        promoted = []
        for name in choice.networks:
            trained = load_generator(name)
            network = load(name).network
            promoted.append(Contestant(name, trained.version, trained, _with_code(network), tuple(range(N_FOLDS))))
        return dict.fromkeys(choice.folds, promoted)
    found: dict[int, list[Contestant]] = {}
    for network_name, runs in runs_by_network(choice.runs, corpus).items():
        for run in runs:
            if run.held_out_fold is None or network_name == AUTOENCODER:
                tell(f"{run.folder.name} is left aside: no generator that was kept from a fold")
                continue
            generator, network = generator_of_run(run.folder)
            found.setdefault(run.held_out_fold, []).append(
                Contestant(network_name, run.folder.name, generator, _with_code(network), run.learnt_folds)
            )
    if not found:
        raise NoRecordings(f"{choice.runs} holds no finished run of a generator.", folder=str(choice.runs))
    return dict(sorted(found.items()))


def _with_code(network: keras.Model) -> keras.Model | None:
    return network if isinstance(network.output, dict) and "log_variance" in network.output else None


def _classifier_run(classifiers: Path | None, fold: int, corpus: Corpus) -> Path | None:
    """The run of our classifier that did not hear a fold; of several seeds, the first."""
    if classifiers is None:
        return None
    found = []
    for path in sorted(classifiers.glob(f"*/{CARD}")):
        card = json.loads(path.read_text(encoding="utf-8"))
        is_of_data = card["data_fingerprint"] == corpus.fingerprint
        if card["network"] == "cnn1d_tuned" and card["held_out_fold"] == fold and is_of_data:
            found.append((card["seed"], path.parent))
    if not found:
        raise NoRecordings(f"{classifiers} holds no cnn1d_tuned that did not hear fold {fold}.", fold=fold)
    return min(found)[1]


def _report_fold(
    choice: Choice, corpus: Corpus, jury: Jury, contestants: Sequence[Contestant], tell: Callable[[str], None]
) -> FoldReport:
    draw = draw_sounds(jury, corpus.labels, choice.amounts, seed=choice.seed)
    tell(f"fold {jury.fold}: {len(draw.varied)} variations, {len(draw.blended) + len(draw.paired)} blends of each")
    plain = Plain()
    sets: dict[str, Sounds] = {}
    measured = [_real(choice, corpus, jury, draw)]
    sources, scores = _deeds(plain, "source, linear mix", choice, corpus, jury, draw)
    sets[RENDERED] = sources
    measured.append(Measured("source, linear mix", "", scores))
    painters = []
    for contestant in contestants:
        tell(f"  {contestant.version}")
        painter = Trained(contestant.generator, strength=STRENGTH, name=contestant.version)
        painters.append(painter)
        sounds, scores = _deeds(painter, contestant.name, choice, corpus, jury, draw)
        sets[contestant.version] = sounds
        scores += _other_strengths(contestant.name, painter, choice, corpus, jury, draw)
        latents = None
        if contestant.network is not None:
            some = np.random.default_rng(choice.seed).permutation(len(jury.windows))[:_MOST_PICTURES]
            latents = score_latents(contestant.network, pictures_of(corpus, jury.windows.where(np.sort(some))))
        measured.append(Measured(contestant.name, contestant.version, scores, latents))
    tell("  diversity")
    learnt_folds = {fold for contestant in contestants for fold in contestant.learnt_folds}
    learnt = np.isin(corpus.windows.fold, (-1, *learnt_folds))
    right = jury.rightly_told()
    return FoldReport(
        fold=jury.fold,
        judges={
            judge.name: round(float(np.mean(judge.known.argmax(axis=1) == jury.windows.label)), 4)
            for judge in jury.judges
        },
        n_right=int(right.sum()),
        measured=measured,
        spreads=measure_spreads(
            painters, corpus, jury, n_sources=choice.n_sources, n_each=choice.n_each, seed=choice.seed
        ),
        copying=measure_copying(sets, corpus, jury, draw, learnt),
        sets=measure_sets(sets, jury, draw, seed=choice.seed),
    )


def _real(choice: Choice, corpus: Corpus, jury: Jury, draw: Draw) -> Measured:
    """Real against real, the ceiling: another second of the source, judged as a variation or as a blend would be."""
    scores: list[Score] = []
    chosen, has_other = other_seconds(jury, draw.varied, seed=choice.seed)
    rows, tested = draw.varied[has_other], chosen[has_other]
    if len(rows):
        sounds = real_seconds(corpus, jury, tested, np.flatnonzero(draw.rendered[has_other]))
        scores += score_variations(ANOTHER_SECOND, sounds, jury, rows, corpus.labels, left_out=tested)
    for deed, pairs in (("blends", draw.blended), ("pairs", draw.paired)):
        # Half of the time the first parent's other second, half of the time the second's.
        side = np.arange(len(pairs)) % 2
        parent = pairs[np.arange(len(pairs)), side]
        chosen, has_other = other_seconds(jury, parent, seed=choice.seed)
        if has_other.any():
            sounds = real_seconds(corpus, jury, chosen[has_other], np.arange(int(has_other.sum())))
            scores += score_blends(ANOTHER_SECOND, deed, sounds, jury, pairs[has_other])
    return Measured(ANOTHER_SECOND, "", scores)


def _deeds(
    painter: Plain | Trained, name: str, choice: Choice, corpus: Corpus, jury: Jury, draw: Draw
) -> tuple[Sounds, list[Score]]:
    """Variations and blends of one maker, and what judges say."""
    sounds = make_variations(painter, corpus, jury, draw, seed=choice.seed)
    scores = score_variations(name, sounds, jury, draw.varied, corpus.labels)
    for deed, pairs in (("blends", draw.blended), ("pairs", draw.paired)):
        if len(pairs):
            blends = make_blends(painter, corpus, jury, pairs, seed=choice.seed)
            scores += score_blends(name, deed, blends, jury, pairs)
    return sounds, scores


def _other_strengths(
    name: str, painter: Trained, choice: Choice, corpus: Corpus, jury: Jury, draw: Draw
) -> list[Score]:
    """The rendered sources once more at the ends of the knob, pictures alone."""
    few = Draw(
        draw.varied[draw.rendered], draw.blended[:0], draw.paired[:0], np.zeros(int(draw.rendered.sum()), np.bool_)
    )
    scores = []
    for strength in OTHER_STRENGTHS:
        sounds = make_variations(painter.at(strength), corpus, jury, few, seed=choice.seed)
        scores += score_variations(f"{name}{STRENGTH_MARK}{strength:g}", sounds, jury, few.varied, corpus.labels)
    return scores


def _remarks(choice: Choice, jury: Jury, contestants: Sequence[Contestant], corpus: Corpus) -> list[str]:
    remarks = list(jury.remarks)
    for contestant in contestants:
        if jury.fold in contestant.learnt_folds:
            remarks.append(
                f"{contestant.version} learnt from all folds, the judges' and the sources' too: what it reaches here "
                "is what a listener gets from sounds of the training recordings, not from new ones."
            )
        elif shared := sorted(set(contestant.learnt_folds) & set(judge_folds(jury.fold))):
            remarks.append(
                f"{contestant.version} did not hear fold {jury.fold}, but the independent judges learnt from folds "
                f"that it learnt from ({', '.join(map(str, shared))})."
            )
    if choice.classifiers is None:
        remarks.append("Our classifier is the promoted one, which has heard the sources.")
    missing = sorted(set(corpus.labels) - {corpus.labels[o] for o in jury.windows.label[jury.rightly_told()]})
    if missing:
        remarks.append(f"Of fold {jury.fold} ours labels no window of {', '.join(missing)} rightly.")
    return remarks
