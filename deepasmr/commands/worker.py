"""`deepasmr worker`: one worker process."""

from typing import Annotated

import typer


def worker(
    queues: Annotated[
        str, typer.Option(help="Queues to serve, separated by commas: ingest (network), sound (networks).")
    ] = "ingest,sound",
) -> None:
    """Do the work of the queues on DEEPASMR_DATABASE_URL, DEEPASMR_REDIS_URL and DEEPASMR_STORAGE_URL."""
    names = [name.strip() for name in queues.split(",") if name.strip()]
    if unknown := sorted(set(names) - {"ingest", "sound"}):
        raise typer.BadParameter(f"no queue is called {', '.join(unknown)}: there are ingest and sound")

    import warnings

    from worker.app import celery

    # Celery fears pickled messages; ours are JSON.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    # Pool and messages are settled in worker.app; the workers of one machine need different names.
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
