"""Variations over JSON."""

from __future__ import annotations

from fastapi import APIRouter

from backend.catalogue import jobs, variations
from backend.catalogue.errors import IdempotencyConflict, NoSuchSound, TooManyRequests
from backend.routes.deps import CallerDep, IdempotencyKey, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.problems import problems
from backend.routes.schemas.jobs import JobAnswer, JobBody
from backend.routes.schemas.making import VariationBody

router = APIRouter(prefix="/variations", tags=["making"])


@router.post(
    "",
    status_code=202,
    dependencies=[limited(Deed.MAKE)],
    responses=problems(NoSuchSound, IdempotencyConflict, TooManyRequests),
)
def vary_sound(
    wanted: VariationBody, session: SessionDep, caller: CallerDep, idempotency_key: IdempotencyKey = None
) -> JobAnswer:
    """Ask for a sound like another one; the job's result is the new sound, private to the caller."""
    job = variations.submit(
        session,
        listener_id=caller.listener_id,
        sound_id=wanted.sound_id,
        network=wanted.network,
        strength=wanted.strength,
        seconds=wanted.seconds,
        space=wanted.space,
        loop=wanted.loop,
        seed=wanted.settled_seed(caller.listener_id, idempotency_key),
        idempotency_key=idempotency_key,
    )
    return JobAnswer(job=JobBody.of(job, position=jobs.position(session, job)))
