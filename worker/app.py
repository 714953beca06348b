"""The Celery app: which queues there are, which tasks each needs, and how messages are taken.

A message only wakes a worker. The job's row is the truth: a message that comes twice finds the job claimed, and one
that is lost is sent again by the sweeper.
"""

import gc
import importlib
import logging
import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, setup_logging, worker_ready, worker_shutdown, worker_shutting_down
from kombu.entity import Exchange, Queue

from backend.settings import get_settings
from backend.tables import QueueName
from worker import consuming, stopping, sweeper

log = logging.getLogger(__name__)

# An ingest worker must run where TensorFlow is not installed, so each worker imports the tasks of its queues alone.
TASK_MODULES: dict[str, tuple[str, ...]] = {
    QueueName.INGEST: ("worker.tasks.ingest",),
    QueueName.SOUND: ("worker.tasks.label", "worker.tasks.vary", "worker.tasks.mix"),
    QueueName.MAP: ("worker.tasks.map",),
}
_WARM_UP_MODULE = "worker.loaded"
_MAP_NICENESS = 15

celery = Celery("deepasmr", broker=get_settings().broker_url)
celery.conf.update(
    # Named as the sender names them: with Celery's default exchange each queue would get the others' messages too.
    task_queues=[Queue(name, Exchange(name), routing_key=name) for name in map(str, TASK_MODULES)],
    task_default_queue=QueueName.SOUND.value,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_pool="threads",
    worker_concurrency=1,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # Redis gives a message out again when it was not acknowledged for so long; the row makes that harmless.
    broker_transport_options={"visibility_timeout": 6 * 3600, "socket_keepalive": True, "health_check_interval": 10},
)


@setup_logging.connect
def _log_in_our_words(**_: Any) -> None:
    """Write one readable line per event; Celery's own chatter begins at warnings."""
    logging.basicConfig(level=get_settings().log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("celery", "kombu", "absl", "httpx", "botocore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


@celeryd_init.connect
def _import_tasks(options: dict[str, Any], **_: Any) -> None:
    for queue in _queues(options.get("queues")):
        for module in TASK_MODULES[queue]:
            importlib.import_module(module)
    # Remembered for the moment when the worker is ready, which no longer knows how it was started.
    celery.conf.deepasmr_queues = _queues(options.get("queues"))


@worker_ready.connect
def _begin(sender: Any, **_: Any) -> None:
    queues: list[str] = celery.conf.deepasmr_queues
    log.info("ready for %s", " and ".join(queues))
    consuming.watch(sender)
    if queues == [QueueName.MAP]:
        # Nobody waits for the map: it takes what the others leave.
        os.nice(_MAP_NICENESS)
    if QueueName.SOUND in queues:
        loaded = importlib.import_module(_WARM_UP_MODULE)
        loaded.warm_up_in_background()
        sweeper.start(embedded_with=loaded.embedded_with())
    else:
        sweeper.start()


@worker_shutting_down.connect
def _stop_soon(**_: Any) -> None:
    stopping.request()


@worker_shutdown.connect
def _end(**_: Any) -> None:
    sweeper.stop()
    # The interpreter would walk TensorFlow's millions of objects once more before it ends: seconds, for nothing.
    gc.freeze()


def _queues(asked: Any) -> list[str]:
    """Read what was given with -Q, or take all queues."""
    names = asked.split(",") if isinstance(asked, str) else list(asked or ())
    return [name.strip() for name in names] or list(TASK_MODULES)
