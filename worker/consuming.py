"""Heals a consumer that lost its broker at the one moment in which Celery does not notice.

If Redis goes away while a job runs, the message cannot be acknowledged when the job ends. Celery logs that and goes
on, but the channel counts the message as still out, so with a prefetch of one it never asks Redis for another, and as
it never asks it never finds the connection broken: the worker idles for ever. Seen with Celery 5.7 and kombu 5.7.
"""

import logging
import threading
from typing import Any

from celery.worker import state

log = logging.getLogger(__name__)

CHECK_EVERY_S = 2.0


def watch(consumer: Any) -> None:
    """Look after a Celery consumer for as long as the process lives."""
    threading.Thread(target=_watch, args=(consumer,), name="consumer-watch", daemon=True).start()


def _watch(consumer: Any) -> None:
    was_stuck = False
    pause = threading.Event()
    while not pause.wait(CHECK_EVERY_S):
        is_stuck = _is_stuck(consumer)
        # Twice in a row: between a message's arrival and its job's beginning there is a moment that looks the same.
        if is_stuck and was_stuck:
            log.warning("the broker was lost while a job ended: connecting anew")
            consumer.hub.call_soon(_reconnect)
        was_stuck = is_stuck and not was_stuck


def _is_stuck(consumer: Any) -> bool:
    """Tell whether no job is in hand and yet the channel believes one is."""
    channel = getattr(getattr(consumer, "task_consumer", None), "channel", None)
    if channel is None or state.reserved_requests:
        return False
    return not channel.qos.can_consume()


def _reconnect() -> None:
    """Raise, inside the consumer's loop, what makes it drop the connection and open another."""
    raise ConnectionResetError("the broker was lost while a job ended")
