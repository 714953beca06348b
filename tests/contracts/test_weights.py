"""What the trained networks say of themselves is what the catalogue and the signal code expect."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.tables import EMBEDDING_WIDTH, Trigger
from models.audio import windows
from models.audio.mel import MEL
from models.networks import shapes

# Read as it stands: the door to weights would load Keras.
MANIFEST: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[2] / "models" / "weights" / "manifest.toml").read_text()
)


@pytest.mark.db
def test_labels_of_the_networks_are_the_triggers_of_the_catalogue(session: Session) -> None:
    assert MANIFEST["labels"] == list(session.scalars(select(Trigger.slug).order_by(Trigger.ordinal)))


def test_embeddings_fit_the_catalogue_s_column() -> None:
    assert shapes.EMBEDDING_WIDTH == EMBEDDING_WIDTH


def test_networks_see_the_mel_pictures_that_the_code_makes() -> None:
    assert MANIFEST["mel"] == asdict(MEL)
    assert (shapes.N_MELS, shapes.WINDOW_FRAMES) == (MEL.n_mels, windows.WINDOW_FRAMES)
    assert shapes.WINDOW_SAMPLES == windows.WINDOW_FRAMES * MEL.hop_samples
