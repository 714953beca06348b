"""Mixes over JSON."""

from __future__ import annotations

from fastapi import APIRouter

from backend.catalogue import jobs, mixes
from backend.catalogue.errors import IdempotencyConflict, NoSuchSound, TooManyRequests
from backend.routes.deps import CallerDep, IdempotencyKey, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.problems import problems
from backend.routes.schemas.jobs import JobAnswer, JobBody
from backend.routes.schemas.making import MixBody

router = APIRouter(prefix="/mixes", tags=["making"])


@router.post(
    "",
    status_code=202,
    dependencies=[limited(Deed.MAKE)],
    responses=problems(NoSuchSound, IdempotencyConflict, TooManyRequests),
)
def mix_sounds(
    wanted: MixBody, session: SessionDep, caller: CallerDep, idempotency_key: IdempotencyKey = None
) -> JobAnswer:
    """Ask for a sound between two others; the job's result is the new sound, private to the caller."""
    job = mixes.submit(
        session,
        listener_id=caller.listener_id,
        first_id=wanted.first_id,
        second_id=wanted.second_id,
        network=wanted.network,
        blend=wanted.blend,
        seconds=wanted.seconds,
        space=wanted.space,
        loop=wanted.loop,
        seed=wanted.settled_seed(caller.listener_id, idempotency_key),
        idempotency_key=idempotency_key,
    )
    return JobAnswer(job=JobBody.of(job, position=jobs.position(session, job)))
