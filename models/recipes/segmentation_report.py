"""How well sounds are found in recordings that a classifier never heard, and the settings under which they are.

Everything is cross-fitted: what is measured on a fold was chosen on the other four.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from models.audio.segmentation import BACKGROUND, Caution, segment, smooth
from models.recipes.calibration import Calibration, calibrate, tempered
from models.recipes.corpus import open_corpus
from models.recipes.detection import EventScores, Judged, TimeScores, score_events, score_time
from models.recipes.figures import draw_reliability
from models.recipes.fold_listening import FoldHeard, Kind, Listened, listen_in_fold
from models.recipes.fold_opinions import with_second_opinions
from models.recipes.fold_runs import classifiers_by_fold
from models.recipes.folds import save_report

LEAST_PRECISION = 0.8
"""Of the time in found sounds, so much must be right: a wrong sound in the catalogue annoys more than a missing one."""


@dataclass(frozen=True)
class Setting:
    """How sounds are found."""

    background_advantage: float
    switch_probability: float
    min_confidence: float
    is_smooth: bool = False
    """Whether neighbouring windows are averaged first."""
    is_sharp: bool = True
    """Whether ends are moved to the greatest change nearby."""


BEFORE = Setting(0.0, 0.02, 0.4, is_smooth=True, is_sharp=False)
"""As it was before there was a measurement."""
CHOICES = tuple(Setting(*each) for each in product((1.0, 2.0, 3.0, 4.0), (0.02, 0.05), (0.3, 0.4, 0.5, 0.6)))


@dataclass(frozen=True)
class Row:
    """Scores over the folds together."""

    name: str
    mixes: EventScores
    mix_time: TimeScores
    recording_time: TimeScores
    pool_share: float
    """Of the pool's time, how much is in sounds."""
    stranger_share: float


@dataclass(frozen=True)
class Worth:
    """What a setting is chosen by."""

    event_f1: float
    time_precision: float


@dataclass(frozen=True)
class StrangerRow:
    """What one kind of stranger was taken for."""

    name: str
    share: float
    """Of its time, how much is in sounds."""
    taken_for: str
    """The trigger it was taken for the longest, empty where there is none."""


def evaluate_segmentation(
    runs: Path,
    data: Path,
    out: Path,
    *,
    cache: Path,
    n_mixes: int,
    seed: int,
    has_second_opinion: bool = False,
    tell: Callable[[str], None] = print,
) -> str:
    """Calibrate, choose settings and measure them; writes segmentation.md, .json and reliability_cross_fitted.png.

    Args:
        runs: Folder of finished classifier runs, one for each fold.
        data: Folder of recordings.
        out: Folder for the report.
        cache: Folder for decoded recordings.
        n_mixes: Long recordings laid out from each fold.
        seed: Of the mixes.
        has_second_opinion: Let the tagger hear too; its heads are trained anew for each fold.
        tell: Where progress goes.

    Returns:
        The report.

    Raises:
        NoRecordings: if there are fewer than two folds' runs, or a second opinion is asked for without a tagger.
    """
    corpus = open_corpus(data, cache, tell=tell)
    heard: dict[int, FoldHeard] = {}
    classifiers = classifiers_by_fold(runs, corpus)
    if has_second_opinion:
        classifiers = with_second_opinions(classifiers, corpus, data, runs, cache, tell=tell)
    for fold, classifier in classifiers.items():
        tell(f"Listening with the classifier that never heard fold {fold}")
        heard[fold] = listen_in_fold(classifier, corpus, fold, n_mixes=n_mixes, seed=seed)
    calibration = calibrate({fold: each.told for fold, each in heard.items()})
    calm = {fold: _tempered(each, calibration.by_fold[fold]) for fold, each in heard.items()}
    labels = corpus.labels
    tell(f"Trying {len(CHOICES)} settings on each fold")
    worths = {fold: [_worth(each, setting, labels) for setting in CHOICES] for fold, each in calm.items()}
    chosen = {fold: choose([worths[other] for other in worths if other != fold]) for fold in worths}
    rows = [
        score_row("before", dict.fromkeys(heard, BEFORE), heard, labels),
        score_row(
            "sharp ends, temperature",
            {fold: replace(BEFORE, is_sharp=True, is_smooth=False) for fold in calm},
            calm,
            labels,
        ),
        score_row("chosen on the other folds", chosen, calm, labels),
    ]
    strange = score_strangers(chosen, calm, labels)
    shipped = choose(list(worths.values()))
    text = markdown(rows, strange, calibration, shipped, chosen)
    out.mkdir(parents=True, exist_ok=True)
    draw_reliability(
        out / "reliability_cross_fitted.png", {"as trained": calibration.before, "with temperature": calibration.after}
    )
    values = {
        "temperature": calibration.temperature,
        "temperature_by_fold": calibration.by_fold,
        "expected_error_before": calibration.before.expected_error,
        "expected_error_after": calibration.after.expected_error,
        "shipped": asdict(shipped),
        "chosen": {fold: asdict(setting) for fold, setting in chosen.items()},
        "rows": [asdict(row) for row in rows],
        "strangers": [asdict(row) for row in strange],
    }
    save_report(out, "segmentation", text, values)
    return text


def choose(worths: Sequence[Sequence[Worth]]) -> Setting:
    """Choose the setting that finds sounds best without too many wrong ones.

    Args:
        worths: By fold and setting, in the order of CHOICES.

    Returns:
        Of the settings whose time precision is at least LEAST_PRECISION in the mean over the folds, the one with the
        greatest event F1; if there is none, the one with the greatest time precision.
    """
    precision = np.mean([[each.time_precision for each in fold] for fold in worths], axis=0)
    event_f1 = np.mean([[each.event_f1 for each in fold] for fold in worths], axis=0)
    if not (precision >= LEAST_PRECISION).any():
        return CHOICES[int(np.argmax(precision))]
    return CHOICES[int(np.argmax(np.where(precision >= LEAST_PRECISION, event_f1, -1.0)))]


