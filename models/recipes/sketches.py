"""Rough renderings of every recording's own mel picture: what the vocoder learns to mend."""

import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.mel import MEL
from models.audio.render import SKETCH_ROUNDS, sketch_parts
from models.recipes.corpus import Corpus


def open_sketches(corpus: Corpus, *, tell: Callable[[str], None] = print) -> npt.NDArray[np.float32]:
    """Open the sketches of all recordings, making them first if this corpus never had any.

    Args:
        corpus: The recordings.
        tell: Where progress goes.

    Returns:
        Samples, where corpus.sample_offset says, a memory map. [n_samples]
    """
    path = corpus.folder / f"sketches-{SKETCH_ROUNDS}.f32"
    if not path.exists():
        tell(f"Sketching {len(corpus.recordings)} recordings into {path}")
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            for ordinal in range(len(corpus.recordings)):
                n_samples = int(corpus.sample_offset[ordinal + 1] - corpus.sample_offset[ordinal])
                file.write(_sketch(corpus.picture_of(ordinal), n_samples, seed=ordinal).tobytes())
                if (ordinal + 1) % 100 == 0:
                    tell(f"  {ordinal + 1} of {len(corpus.recordings)}")
        os.replace(part, path)
    return np.memmap(path, dtype=np.float32, mode="r")


def _sketch(picture: FloatArray, n_samples: int, *, seed: int) -> FloatArray:
    """A recording's picture as rough audio of its length; what is shorter than two frames is silence."""
    sketch = np.zeros(n_samples, dtype=np.float32)
    if len(picture) >= 2:
        drawn = np.concatenate(list(sketch_parts([picture], seed=seed)))[:n_samples]
        sketch[: (len(picture) - 1) * MEL.hop_samples] = drawn
    return sketch
