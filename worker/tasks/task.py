"""What every task has in common: it claims its job, beats while it works, and meets one of three fates."""

import logging
import time
from collections.abc import Callable
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from backend.catalogue import claims
from backend.catalogue.errors import CatalogueError, JobLost
from backend.database import one_transaction
from backend.outbox import TaskName
from worker.app import celery
from worker.fates import Bug, Refuse, Retry, fate_of
from worker.held import WORKER, HeldJob, Interrupted, Interruption, beating

log = logging.getLogger(__name__)

Deed = Callable[[HeldJob], None]
DEEDS: dict[TaskName, Deed] = {}
"""The deeds of the tasks that this process takes."""


def task(name: TaskName) -> Callable[[Deed], Deed]:
    """Let a function be the deed that a message of this name wakes.

    The function takes the held job, does the work and records it, with `claims.finish` or `claims.hand_on` in the
    transaction of its record. It catches nothing.
    """

    def register(deed: Deed) -> Deed:
        DEEDS[name] = deed

        def woken(job_id: str) -> None:
            carry_out(deed, name, UUID(job_id))

        celery.task(woken, name=name.value, shared=False)
        return deed

    return register


def carry_out(deed: Deed, name: TaskName, job_id: UUID) -> None:
    """Claim a job and do it, whatever comes of it; a job that another worker has is left alone."""
    started_at = time.monotonic()
    try:
        with one_transaction() as session:
            claim = claims.claim(session, job_id, WORKER, task=name)
    except SQLAlchemyError as away:
        log.warning("job %s (%s): not claimed, the sweeper sends it again: %s", job_id, name, away)
        return
    if claim is None:
        return
    log.info("job %s (%s): begun, attempt %d", job_id, name, claim.attempt)
    job = HeldJob(claim)
    try:
        with beating(job):
            job.report()
            deed(job)
        ending = "done"
    except Exception as error:
        ending = _settle(job, error)
    log.info("job %s (%s): %s after %.1f s", job_id, name, ending, time.monotonic() - started_at)


def _settle(job: HeldJob, error: Exception) -> str:
    """Record what became of a job that did not reach its end, and say it in a few words."""
    try:
        with one_transaction() as session:
            if isinstance(error, JobLost):
                return "lost to another worker"
            if isinstance(error, Interrupted):
                match error.interruption:
                    case Interruption.CANCELLED:
                        claims.stop(session, job.claim)
                    case Interruption.STOPPING:
                        claims.release(session, job.claim)
                return error.interruption.value
            match fate_of(error, job.claim.n_retries):
                case Retry(pause_s, problem):
                    state = claims.retry_later(session, job.claim, delay_s=pause_s, problem=problem)
                    return f"{state.value} again in {pause_s:.0f} s: {problem['detail']}"
                case Refuse(problem):
                    claims.fail(session, job.claim, problem)
                    return f"refused: {problem['detail']}"
                case Bug(incident, problem):
                    log.error("incident %s in job %s", incident, job.claim.job_id, exc_info=error)
                    claims.fail(session, job.claim, problem)
                    return f"failed, incident {incident}"
    except JobLost:
        return "lost to another worker"
    except (SQLAlchemyError, CatalogueError) as away:
        # The heartbeat has stopped, so a sweeper takes the job up.
        return f"left to the sweeper, its end could not be recorded: {away}"
