"""Rows for tests: whole and valid, so that a test names only what it is about."""

from typing import Any
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import update
from sqlalchemy.orm import Session

from backend.catalogue import claims
from backend.catalogue.claims import Claim
from backend.catalogue.recordings import FoundSound, MadeSound
from backend.outbox import QUEUE_OF, TaskName
from backend.tables import (
    EMBEDDING_WIDTH,
    Deed,
    Job,
    JobState,
    Listener,
    Sound,
    SoundKind,
    Source,
    SourceKind,
)


def a_listener(session: Session) -> UUID:
    listener = Listener()
    session.add(listener)
    session.flush()
    return listener.id


def a_source(session: Session, **facts: Any) -> Source:
    source = Source(**({"kind": SourceKind.UPLOAD, "title": "Evening taps", "audio_key": a_key()} | facts))
    session.add(source)
    session.flush()
    return source


def a_job(session: Session, **facts: Any) -> Job:
    task = TaskName(facts.get("task", TaskName.LABEL_SOURCE))
    job = Job(**({"task": task, "queue": QUEUE_OF[task]} | facts))
    if job.state is JobState.RUNNING:
        job.claimed_by = job.claimed_by or "somebody"
    session.add(job)
    session.flush()
    return job


def a_sound(session: Session, **facts: Any) -> Sound:
    """A found sound of a public source, unless the facts say otherwise."""
    seed = facts.pop("near", None)
    if facts.get("kind") is SoundKind.MADE:
        own: dict[str, Any] = {"deed": Deed.VARIATION}
    else:
        source_id = facts.get("source_id") or a_source(session, listener_id=facts.get("listener_id")).id
        n_before = session.query(Sound).filter_by(source_id=source_id).count()
        own = {"kind": SoundKind.FOUND, "source_id": source_id, "ordinal": n_before, "start_s": 0.0, "end_s": 4.0}
    heard = {
        "trigger_slug": "nail_tapping",
        "confidence": 0.8,
        "probabilities": {"nail_tapping": 0.8},
        "duration_s": 4.0,
        "n_channels": 2,
        "play_gain_db": 0.0,
        "embedding": an_embedding(seed),
        "audio_key": a_key(),
        "peaks": [0.0, 0.5],
    }
    sound = Sound(**(heard | own | facts))
    session.add(sound)
    session.flush()
    return sound


def a_claim(session: Session, job: Job, worker: str = "worker-1") -> Claim:
    """A worker's hold on a queued job."""
    taken = claims.claim(session, job.id, worker, task=TaskName(job.task))
    assert taken is not None
    return taken


def goes_silent(session: Session, job_id: UUID, seconds: float = 3600.0) -> None:
    """Let a worker's last beat lie in the past."""
    beaten = claims._clock() - claims._interval(seconds)
    session.execute(update(Job).where(Job.id == job_id).values(heartbeat_at=beaten))


def a_found_sound(**facts: Any) -> FoundSound:
    return FoundSound(**(_heard() | {"start_s": 1.0, "end_s": 4.0} | facts))


def a_made_sound(**facts: Any) -> MadeSound:
    made = {"deed": Deed.VARIATION, "network": "vae", "weights_version": "1", "seed": 7, "settings": {"strength": 0.5}}
    return MadeSound(**(_heard() | made | facts))


def an_embedding(seed: int | None = None) -> list[float]:
    """A unit vector. [EMBEDDING_WIDTH]"""
    vector = np.random.default_rng(seed).normal(size=EMBEDDING_WIDTH)
    return [float(x) for x in vector / np.linalg.norm(vector)]


def a_key() -> str:
    name = uuid4().hex * 2
    return f"sha256/{name[:2]}/{name[2:]}"


def _heard() -> dict[str, Any]:
    return {
        "trigger": "rain",
        "confidence": 0.9,
        "probabilities": {"rain": 0.9, "water": 0.1},
        "duration_s": 3.0,
        "n_channels": 2,
        "loudness_lufs": -30.0,
        "true_peak_dbtp": -8.0,
        "play_gain_db": 7.0,
        "embedding": an_embedding(),
        "embedded_with": "cnn1d_tuned-1",
        "audio_key": a_key(),
        "mel_key": a_key(),
        "peaks": [0.1, 0.2],
    }
