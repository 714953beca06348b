"""Does the platform learn a taste? Simulated listeners, beside three simpler ways of proposing sounds.

    PYTHONPATH=. python bench/taste.py [--data DIR] [--listeners N]

Embeds each labelled recording of a folder with the shipped classifier (without a folder: draws embeddings that lie like
those), puts them into a real catalogue, and lets listeners who secretly like three triggers use it
(tests/listening.py). Printed for each way of proposing sounds: the
share of proposals that were liked and not heard before, and the share of listeners who met the liked trigger that they
had told nobody of.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from backend.catalogue.picks import BACKGROUND
from backend.migrations import migrate
from backend.settings import Settings
from tests import listening, services

N_WINDOWS = 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of recordings")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="folder of decoded recordings")
    parser.add_argument("--listeners", type=int, default=10)
    words = parser.parse_args()
    labels, embeddings = embed(words.data, words.cache) if words.data else listening.clouds(20, 30, seed=0)
    with services.postgres() as url:
        settings = Settings(database_url=url)
        migrate(settings.database_url)
        print(f"{len(labels)} recordings of {len(set(labels))} triggers, {words.listeners} listeners")
        for choose in (listening.by_chance, listening.by_mean, listening.by_last, listening.by_taste):
            print(f"{choose.__name__:10s} {told(settings, labels, embeddings, choose, words.listeners)}")


def told(
    settings: Settings, labels: list[str], embeddings: np.ndarray, choose: listening.Choose, n_listeners: int
) -> str:
    """Let listeners live by one way of proposing, in a catalogue of their own, and say how they fared."""
    from backend import database

    with database.engine(settings).connect() as connection, connection.begin() as everything:
        with Session(connection, join_transaction_mode="create_savepoint", info={"settings": settings}) as session:
            world = listening.settle(session, labels, embeddings)
            outcome = listening.live(session, world, choose, n_listeners=n_listeners)
        everything.rollback()
    return f"hit rate {outcome.hit_rate:.3f}   discovered {outcome.discovered:.2f}"


def embed(data: Path, cache: Path) -> tuple[list[str], np.ndarray]:
    """Embed the labelled recordings of triggers as the platform embeds sounds. -> labels, [n_recordings, 256]."""
    from models.inference.classify import load_classifier, sound_embedding
    from models.recipes.corpus import open_corpus

    corpus, classifier = open_corpus(data, cache), load_classifier()
    labels, embeddings = [], []
    for place, recording in enumerate(corpus.recordings):
        chosen = np.flatnonzero(corpus.windows.recording == place)[:N_WINDOWS]
        if recording.label in {None, BACKGROUND} or not len(chosen):
            continue
        heard = classifier.predict(corpus.mel_of(corpus.windows.where(chosen)))
        labels.append(str(recording.label))
        embeddings.append(sound_embedding(heard.embeddings))
    return labels, np.stack(embeddings)


if __name__ == "__main__":
    main()
