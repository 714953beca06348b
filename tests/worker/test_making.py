"""Making a sound can be stopped between any two of its steps."""

from uuid import uuid4

import numpy as np
import pytest

from backend.catalogue.claims import Claim
from backend.outbox import TaskName
from backend.tables import Deed
from models.audio.mel import log_mel
from worker import making
from worker.held import HeldJob, Interrupted, Interruption


def test_a_cancel_while_a_minute_is_rendered_stops_it_before_its_next_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Claim(uuid4(), "worker-1", 1, TaskName.VARY_SOUND, uuid4(), None, {"seed": 7}, 0)
    job = HeldJob(claim)
    shares: list[float] = []
    report = job.report

    def cancelled_meanwhile(progress: float | None = None, phase: str | None = None) -> None:
        report(progress, phase)
        shares.append(progress or 0.0)
        if len(shares) == 2:
            job.interrupt(Interruption.CANCELLED)

    monkeypatch.setattr(job, "report", cancelled_meanwhile)
    noise = np.random.default_rng(0).standard_normal(20 * 44_100).astype(np.float32) * 0.1
    with pytest.raises(Interrupted):
        making.keep(
            job,
            log_mel(noise),
            deed=Deed.VARIATION,
            network="vae",
            weights_version="0",
            settings={},
            parents=(None, None),  # type: ignore[arg-type] # never reached
        )
    assert len(shares) == 2
    assert shares[0] < shares[1] < 0.6
