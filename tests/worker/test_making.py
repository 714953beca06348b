"""Making a sound can be stopped between any two of its steps."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from backend.catalogue.claims import Claim
from backend.outbox import TaskName
from backend.tables import Deed
from models.audio import FloatArray
from models.audio.mel import log_mel
from worker import loaded, making
from worker.held import HeldJob, Interrupted, Interruption


def test_a_cancel_while_ten_minutes_are_made_stops_the_painting(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {"seed": 7, "seconds": 600.0}
    job = HeldJob(Claim(uuid4(), "worker-1", 1, TaskName.VARY_SOUND, uuid4(), None, arguments, 0))
    n_painted = 0
    noise = np.random.default_rng(0).standard_normal(4 * 44_100).astype(np.float32) * 0.1

    def painted() -> Iterator[FloatArray]:
        nonlocal n_painted
        picture = log_mel(noise)[:400]
        while True:
            n_painted += 1
            if n_painted == 3:
                job.interrupt(Interruption.CANCELLED)
            yield picture

    monkeypatch.setattr(loaded, "classifier", lambda: SimpleNamespace(labels=(), hears_samples=False))
    parent: Any = SimpleNamespace(audio=noise[:, None])
    with pytest.raises(Interrupted):
        making.keep(
            job,
            painted(),
            deed=Deed.VARIATION,
            network="vae",
            weights_version="0",
            settings={},
            parents=[parent],
        )
    assert n_painted == 3


def test_what_had_to_be_done_otherwise_is_kept_with_the_sound() -> None:
    long, short = (making.Parent(None, None, np.zeros((n, 128), np.float32)) for n in (300, 40))  # type: ignore[arg-type]
    assert making.done_otherwise("cgan", "cgan", [long]) == {}
    assert making.done_otherwise("cgan", "vae", [long]) == {"asked_for": "cgan"}
    assert making.done_otherwise("vae", "vae", [long, short]) == {"filled_from_s": 0.4}
