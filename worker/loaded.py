"""The networks of this process: each loaded once, when first needed, and made quick before the first listener waits."""

import logging
import threading
import time
from collections import deque
from functools import lru_cache

import numpy as np

from models.audio.mel import MEL
from models.audio.seconds import SECOND_SAMPLES
from models.audio.space import Space
from models.audio.windows import WINDOW_FRAMES
from models.errors import NotATagger, SoundError
from models.inference.classify import Classifier, load_classifier, load_ears
from models.inference.finish import DEFAULT_RENDERER, finished
from models.inference.generate import KINDS, Generator, load_generator, vary_in_parts
from models.inference.path import n_frames_for
from models.pretrained import CLASSIFIER, manifest

log = logging.getLogger(__name__)

WARM_UP_S = 8.0
"""As long as the first stretch that is painted and rendered of a longer sound."""

_loading = threading.RLock()


def classifier() -> Classifier:
    """Give the classifier that labels sounds."""
    with _loading:
        return _classifier()


def generator(name: str) -> Generator:
    """Give a generator.

    Args:
        name: "vae" or "cgan".

    Raises:
        UnknownNetwork: if there is no generator of this name.
        WrongWeights: if its file is not the promoted one.
    """
    with _loading:
        return _generator(name)


def embedded_with() -> str | None:
    """Tell by which weights sounds are embedded, without loading them; None where the manifest cannot be read."""
    try:
        return manifest()[CLASSIFIER].version
    except (SoundError, KeyError) as error:
        log.error("the classifier's weights cannot be told: %s", error)
        return None


def warm_up_in_background() -> None:
    """Load all networks and use each once, because TensorFlow traces a graph at its first use."""
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()


def _warm_up() -> None:
    started_at = time.monotonic()
    mel = np.random.default_rng(0).uniform(-60.0, -20.0, (2 * WINDOW_FRAMES, MEL.n_mels)).astype(np.float32)
    try:
        ears = classifier()
        ears.predict(mel[None, :WINDOW_FRAMES], np.zeros((1, SECOND_SAMPLES), dtype=np.float32))
        log.info("sounds are labelled by %s", ears.version)
        for name in KINDS:
            loaded = generator(name)
            painted = vary_in_parts(
                loaded, mel, label=loaded.labels[0], strength=0.5, seconds=WARM_UP_S, seed=0, hear=ears.embed
            )
            made = finished(
                painted,
                renderer=DEFAULT_RENDERER,
                seed=0,
                sources=[np.ones((MEL.sample_rate_hz, 1), dtype=np.float32)],
                blend=0.0,
                space=Space.SOURCE,
                is_loop=False,
                n_frames=n_frames_for(WARM_UP_S),
            )
            deque(made, maxlen=0)
    except SoundError as error:
        # The jobs that need this network will say so to those who wait for them.
        log.warning("a network cannot be used: %s", error)
    log.info("networks ready after %.1f s", time.monotonic() - started_at)


@lru_cache(maxsize=1)
def _classifier() -> Classifier:
    try:
        return load_ears()
    except NotATagger as error:
        # Listeners need not wait for the operator: what is labelled meanwhile says so in its weights version.
        log.error("%s Sounds are labelled without a second opinion.", error)
        return load_classifier()


@lru_cache(maxsize=len(KINDS))
def _generator(name: str) -> Generator:
    return load_generator(name)
