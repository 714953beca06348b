"""How well sounds are found in recordings that a classifier never heard, and the settings under which they are.

Everything is cross-fitted: what is measured on a fold was chosen on the other four.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from models.audio import FloatArray
from models.audio.boundaries import Outline, OutlineStream
from models.audio.mel import log_mel
from models.audio.segmentation import BACKGROUND, segment, smooth
from models.audio.windows import FRAMES_PER_S, cut
from models.inference.classify import Classifier
from models.inference.listen import window_levels_db
from models.recipes.calibration import Calibration, Told, calibrate, tempered
from models.recipes.corpus import Corpus, open_corpus
from models.recipes.detection import EventScores, Judged, TimeScores, score_events, score_time
from models.recipes.figures import draw_reliability
from models.recipes.fold_runs import classifiers_by_fold
from models.recipes.folds import save_report
from models.recipes.long_mixes import Event, lay_out
from models.recipes.strangers import strangers

MIX_SECONDS = 150.0


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
CHOICES = tuple(Setting(*each) for each in product((0.0, 1.0, 2.0, 3.0), (0.02, 0.1), (0.3, 0.4, 0.5, 0.6)))


@dataclass(frozen=True)
class Listened:
    """A recording as a classifier of its fold heard it."""

    probabilities: FloatArray
    """[n_windows, n_labels]"""
    levels_db: FloatArray
    """[n_windows]"""
    outline: Outline
    duration_s: float
    events: tuple[Event, ...]


@dataclass(frozen=True)
class FoldHeard:
    """All that the classifier of one fold listened to."""

    told: Told
    mixes: Sequence[Listened]
    recordings: Sequence[Listened]
    """The fold's labelled recordings, one event each, or none where they are background."""
    pool: Sequence[Listened]
    """Unlabelled: no event is known, though there may be some."""
    strangers: Sequence[Listened]


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


def evaluate_segmentation(
    runs: Path, data: Path, out: Path, *, cache: Path, n_mixes: int, seed: int, tell: Callable[[str], None] = print
) -> str:
    """Calibrate, choose settings and measure them; writes segmentation.md, .json and reliability_cross_fitted.png.

    Args:
        runs: Folder of finished classifier runs, one for each fold.
        data: Folder of recordings.
        out: Folder for the report.
        cache: Folder for decoded recordings.
        n_mixes: Long recordings laid out from each fold.
        seed: Of the mixes.
        tell: Where progress goes.

    Returns:
        The report.

    Raises:
        NoRecordings: if there are fewer than two folds' runs.
    """
    corpus = open_corpus(data, cache, tell=tell)
    heard: dict[int, FoldHeard] = {}
    for fold, classifier in classifiers_by_fold(runs, corpus).items():
        tell(f"Listening with the classifier that never heard fold {fold}")
        heard[fold] = listen_in_fold(classifier, corpus, fold, n_mixes=n_mixes, seed=seed)
    calibration = calibrate({fold: each.told for fold, each in heard.items()})
    calm = {fold: _tempered(each, calibration.by_fold[fold]) for fold, each in heard.items()}
    triggers = [label for label in corpus.labels if label != BACKGROUND]
    worths = {fold: [_worth(each, setting, triggers) for setting in CHOICES] for fold, each in calm.items()}
    chosen = {fold: _best([worths[other] for other in worths if other != fold]) for fold in worths}
    rows = [
        score_row("before", dict.fromkeys(heard, BEFORE), heard, triggers),
        score_row(
            "sharp ends", {fold: replace(BEFORE, is_sharp=True, is_smooth=False) for fold in calm}, calm, triggers
        ),
        score_row("chosen on the other folds", chosen, calm, triggers),
    ]
    shipped = _best(list(worths.values()))
    text = markdown(rows, calibration, shipped, chosen)
    out.mkdir(parents=True, exist_ok=True)
    draw_reliability(
        out / "reliability_cross_fitted.png", {"as trained": calibration.before, "with temperature": calibration.after}
    )
    values = {
        "temperature": calibration.temperature,
        "temperature_by_fold": calibration.by_fold,
        "shipped": asdict(shipped),
        "rows": [asdict(row) for row in rows],
    }
    save_report(out, "segmentation", text, values)
    return text


