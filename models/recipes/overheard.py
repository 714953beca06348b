"""What the tagger hears in every recorded window: computed once for a corpus and kept in the cache folder."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.audio.mel import MEL
from models.audio.seconds import SECOND_SAMPLES
from models.inference.tagger import LEVEL_DBFS, TAGGER_WIDTH, Tagger
from models.recipes.corpus import Corpus

_WINDOWS_PER_BATCH = 256


def open_overheard(
    corpus: Corpus, cache: Path, tagger: Path, *, tell: Callable[[str], None] = print
) -> npt.NDArray[np.float16]:
    """Open the tagger's embeddings of all windows of a corpus, at the level at which the tagger is served.

    Args:
        corpus: The recordings.
        cache: Folder for what is computed from them.
        tagger: The tagger's file.
        tell: Where progress goes.

    Returns:
        In the order of corpus.windows. [n_windows, 1024]

    Raises:
        NotATagger: if the file is none.
    """
    path = cache / f"overheard-{corpus.fingerprint}{LEVEL_DBFS:.0f}dbfs.npy"
    if path.is_file():
        return np.load(path, mmap_mode="r", allow_pickle=False)
    tell(f"The tagger hears {len(corpus.windows)} recorded windows")
    loaded = Tagger(tagger)
    heard = np.zeros((len(corpus.windows), TAGGER_WIDTH), dtype=np.float16)
    for first in range(0, len(heard), _WINDOWS_PER_BATCH):
        rows = slice(first, first + _WINDOWS_PER_BATCH)
        seconds = [
            corpus.audio_of(int(recording), int(start) * MEL.hop_samples, SECOND_SAMPLES)
            for recording, start in zip(corpus.windows.recording[rows], corpus.windows.start_frame[rows], strict=True)
        ]
        heard[rows] = loaded.hear(np.stack(seconds))
    cache.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, heard, allow_pickle=False)
    os.replace(part, path)
    return heard
