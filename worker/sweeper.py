"""What every worker tidies beside its jobs: dead workers' jobs, lost messages, the map, drafts, bytes without a name.

Any number of workers may sweep at once: jobs are locked with SKIP LOCKED, and for the bytes one lock serves all.
"""

import logging
import random
import threading
from collections.abc import Callable
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from backend.catalogue import claims, drafts, orphans, parts
from backend.catalogue import map as catalogue_map
from backend.catalogue.errors import CatalogueError
from backend.database import one_transaction
from worker.stored import storage

log = logging.getLogger(__name__)

MAP_EVERY_S = 20.0
PARTS_EVERY_S = 300.0
DRAFTS_EVERY_S = 900.0
ORPHANS_EVERY_S = 3600.0
_ORPHANS_LOCK = "deepasmr sweep of orphans"

_over = threading.Event()


def start(*, embedded_with: str | None = None) -> None:
    """Sweep from now on: jobs and the map every few seconds, passing bytes within minutes, others within an hour.

    Args:
        embedded_with: The classifier's weights, where this worker knows them.
    """
    _over.clear()
    for sweep, every_s in (
        (sweep_jobs, claims.SWEEP_EVERY_S),
        (partial(sweep_map, embedded_with=embedded_with), MAP_EVERY_S),
        (sweep_parts, PARTS_EVERY_S),
        (sweep_drafts, DRAFTS_EVERY_S),
        (sweep_orphans, ORPHANS_EVERY_S),
    ):
        name = getattr(sweep, "func", sweep).__name__
        threading.Thread(target=_repeat, args=(sweep, name, every_s), name=name, daemon=True).start()


def stop() -> None:
    """Sweep no more."""
    _over.set()


def sweep_jobs() -> None:
    """Take up jobs whose worker stopped beating, and send again what has no message."""
    with one_transaction() as session:
        sent = claims.sweep(session)
    for job in sent:
        log.info("job %s (%s) sent again", job.id, job.task)


def sweep_map(*, embedded_with: str | None = None) -> None:
    """Put onto the map what is missing there, and have it drawn anew when catalogue or classifier have outgrown it."""
    with one_transaction() as session:
        catalogue_map.place(session)
        catalogue_map.draw_if_due(session, embedded_with=embedded_with)


def sweep_parts() -> None:
    """Delete what was heard of sounds while they were made, once they are kept or given up."""
    with one_transaction() as session:
        n_deleted = parts.sweep(session, storage())
    if n_deleted:
        log.info("%d parts of sounds that are made are gone", n_deleted)


def sweep_drafts() -> None:
    """Delete the drafts of yesterday that nobody kept."""
    with one_transaction() as session:
        n_deleted = drafts.sweep(session)
    if n_deleted:
        log.info("%d drafts that nobody kept are gone", n_deleted)


def sweep_orphans() -> None:
    """Delete stored bytes that no row has named for a day, unless another worker is at it."""
    with one_transaction() as session:
        if session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(_ORPHANS_LOCK, 0)))):
            n_deleted = orphans.sweep(session, storage())
            if n_deleted:
                log.info("%d stored objects that nothing named are gone", n_deleted)


def _repeat(sweep: Callable[[], None], name: str, every_s: float) -> None:
    """Sweep until told to stop; workers that started together drift apart."""
    is_away = False
    while not _over.wait(every_s * random.uniform(0.8, 1.2)):
        try:
            sweep()
        except (SQLAlchemyError, CatalogueError) as away:
            if not is_away:
                log.warning("%s: database or storage away, again when it is back: %s", name, away)
            is_away = True
        except Exception:
            # A sweeper that died of one strange row would leave all other jobs lying.
            log.exception("%s failed", name)
        else:
            is_away = False
