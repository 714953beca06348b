"""`deepasmr worker`: one worker process."""

import logging
import os
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from deepasmr.errors import NotInstalled

# What each queue needs beyond the plain dependencies; the extra that brings it is named like the queue, or as below.
NEEDS = {"ingest": ("av", "yt_dlp"), "sound": ("av", "keras", "librosa", "tensorflow"), "map": ("openTSNE",)}


EXTRA_OF = {"map": "sound"}


def worker(
    queues: Annotated[
        str,
        typer.Option(
            help="Queues to serve, separated by commas: ingest (network), sound (networks), map (its drawing)."
        ),
    ] = "ingest,sound,map",
) -> None:
    """Do the work of the queues on DEEPASMR_DATABASE_URL, DEEPASMR_REDIS_URL and DEEPASMR_STORAGE_URL."""
    names = [name.strip() for name in queues.split(",") if name.strip()]
    if unknown := sorted(set(names) - NEEDS.keys()):
        raise typer.BadParameter(f"no queue is called {', '.join(unknown)}: there are ingest, sound and map")
    for name in names:
        if missing := [library for library in NEEDS[name] if find_spec(library) is None]:
            raise NotInstalled(
                f"the queue {name} needs {', '.join(missing)}, not installed here: install the project's "
                f"extra [{EXTRA_OF.get(name, name)}]"
            )
    # Read when NumPy is loaded: its threads would only fight TensorFlow's for the cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if "sound" in names:
        _check_tagger()

    import warnings

    from worker.app import celery

    # Celery fears pickled messages; ours are JSON.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    # Pool and messages are settled in worker.app; the workers of one machine need different names.
    code = 0
    try:
        celery.worker_main(
            [
                "--quiet",
                "worker",
                "-Q",
                ",".join(names),
                "-n",
                f"{'-'.join(names)}@%h",
                "--without-gossip",
                "--without-mingle",
            ]
        )
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    # Jobs are given back and threads joined; TensorFlow's own threads may abort an interpreter that is taken down.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _check_tagger() -> None:
    """End at once where DEEPASMR_TAGGER names something that cannot be a tagger: the operator is still looking."""
    if os.environ.get("DEEPASMR_TAGGER"):
        from models.inference.tagger import tagger_path

        tagger_path()
