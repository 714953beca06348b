"""The promoted generators' scores, gathered and written as tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.inference.classify import Classifier
from models.inference.generate import load_generator
from models.pretrained import load
from models.recipes.corpus import Corpus
from models.recipes.generator_scores import (
    Fidelity,
    LatentScores,
    blend_fidelity,
    score_latents,
    source_fidelity,
    variation_fidelity,
)
from models.recipes.sampling import held_out

STRENGTHS = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class GeneratorReport:
    """One generator."""

    network: str
    version: str
    judge: str
    fold: int
    sources: Fidelity
    """The sources themselves under the classifier: what a perfect copy would reach."""
    variations: dict[str, Fidelity]
    """By strength."""
    blends: float
    latents: LatentScores | None


def report_generator(
    name: str, classifier: Classifier, corpus: Corpus, *, fold: int, n_per_label: int, seed: int
) -> GeneratorReport:
    """Score a promoted generator on one fold.

    Args:
        name: "vae" or "cgan".
        classifier: The judge; it should not have heard the fold.
        corpus: The recordings.
        fold: Whose windows are varied and blended.
        n_per_label: Variations for each label.
        seed: Of sources and draws.

    Returns:
        The report.
    """
    generator = load_generator(name)
    windows = held_out(corpus.windows, fold)
    draws = {"n_per_label": n_per_label, "seed": seed}
    return GeneratorReport(
        network=name,
        version=generator.version,
        judge=classifier.version,
        fold=fold,
        sources=source_fidelity(classifier, corpus, windows, **draws),
        variations={
            f"{strength:g}": variation_fidelity(generator, classifier, corpus, windows, strength=strength, **draws)
            for strength in STRENGTHS
        },
        blends=blend_fidelity(generator, classifier, corpus, windows, n_blends=min(100, n_per_label), seed=seed),
        latents=score_latents(load(name).network, corpus, fold) if name == "vae" else None,
    )


def generator_markdown(reports: Sequence[GeneratorReport]) -> str:
    """Write reports as tables: shares in per cent, per label below."""
    judges = ", ".join(sorted({report.judge for report in reports}))
    lines = [
        f"Share (%) of one-second sounds that the judge ({judges}) hears as their source's label; blends of "
        "tapping and brushing count when both labels together pass one half.",
        "",
        "| network | sources | strength 0 | strength 0.5 | strength 1 | blends |",
        "|---|---|---|---|---|---|",
    ]
    for report in reports:
        cells = [report.sources.overall, *(fidelity.overall for fidelity in report.variations.values()), report.blends]
        lines.append(f"| {report.version} | " + " | ".join(f"{100 * cell:.1f}" for cell in cells) + " |")
    for report in reports:
        if report.latents is not None:
            latents = report.latents
            lines += [
                "",
                f"{report.version}, {latents.n_windows} held-out windows: reconstruction error "
                f"{latents.reconstruction_error_db:.2f} dB a cell ({latents.other_input_error_db:.2f} dB against "
                f"another input's reconstruction), KL {latents.kl_nats:.0f} nats, "
                f"{latents.n_active_units} active units of 256.",
            ]
        lines += [
            "",
            f"| {report.version} | sources | " + " | ".join(f"strength {s}" for s in report.variations) + " |",
            "|---|---|---|---|---|",
        ]
        for label, share in report.sources.of_label.items():
            cells = [share, *(fidelity.of_label[label] for fidelity in report.variations.values())]
            lines.append(f"| {label} | " + " | ".join(f"{100 * cell:.0f}" for cell in cells) + " |")
    return "\n".join(lines) + "\n"
