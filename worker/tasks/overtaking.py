"""Short work overtakes long work: nobody waits for a sound because hours of somebody's recording are listened to."""

import logging
import time

from sqlalchemy.exc import SQLAlchemyError

from backend.catalogue import claims
from backend.catalogue.parts import MAKES_A_SOUND
from backend.database import one_transaction
from worker import stopping
from worker.tasks.task import DEEDS, carry_out

log = logging.getLogger(__name__)

LOOKS_EVERY_S = 0.3


class Overtaking:
    """Within one long job: looks from time to time who waits for a sound, and makes it in between.

    One process still does one thing at a time, with one set of networks. The long job's heart beats on meanwhile, and a
    message that comes for what was made finds nothing to do.
    """

    def __init__(self) -> None:
        """Begin with the first look."""
        self._looked_at = 0.0

    def let_pass(self) -> None:
        """Make what waits to be made, each once; to be called where the long job can stop."""
        if time.monotonic() - self._looked_at < LOOKS_EVERY_S:
            return
        tasks = MAKES_A_SOUND & DEEDS.keys()
        before = None
        try:
            while not stopping.is_requested():
                with one_transaction() as session:
                    waiting = claims.first_waiting(session, tasks)
                if waiting is None or waiting == before:
                    break
                before = waiting
                job_id, task = waiting
                carry_out(DEEDS[task], task, job_id)
        except SQLAlchemyError as away:
            log.warning("nobody is let pass for now: %s", away)
        self._looked_at = time.monotonic()
