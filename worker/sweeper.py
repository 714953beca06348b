"""A thread in every worker that takes up jobs whose worker died and sends again what has no message.

Any number may sweep at once: rows are locked with SKIP LOCKED.
"""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from backend.catalogue import claims
from backend.database import one_transaction

log = logging.getLogger(__name__)

_over = threading.Event()


def start() -> None:
    """Sweep from now on, every few seconds."""
    _over.clear()
    threading.Thread(target=_sweep_until_over, name="sweeper", daemon=True).start()


def stop() -> None:
    """Sweep no more."""
    _over.set()


def _sweep_until_over() -> None:
    is_away = False
    while not _over.wait(claims.SWEEP_EVERY_S):
        try:
            with one_transaction() as session:
                sent = claims.sweep(session)
        except SQLAlchemyError as away:
            if not is_away:
                log.warning("database away, sweeping again when it is back: %s", away)
            is_away = True
            continue
        except Exception:
            # A sweeper that died of one strange row would leave all other jobs lying.
            log.exception("sweep failed")
            continue
        is_away = False
        for job in sent:
            log.info("job %s (%s) sent again", job.id, job.task)
