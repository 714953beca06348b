"""What was measured of generators, fold by fold, gathered over folds and seeds and written for people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.recipes.classifier_report import readable
from models.recipes.diversity import EMBEDDING, Copying, SetDistance, Spreads
from models.recipes.generator_scores import Score
from models.recipes.latents import LatentScores

_DEEDS = {
    "variations": "Variations, all labels",
    "nine": "Variations, the thesis's nine labels",
    "blends": "Blends of tapping and brushing",
    "pairs": "Blends of many pairs of labels",
}
_COLUMNS = (
    ("cnn1d_tuned", "mel"),
    ("cnn1d_tuned", "rendered"),
    ("cnn2d_4", "mel"),
    ("cnn2d_4", "rendered"),
    ("yamnet_head", "rendered"),
)
STRENGTH_MARK = ", strength "
"""Between a maker's name and a strength that is not the usual one."""


@dataclass(frozen=True)
class Measured:
    """One generator, or real sounds, on one fold."""

    maker: str
    version: str
    scores: list[Score]
    latents: LatentScores | None = None


@dataclass(frozen=True)
class FoldReport:
    """All that was measured on one fold."""

    fold: int
    judges: dict[str, float]
    """Share of the fold's windows that each judge labels rightly."""
    n_right: int
    """Windows that ours labels rightly: the sources are drawn from these."""
    measured: list[Measured]
    spreads: Spreads | None
    copying: list[Copying]
    sets: list[SetDistance]


def generator_markdown(reports: Sequence[FoldReport], remarks: Sequence[str] = ()) -> str:
    """Write reports as tables.

    Args:
        reports: One for each fold.
        remarks: Lines that a reader must know.

    Returns:
        Markdown; shares are per cent, mean ± standard deviation over folds and seeds.
    """
    lines = [
        "# Generators",
        "",
        "Per cent of one-second sounds. `cnn1d_tuned` is our classifier and counts what it hears as the source's true "
        "label (sources are windows that it labels rightly itself); `cnn2d_4` and `yamnet_head` (logistic regression "
        "on YAMNet) learnt from other recordings and count what they hear as the label that they give the source's "
        "own windows. *mel*: the painted picture itself; *rendered*: the picture as audio. A blend counts when both "
        "parents' labels together pass one half. *another second* is real sound: a different second of the source, "
        "judged in the same way; *source, linear mix* is the source itself, and for blends the plain mean of two "
        "pictures.",
        *(f"\n{remark}" for remark in remarks),
        "",
        "| fold | sources | " + " | ".join(f"{name} right" for name in reports[0].judges) + " |",
        "|---" * (2 + len(reports[0].judges)) + "|",
        *(
            f"| {report.fold} | {report.n_right} | "
            + " | ".join(f"{100 * share:.1f}" for share in report.judges.values())
            + " |"
            for report in reports
        ),
    ]
    scores = [score for report in reports for measured in report.measured for score in measured.scores]
    for deed, title in _DEEDS.items():
        lines += _share_lines(title, [score for score in scores if score.deed == deed])
    lines += _label_lines(
        [score for score in scores if score.deed == "variations" and STRENGTH_MARK not in score.maker]
    )
    lines += _latent_lines(reports)
    for report in reports:
        lines += _spread_lines(report)
    return "\n".join(lines) + "\n"


def _share_lines(title: str, scores: Sequence[Score]) -> list[str]:
    if not scores:
        return []
    lines = [
        "",
        f"## {title}",
        "",
        "| | " + " | ".join(f"{judge}, {how}" for judge, how in _COLUMNS) + " | sounds |",
        "|---" * (2 + len(_COLUMNS)) + "|",
    ]
    for maker in dict.fromkeys(score.maker for score in scores):
        mine = [score for score in scores if score.maker == maker]
        cells = [_spread([s.share for s in mine if (s.judge, s.heard) == column]) for column in _COLUMNS]
        n_sounds = sum(score.n_sounds for score in mine if (score.judge, score.heard) == _COLUMNS[0])
        lines.append(f"| {maker} | " + " | ".join(cells) + f" | {n_sounds} |")
    return lines