def listen_in_fold(classifier: Classifier, corpus: Corpus, fold: int, *, n_mixes: int, seed: int) -> FoldHeard:
    """Let a classifier hear the fold that it was kept from, mixes of it, the pool, and strangers."""
    windows = corpus.windows.where(corpus.windows.fold == fold)
    told = Told(classifier.predict(corpus.mel_of(windows)).probabilities, windows.label)
    own, pool = [], []
    for ordinal, recording in enumerate(corpus.recordings):
        if recording.label is None:
            pool.append(_listened(classifier, corpus.picture_of(ordinal)))
        elif recording.fold == fold:
            picture = corpus.picture_of(ordinal)
            whole = Event(0.0, len(picture) / FRAMES_PER_S, recording.label)
            own.append(_listened(classifier, picture, () if recording.label == BACKGROUND else (whole,)))
    return FoldHeard(
        told=told,
        mixes=[
            _listened(classifier, log_mel(mix.audio), mix.events)
            for mix in lay_out(corpus, fold=fold, n_mixes=n_mixes, seconds=MIX_SECONDS, seed=seed)
        ],
        recordings=own,
        pool=pool,
        strangers=[_listened(classifier, log_mel(audio)) for _, audio in strangers(seed=seed)],
    )


def score_row(name: str, settings: dict[int, Setting], heard: dict[int, FoldHeard], triggers: Sequence[str]) -> Row:
    """Score settings, each on its own fold, over all folds together."""

    def judged(kind: str) -> list[Judged]:
        return [
            each
            for fold, setting in settings.items()
            for each in _judged(getattr(heard[fold], kind), setting, triggers)
        ]

    mixes = judged("mixes")
    return Row(
        name=name,
        mixes=score_events(mixes, triggers),
        mix_time=score_time(mixes, triggers),
        recording_time=score_time(judged("recordings"), triggers),
        pool_share=score_time(judged("pool"), triggers).false_time,
        stranger_share=score_time(judged("strangers"), triggers).false_time,
    )


def markdown(rows: Sequence[Row], calibration: Calibration, shipped: Setting, chosen: dict[int, Setting]) -> str:
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
        "Events: both ends within 0.5 s. Error rate: over segments of 1 s. Both by sed_eval. The pool is not curated: "
        "part of it are triggers. Strangers: tones, chords, sirens, engines, hum, drums and noises from formulas.",
        "",
    ]
    return "\n".join(lines)


def _listened(classifier: Classifier, picture: FloatArray, events: tuple[Event, ...] = ()) -> Listened:
    windows = cut(picture)
    return Listened(
        probabilities=classifier.predict(windows).probabilities,
        levels_db=window_levels_db(windows),
        outline=OutlineStream().push(picture),
        duration_s=len(picture) / FRAMES_PER_S,
        events=events,
    )


def _tempered(heard: FoldHeard, temperature: float) -> FoldHeard:
    def calmed(listened: Iterable[Listened]) -> list[Listened]:
        return [replace(each, probabilities=tempered(each.probabilities, temperature)) for each in listened]

    return FoldHeard(
        heard.told, calmed(heard.mixes), calmed(heard.recordings), calmed(heard.pool), calmed(heard.strangers)
    )


def _judged(listened: Iterable[Listened], setting: Setting, triggers: Sequence[str]) -> list[Judged]:
    labels = sorted([BACKGROUND, *triggers])
    return [
        Judged(
            each.duration_s,
            each.events,
            segment(
                smooth(each.probabilities) if setting.is_smooth else each.probabilities,
                labels,
                levels_db=each.levels_db,
                min_confidence=setting.min_confidence,
                background_advantage=setting.background_advantage,
                switch_probability=setting.switch_probability,
                duration_s=each.duration_s,
                outline=each.outline if setting.is_sharp else None,
            ),
        )
        for each in listened
    ]


def _worth(heard: FoldHeard, setting: Setting, triggers: Sequence[str]) -> float:
    # Strangers count as a part of what is heard: a long tone in the catalogue is as wrong as a wrong label.
    return score_time(_judged([*heard.mixes, *heard.recordings, *heard.strangers], setting, triggers), triggers).worth


def _best(worths: Sequence[Sequence[float]]) -> Setting:
    return CHOICES[int(np.argmax(np.mean(worths, axis=0)))]
