"""The map is drawn anew: all embeddings, a place for each."""

import time
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from backend.catalogue import map as catalogue_map
from backend.database import one_transaction
from backend.outbox import TaskName
from models.audio import FloatArray
from models.inference.layout import lay_out
from worker.held import HeldJob
from worker.tasks.anew import hear_anew
from worker.tasks.task import task

N_READ_AT_ONCE = 5_000
_GATHERED = 0.1
_DRAWN = 0.97


@task(TaskName.LAY_OUT_MAP)
def lay_out_map(job: HeldJob) -> None:
    """Gather the embeddings of all sounds, lay them out as like the last map as they allow, and record the places.

    A job that names the classifier's weights has the embeddings of others made anew before.
    """
    began_at = time.monotonic()
    if job.claim.arguments.get("embedded_with"):
        hear_anew(job, str(job.claim.arguments["embedded_with"]))
    job.report(0.0, "gathering")
    sound_ids, embeddings, before = _gather(job)
    job.report(_GATHERED, "drawing")
    places = lay_out(
        embeddings,
        seed=0,
        beginning=_beginning(embeddings, before),
        on_turn=lambda share: job.report(_GATHERED + share * (_DRAWN - _GATHERED)),
    )
    job.report(_DRAWN, "recording")
    job.record(
        lambda session: catalogue_map.record_layout(
            session,
            job.claim,
            sound_ids,
            places[:, 0].tolist(),
            places[:, 1].tolist(),
            took_s=time.monotonic() - began_at,
        )
    )


def _gather(job: HeldJob) -> tuple[list[UUID], FloatArray, FloatArray]:
    """Read ids, embeddings [n_sounds, width] and places on the last map, NaN where there is none [n_sounds, 2]."""
    sound_ids: list[UUID] = []
    embeddings: list[FloatArray] = []
    places: list[FloatArray] = []
    while True:
        # A transaction for each piece: none stays open for as long as a hundred thousand of them take.
        with one_transaction() as session:
            rows = catalogue_map.embeddings(
                session, after_id=sound_ids[-1] if sound_ids else None, limit=N_READ_AT_ONCE
            )
        if not rows:
            break
        sound_ids += [sound_id for sound_id, *_ in rows]
        embeddings.append(np.asarray([embedding for _, embedding, *_ in rows], dtype=np.float32))
        places.append(np.asarray([(x, y) for *_, x, y in rows], dtype=np.float32))
        job.report()
    if not sound_ids:
        return [], np.empty((0, 0), dtype=np.float32), np.empty((0, 2), dtype=np.float32)
    return sound_ids, np.concatenate(embeddings), np.concatenate(places)


def _beginning(embeddings: FloatArray, before: FloatArray) -> FloatArray | None:
    """Begin where the last map ended, if most sounds were on it; what was not begins in the middle."""
    is_known: NDArray[np.bool_] = np.all(np.isfinite(before), axis=1)
    if len(embeddings) == 0 or is_known.mean() < 0.5:
        return None
    return np.where(is_known[:, None], before, before[is_known].mean(axis=0)).astype(np.float32)
