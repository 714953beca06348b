"""The promise between web and workers: task names, queues, and what each worker must be able to import."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def imported_by(modules: str) -> set[str]:
    """Top-level packages that an interpreter holds after importing some modules."""
    program = f"import sys, {modules}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    return set(ran.stdout.split())


def test_an_ingest_worker_needs_no_networks() -> None:
    assert not imported_by("worker.app, worker.tasks.ingest") & {"keras", "librosa", "scipy", "tensorflow"}


def test_the_workers_side_of_a_fetch_needs_no_yt_dlp() -> None:
    assert "yt_dlp" not in imported_by("worker.tasks.ingest")


def test_the_process_that_meets_the_web_holds_nothing_of_ours() -> None:
    assert not imported_by("worker.video.child") & {"backend", "celery", "models", "sqlalchemy"}


@pytest.mark.tf
def test_every_task_name_has_a_deed_in_a_module_of_its_queue() -> None:
    from importlib import import_module

    from backend.outbox import QUEUE_OF, TaskName
    from worker.app import TASK_MODULES, celery

    for queue, modules in TASK_MODULES.items():
        before = set(celery.tasks)
        for module in modules:
            import_module(module)
        names = {name for name in set(celery.tasks) - before if not name.startswith("celery.")}
        deeds = {name.value for name, its_queue in QUEUE_OF.items() if its_queue == queue}
        assert deeds <= set(celery.tasks)
        assert names <= deeds
    assert {name.value for name in TaskName} == {name for name in celery.tasks if not name.startswith("celery.")}
