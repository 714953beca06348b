"""Pictures of what generators make: mel pictures with their axes, and waveforms where they say more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from models.audio import FloatArray
from models.audio.mel import MEL
from models.audio.windows import FRAMES_PER_S
from models.recipes.classifier_report import readable
from models.recipes.figures import COLOURS, DPI

RANGE_DB = 70.0
"""What the colours span, down from the loudest cell of a figure."""
_TICKS_KHZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_LEVEL_COLOURS = "magma"
_WAVE_COLOUR = "#0072b2"


@dataclass(frozen=True)
class Panel:
    """One sound in a figure."""

    title: str
    mel: FloatArray
    """Level in dB. [n_frames, 128]"""
    audio: FloatArray | None = None
    """44.1 kHz, drawn below where it is given. [n_samples]"""


def draw_panels(path: Path, title: str, rows: Sequence[Sequence[Panel]]) -> None:
    """Draw sounds row by row, on one scale of levels.

    Args:
        path: PNG to write.
        title: Above all.
        rows: Panels, as many in each row; a row whose panels have audio gets their waveforms below it.
    """
    n_columns = max(len(row) for row in rows)
    heights = [height for row in rows for height in ((2.1, 0.8) if _has_audio(row) else (2.1,))]
    figure = Figure(figsize=(1.4 + 2.5 * n_columns, 0.9 + sum(heights) * 1.15), layout="constrained")
    grid = figure.add_gridspec(len(heights), n_columns, height_ratios=heights)
    loudest_db = max(float(panel.mel.max()) for row in rows for panel in row)
    image: AxesImage | None = None
    of_mel: list[Axes] = []
    place = 0
    for row in rows:
        for column, panel in enumerate(row):
            axes = figure.add_subplot(grid[place, column])
            image = _draw_mel(axes, panel, loudest_db)
            of_mel.append(axes)
            if column == 0:
                axes.set_ylabel("kHz")
            if panel.audio is None:
                axes.set_xlabel("s")
            else:
                below = figure.add_subplot(grid[place + 1, column], sharex=axes)
                _draw_wave(below, panel.audio, max(float(np.abs(p.audio).max()) for p in row if p.audio is not None))
                if column == 0:
                    below.set_ylabel("amplitude", fontsize=8)
        place += 2 if _has_audio(row) else 1
    if image is not None:
        figure.colorbar(image, ax=of_mel, label="dB re full scale", shrink=min(1.0, 1.6 / len(rows)), aspect=30)
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=DPI)


def draw_shares(path: Path, title: str, shares: Mapping[str, Mapping[str, float]]) -> None:
    """Draw the share of each label's sounds that a judge hears as it should, makers side by side.

    Args:
        path: PNG to write.
        title: Above all.
        shares: By maker and label, between 0 and 1; at most eight makers.
    """
    labels = sorted({label for of_label in shares.values() for label in of_label})
    figure = Figure(figsize=(7.5, 1.2 + len(labels) * (0.14 + 0.11 * len(shares))), layout="constrained")
    axes = figure.add_subplot()
    height = 0.8 / len(shares)
    for ordinal, (maker, of_label) in enumerate(shares.items()):
        places = np.arange(len(labels)) + (ordinal - (len(shares) - 1) / 2) * height
        values = [100.0 * of_label.get(label, 0.0) for label in labels]
        axes.barh(places, values, height, label=maker, color=COLOURS[ordinal % len(COLOURS)])
    axes.set_yticks(range(len(labels)), [readable(label) for label in labels], fontsize=9)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0.0, 100.0)
    axes.set_xlabel("variations heard as their source (%)")
    axes.grid(axis="x", alpha=0.3)
    axes.set_title(title, fontsize=11)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    figure.savefig(path, dpi=DPI)


def draw_kl(path: Path, kl_of_unit_nats: Mapping[str, Sequence[float]]) -> None:
    """Draw how much each latent says, greatest first: a collapsed network's curve lies on the floor.

    Args:
        path: PNG to write.
        kl_of_unit_nats: By the network's version, at most eight.
    """
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    axes = figure.add_subplot()
    for ordinal, (version, kl) in enumerate(kl_of_unit_nats.items()):
        colour = COLOURS[ordinal % len(COLOURS)]
        axes.plot(np.arange(1, len(kl) + 1), np.maximum(kl, 1e-4), color=colour, label=version)
    axes.set_yscale("log")
    axes.set_xlabel("latent, by its KL")
    axes.set_ylabel("KL from the prior (nats)")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=9)
    axes.set_title("What each latent says of held-out windows", fontsize=11)
    figure.savefig(path, dpi=DPI)


def _has_audio(row: Sequence[Panel]) -> bool:
    return any(panel.audio is not None for panel in row)


def _draw_mel(axes: Axes, panel: Panel, loudest_db: float) -> AxesImage:
    n_frames, n_mels = panel.mel.shape
    image = axes.imshow(
        panel.mel.T,
        origin="lower",
        aspect="auto",
        cmap=_LEVEL_COLOURS,
        vmin=loudest_db - RANGE_DB,
        vmax=loudest_db,
        extent=(0.0, n_frames / FRAMES_PER_S, -0.5, n_mels - 0.5),
        interpolation="nearest",
    )
    axes.set_title(panel.title, fontsize=9)
    axes.set_yticks(bands_of_khz(_TICKS_KHZ), [f"{khz:g}" for khz in _TICKS_KHZ], fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    return image


def _draw_wave(axes: Axes, audio: FloatArray, most: float) -> None:
    axes.plot(np.arange(len(audio)) / MEL.sample_rate_hz, audio, color=_WAVE_COLOUR, linewidth=0.4)
    axes.set_ylim(-1.1 * most, 1.1 * most)
    axes.set_xlabel("s")
    axes.tick_params(labelsize=7)
    axes.ticklabel_format(axis="y", scilimits=(-2, 2))


def bands_of_khz(frequencies_khz: Sequence[float]) -> list[float]:
    """Where frequencies lie among the mel bands, counted from the lowest band's middle."""
    centres = librosa.mel_frequencies(n_mels=MEL.n_mels + 2, fmin=MEL.f_min_hz, fmax=MEL.f_max_hz)[1:-1]
    return [float(np.interp(1000.0 * khz, centres, np.arange(MEL.n_mels))) for khz in frequencies_khz]
