"""Fills an empty catalogue with a few minutes of synthetic foley, through the same door and pipeline as any upload.

Run by `deepasmr up` as a process of its own, after the pages are served: `python -m deepasmr.demo MARKER`.
"""

import logging
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select

from backend.catalogue import sources
from backend.database import one_transaction
from backend.settings import get_settings
from backend.storage import Storage, storage_of
from backend.tables import Source
from models.audio import FloatArray, encode, foley

log = logging.getLogger("deepasmr.demo")

LICENCE = "CC0-1.0"
# The first visitor's own uploads come before the demonstration.
POLITENESS = 10


def main() -> None:
    """Perform what is missing and leave the marker named on the command line, so that the next start skips it all."""
    os.nice(POLITENESS)
    logging.basicConfig(level=get_settings().log_level, format="%(message)s")
    n_submitted = submit_missing(foley.PERFORMANCES)
    log.info("%d synthetic performances submitted as a demonstration", n_submitted)
    Path(sys.argv[1]).touch()


def submit_missing(performances: Iterable[foley.Performance]) -> int:
    """Submit each performance that the catalogue does not have yet; after an interruption, the rest.

    Args:
        performances: What to perform, each under a title of its own.

    Returns:
        How many were submitted.
    """
    settings = get_settings()
    storage = storage_of(settings)
    n_submitted = 0
    for performance in performances:
        if not is_known(performance):
            submit(storage, performance, foley.perform(performance))
            n_submitted += 1
    return n_submitted


def is_known(performance: foley.Performance) -> bool:
    """Tell whether the catalogue has this performance."""
    same = select(Source.id).where(Source.is_synthetic, Source.title == performance.title)
    with one_transaction() as session:
        return session.scalar(same.limit(1)) is not None


def submit(storage: Storage, performance: foley.Performance, audio: FloatArray) -> None:
    """Store a performance and queue it for cataloguing, for everybody to see and marked as synthetic.

    Args:
        storage: Where its bytes go.
        performance: Its names.
        audio: Its sound at 44.1 kHz. [n_samples, 2]
    """
    with tempfile.TemporaryDirectory(prefix="deepasmr-demo-") as folder:
        path = Path(folder) / f"{performance.slug}.flac"
        encode.write(path, audio)
        n_bytes = path.stat().st_size
        key = storage.put_file(path)
    with one_transaction() as session:
        sources.submit_upload(
            session,
            listener_id=None,
            filename=performance.title,
            audio_key=key,
            n_bytes=n_bytes,
            media_type="audio/flac",
            is_synthetic=True,
            licence=LICENCE,
        )


if __name__ == "__main__":
    main()