def score_row(name: str, settings: Mapping[int, Setting], heard: Mapping[int, FoldHeard], labels: Sequence[str]) -> Row:
    """Score settings, each on its own fold, over all folds together."""

    def judged(kind: Kind) -> list[Judged]:
        return [
            each for fold, setting in settings.items() for each in _judged(getattr(heard[fold], kind), setting, labels)
        ]

    mixes, triggers = judged("mixes"), _triggers(labels)
    return Row(
        name=name,
        mixes=score_events(mixes, triggers),
        mix_time=score_time(mixes, triggers),
        recording_time=score_time(judged("recordings"), triggers),
        pool_share=score_time(judged("pool"), triggers).false_time,
        stranger_share=score_time(judged("strangers"), triggers).false_time,
    )


def score_strangers(
    settings: Mapping[int, Setting], heard: Mapping[int, FoldHeard], labels: Sequence[str]
) -> list[StrangerRow]:
    """Tell what each kind of stranger was taken for, at all levels and by the classifiers of all folds."""
    found_s: dict[str, defaultdict[str, float]] = {}
    heard_s: defaultdict[str, float] = defaultdict(float)
    for fold, setting in settings.items():
        strange = heard[fold].strangers
        for listened, judged in zip(strange, _judged(strange, setting, labels), strict=True):
            kind = listened.name.rpartition(" at ")[0]
            heard_s[kind] += listened.duration_s
            taken_for = found_s.setdefault(kind, defaultdict(float))
            for found in judged.found:
                taken_for[found.trigger] += found.end_s - found.start_s
    return [
        StrangerRow(
            kind, sum(taken_for.values()) / heard_s[kind], max(taken_for, key=lambda each: taken_for[each], default="")
        )
        for kind, taken_for in found_s.items()
    ]


def markdown(
    rows: Sequence[Row],
    strange: Sequence[StrangerRow],
    calibration: Calibration,
    shipped: Setting,
    chosen: Mapping[int, Setting],
) -> str:
    """Write the report for people."""
    lines = [
        "# Sounds found in recordings that were never heard",
        "",
        f"Temperature {calibration.temperature}; expected calibration error "
        f"{100 * calibration.before.expected_error:.1f} % as trained, {100 * calibration.after.expected_error:.1f} % "
        "under the temperature of the other folds (15 bins).",
        "",
        "| settings | event F1 | event precision · recall | error rate | mixes: time precision · recall | "
        "recordings: time precision · recall | pool in sounds | strangers in sounds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [
            f"{row.mixes.event_f1:.3f}",
            f"{row.mixes.event_precision:.3f} · {row.mixes.event_recall:.3f}",
            f"{row.mixes.error_rate:.2f}",
            f"{100 * row.mix_time.precision:.1f} · {100 * row.mix_time.recall:.1f} %",
            f"{100 * row.recording_time.precision:.1f} · {100 * row.recording_time.recall:.1f} %",
            f"{100 * row.pool_share:.1f} %",
            f"{100 * row.stranger_share:.1f} %",
        ]
        lines.append(f"| {row.name} | " + " | ".join(cells) + " |")
    lines += [
        "",
        f"Chosen on all folds: {shipped}.",
        "",
        *(f"- fold {fold} was measured with {setting}" for fold, setting in chosen.items()),
        "",
        "Settings and temperature of a fold were chosen on the other folds: greatest event F1 in the mean over them, "
        f"where at least {100 * LEAST_PRECISION:.0f} % of the time in found sounds is right. Events: start within "
        "0.5 s, end within 0.5 s or a fifth of the length. Error rate: over segments of 1 s. Both by sed_eval. The "
        "pool is not curated: part of it are triggers.",
        "",
        "## Strangers",
        "",
        "Sounds from formulas, ten seconds each at -50, -30 and -12 dB, none of them a trigger; no setting was chosen "
        "on them. Fire, rain and brushing are noise too, and a singing bowl is a tone.",
        "",
        "| stranger | of its time in sounds | mostly taken for |",
        "|---|---|---|",
        *(f"| {row.name} | {100 * row.share:.0f} % | {row.taken_for or '–'} |" for row in strange),
        "",
    ]
    return "\n".join(lines)


def _tempered(heard: FoldHeard, temperature: float) -> FoldHeard:
    def calmed(listened: Iterable[Listened]) -> list[Listened]:
        return [replace(each, probabilities=tempered(each.probabilities, temperature)) for each in listened]

    return FoldHeard(
        heard.told, calmed(heard.mixes), calmed(heard.recordings), calmed(heard.pool), calmed(heard.strangers)
    )


def _judged(listened: Iterable[Listened], setting: Setting, labels: Sequence[str]) -> list[Judged]:
    return [
        Judged(
            each.duration_s,
            each.events,
            segment(
                smooth(each.probabilities) if setting.is_smooth else each.probabilities,
                labels,
                levels_db=each.levels_db,
                caution=Caution(setting.background_advantage, setting.min_confidence),
                switch_probability=setting.switch_probability,
                duration_s=each.duration_s,
                outline=each.outline if setting.is_sharp else None,
            ),
        )
        for each in listened
    ]


def _worth(heard: FoldHeard, setting: Setting, labels: Sequence[str]) -> Worth:
    judged, triggers = _judged(heard.mixes, setting, labels), _triggers(labels)
    return Worth(score_events(judged, triggers).event_f1, score_time(judged, triggers).precision)


def _triggers(labels: Sequence[str]) -> list[str]:
    return [label for label in labels if label != BACKGROUND]
