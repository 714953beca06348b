"""What the figures of the thesis share: sources, painters, and networks that are trained for a picture alone."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from models.audio import FloatArray
from models.audio.render import render
from models.audio.windows import WINDOW_FRAMES
from models.errors import NoRecordings
from models.inference.pictures import reference_db, to_mel, to_picture
from models.networks import weights_file
from models.networks.catalogue import build
from models.recipes.corpus import Corpus
from models.recipes.epochs import watched_epochs
from models.recipes.generator_figures import Panel
from models.recipes.made_sounds import RENDERER_SEED
from models.recipes.painters import Trained, excerpt, first_second
from models.recipes.runs import CARD, WEIGHTS

TAPPING, BRUSHING = "nail_tapping", "brushing"
LABELS = (TAPPING, BRUSHING, "whispering_woman", "eating_mukbang")
"""What is drawn; where the fold lacks one of the last two, it is left out."""
Pictures = dict[str, FloatArray]
"""Level in dB, by label. [100, 128] each"""


@dataclass(frozen=True)
class Drawer:
    """Knows what to draw and where to."""

    corpus: Corpus
    out: Path
    sources: dict[str, int]
    """A window for each label. Ordinals into corpus.windows."""
    painters: dict[str, Trained]
    """By kind."""
    fold: int
    """The sources'; what is trained for a picture does not hear it."""
    seed: int
    trainings: Path | None
    """Folder of short trainings, or None where none are wanted."""
    tell: Callable[[str], None]

    def excerpt(self, label: str) -> FloatArray:
        """The source of a label. -> [100 to 200, 128] in dB."""
        return excerpt(self.corpus, self.corpus.windows, self.sources[label])

    def panel(self, title: str, mel: FloatArray, *, is_heard: bool = False) -> Panel:
        """A picture in a figure, rendered where its waveform is to be drawn. mel: [100 or 101, 128] in dB."""
        return Panel(title, mel[:WINDOW_FRAMES], render(mel, seed=RENDERER_SEED) if is_heard else None)

    def epochs(self, network: str) -> list[Pictures] | None:
        """What a network paints of the sources after each epoch of a short training; None where none is wanted."""
        if self.trainings is None:
            return None
        pictures, levels_db = self._pictures()
        windows = self.corpus.windows
        painted = watched_epochs(
            network,
            self.corpus,
            windows.where(windows.fold != self.fold),
            pictures,
            [self.corpus.labels.index(label) for label in self.sources],
            out=self.trainings / f"{network}-fold{self.fold}-seed{self.seed}",
            seed=self.seed,
            tell=self.tell,
        )
        return [self._mels(epoch, levels_db) for epoch in painted]

    def repainted(self, network: str, run: Path | None) -> Pictures | None:
        """What an autoencoder of any kind makes of the sources: a finished run's, or one of a short training."""
        if run is None:
            epochs = self.epochs(network)
            return None if epochs is None else epochs[-1]
        card = json.loads((run / CARD).read_text(encoding="utf-8"))
        trained = build(card["network"], n_labels=len(card["labels"]))
        weights_file.load(run / WEIGHTS, trained)
        pictures, levels_db = self._pictures()
        return self._mels(keras.ops.convert_to_numpy(trained(pictures, training=False)["picture"]), levels_db)

    def _pictures(self) -> tuple[FloatArray, list[float]]:
        sources = [first_second(self.excerpt(label))[:WINDOW_FRAMES] for label in self.sources]
        levels_db = [reference_db(mel) for mel in sources]
        return np.stack([to_picture(mel, level) for mel, level in zip(sources, levels_db, strict=True)]), levels_db

    def _mels(self, pictures: FloatArray, levels_db: list[float]) -> Pictures:
        return {
            label: to_mel(picture, level)
            for label, picture, level in zip(self.sources, pictures, levels_db, strict=True)
        }


def sources_of(corpus: Corpus, fold: int) -> dict[str, int]:
    """Choose what is drawn: of each label a window louder than three quarters; the loudest may be an accident.

    Args:
        corpus: The recordings.
        fold: Whose.

    Returns:
        Ordinals into corpus.windows, by label in the order of LABELS.

    Raises:
        NoRecordings: if the fold has no tapping or no brushing.
    """
    windows = corpus.windows
    sources = {}
    for label in LABELS:
        is_meant = windows.label == (corpus.labels.index(label) if label in corpus.labels else -2)
        rows = np.flatnonzero(is_meant & (windows.fold == fold))
        if len(rows):
            sources[label] = int(rows[np.argsort(windows.level_dbfs[rows])[3 * len(rows) // 4]])
    if not {TAPPING, BRUSHING} <= set(sources):
        raise NoRecordings(f"Fold {fold} has no {TAPPING} or no {BRUSHING} to draw.", fold=fold)
    return sources