def _label_lines(scores: Sequence[Score]) -> list[str]:
    makers = list(dict.fromkeys(score.maker for score in scores))
    shown: list[tuple[str, Callable[[Score], bool]]] = [
        ("ours, mel", lambda score: (score.judge, score.heard) == _COLUMNS[0]),
        ("YAMNet, rendered", lambda score: (score.judge, score.heard) == _COLUMNS[-1]),
    ]
    lines = [
        "",
        "## Label by label",
        "",
        "Variations: ours on the picture / YAMNet's head on the audio.",
        "",
        "| label | " + " | ".join(makers) + " |",
        "|---" * (1 + len(makers)) + "|",
    ]
    for label in sorted({label for score in scores for label in score.of_label}):
        cells = []
        for maker in makers:
            parts = []
            for _, is_shown in shown:
                found = [s.of_label[label] for s in scores if s.maker == maker and is_shown(s) and label in s.of_label]
                parts.append(f"{100 * float(np.mean(found)):.0f}" if found else "–")
            cells.append(" / ".join(parts))
        lines.append(f"| {readable(label)} | " + " | ".join(cells) + " |")
    return lines


def _latent_lines(reports: Sequence[FoldReport]) -> list[str]:
    found = [
        (report.fold, measured, measured.latents)
        for report in reports
        for measured in report.measured
        if measured.latents is not None
    ]
    if not found:
        return []
    lines = [
        "",
        "## Use of the code",
        "",
        "On held-out windows. Swap test: share of windows that are nearer to their own reconstruction than to another "
        "window's. Information is bounded by the logarithm of the number of windows it is estimated from.",
        "",
        "| | fold | active units | KL (nats) | KL of a unit: greatest / median / least | information (nats) | "
        "reconstruction (dB a cell) | another's (dB) | swap test (%) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for fold, measured, latents in found:
        kl = latents.kl_of_unit_nats
        lines.append(
            f"| {measured.version} | {fold} | {latents.n_active_units} of {latents.n_units} | {latents.kl_nats:.0f} | "
            f"{kl[0]:.2f} / {kl[len(kl) // 2]:.2f} / {kl[-1]:.2f} | {latents.information_nats:.1f} of at most "
            f"{latents.most_information_nats:.1f} | {latents.reconstruction_error_db:.2f} | "
            f"{latents.other_input_error_db:.2f} | {100 * latents.own_nearest_share:.1f} |"
        )
    return lines


def _spread_lines(report: FoldReport) -> list[str]:
    lines = []
    if report.spreads is not None:
        spreads = report.spreads
        lines += [
            "",
            f"## Diversity, fold {report.fold}",
            "",
            f"Mean distance in the embedding of {EMBEDDING}, {spreads.n_sources} recordings, {spreads.n_each} seconds "
            f"of each, all rendered: real seconds of one recording {spreads.inside_source:.2f}, of two recordings of "
            f"one label {spreads.inside_label:.2f}.",
            "",
            "| | variations of one source | variation to its source |",
            "|---|---|---|",
            *(
                f"| {name} | {value:.2f} | {spreads.to_source[name]:.2f} |"
                for name, value in spreads.of_variations.items()
            ),
        ]
    if report.copying:
        lines += [
            "",
            f"## Copying, fold {report.fold}",
            "",
            "Distance to the nearest window that was learnt from, of any other recording than the source. The last "
            "column is 1 for real sounds; far above it would mean copies.",
            "",
            "| | median | nearest hundredth | nearer than a hundredth of the real (%) |",
            "|---|---|---|---|",
            *(
                f"| {row.maker} | {row.median:.2f} | {row.least:.2f} | {100 * row.below_real_share:.1f} |"
                for row in report.copying
            ),
        ]
    if report.sets:
        lines += [
            "",
            f"## Distance to real sounds, fold {report.fold}",
            "",
            f"FAD and KAD in the embedding of {EMBEDDING}: sounds of one half of the fold's recordings against real "
            f"windows of the other half, {report.sets[0].n_sounds} against {report.sets[0].n_reference}. The first row "
            "is the floor.",
            "",
            "| | FAD | KAD |",
            "|---|---|---|",
            *(f"| {row.maker} | {row.frechet:.2f} | {row.kernel:.2f} |" for row in report.sets),
        ]
    return lines


def _spread(shares: Sequence[float]) -> str:
    if not shares:
        return "–"
    # A single run has no spread, and none is not nought.
    spread = f" ± {100 * float(np.std(shares)):.1f}" if len(shares) > 1 else ""
    return f"{100 * float(np.mean(shares)):.1f}{spread}"
