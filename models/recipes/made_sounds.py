"""Seconds made from a draw, as pictures and as audio that was rendered from them and heard again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.mel import MEL, log_mel
from models.audio.render import render
from models.audio.windows import WINDOW_FRAMES
from models.inference.tagger import TAGGER_WIDTH, Tagger
from models.recipes.corpus import Corpus
from models.recipes.generator_draws import Draw
from models.recipes.jury import Jury
from models.recipes.painters import Painter, excerpt, first_second

RENDERER_SEED = 0


@dataclass(frozen=True)
class Sounds:
    """Seconds that were made from draws, as judges hear them."""

    pictures: FloatArray
    """Mel windows in dB. [n, 100, 128]"""
    rendered: npt.NDArray[np.int64]
    """Which were rendered. [n_rendered]"""
    again: FloatArray
    """Mel windows of the rendered audio. [n_rendered, 100, 128]"""
    embeddings: FloatArray | None
    """The tagger's, of the rendered audio. [n_rendered, 1024]"""


def make_variations(painter: Painter, corpus: Corpus, jury: Jury, draw: Draw, *, seed: int) -> Sounds:
    """Vary what was drawn, and render a part of it."""
    made = [
        painter.vary(excerpt(corpus, jury.windows, row), corpus.labels[jury.windows.label[row]], seed + number)
        for number, row in enumerate(draw.varied.tolist())
    ]
    return heard(made, np.flatnonzero(draw.rendered), jury.tagger)


def make_blends(painter: Painter, corpus: Corpus, jury: Jury, rows: npt.NDArray[np.int64], *, seed: int) -> Sounds:
    """Blend pairs of windows half and half. rows: [n, 2]."""
    made = []
    for number, (first, second) in enumerate(rows.tolist()):
        labels = (corpus.labels[jury.windows.label[first]], corpus.labels[jury.windows.label[second]])
        sources = (excerpt(corpus, jury.windows, first), excerpt(corpus, jury.windows, second))
        made.append(painter.mix(*sources, labels, seed + number))
    return heard(made, np.arange(len(rows)), jury.tagger)


def real_seconds(corpus: Corpus, jury: Jury, rows: npt.NDArray[np.int64], rendered: npt.NDArray[np.int64]) -> Sounds:
    """Windows as they are, rendered from their pictures as generated ones are. rows: ordinals into jury.windows."""
    made = [first_second(excerpt(corpus, jury.windows, row)) for row in rows.tolist()]
    return heard(made, rendered, jury.tagger)


def heard(made: Sequence[FloatArray], rendered: npt.NDArray[np.int64], tagger: Tagger | None) -> Sounds:
    """Render a part of what was painted and let the tagger hear it. made: [101, 128] each."""
    shape = (WINDOW_FRAMES, MEL.n_mels)
    pictures = np.stack([mel[:WINDOW_FRAMES] for mel in made]) if made else np.zeros((0, *shape), dtype=np.float32)
    again = np.zeros((len(rendered), *shape), dtype=np.float32)
    embeddings = None if tagger is None else np.zeros((len(rendered), TAGGER_WIDTH), dtype=np.float32)
    for place, which in enumerate(rendered.tolist()):
        audio = render(made[which], seed=RENDERER_SEED)
        again[place] = log_mel(audio)[:WINDOW_FRAMES]
        if tagger is not None and embeddings is not None:
            embeddings[place] = tagger.hear(audio[None])[0]
    return Sounds(pictures, rendered, again, embeddings)
