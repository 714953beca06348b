"""A sound that is being made, as far as it is there: parts of two seconds in storage under the name of its job.

They are the very samples of the master that the sound is kept in, so what is heard while a sound is made is what stays.
A job that another worker takes up makes the same parts again and stores them in the same places. They outlive their job
by a little more than the longest sound lasts, for those who are still listening; later the sound's own audio goes on.
"""

import struct
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.outbox import TaskName
from backend.storage import Storage
from backend.tables import Job

MAKES_A_SOUND = frozenset({TaskName.VARY_SOUND, TaskName.MIX_SOUNDS})
"""The tasks whose sound can be heard while it is made."""

SAMPLE_RATE_HZ = 44100
N_CHANNELS = 2
FRAME_BYTES = 2 * N_CHANNELS
PART_S = 2.0
PART_BYTES = int(PART_S * SAMPLE_RATE_HZ) * FRAME_BYTES
HEADER_BYTES = 44
LIFE_S = 900.0
_FOLDER = "making"
_UUID_CHARACTERS = 36


def n_samples(seconds: float) -> int:
    """Return how many samples (a channel) a made sound of this length (s) has."""
    return round(seconds * SAMPLE_RATE_HZ)


def n_bytes(seconds: float) -> int:
    """Return the size of the WAV file of this length (s)."""
    return HEADER_BYTES + n_samples(seconds) * FRAME_BYTES


def n_bytes_ready(ready_s: float, seconds: float) -> int:
    """Return how much of the WAV file is there when so much (s) of the sound is."""
    return min(n_bytes(ready_s), n_bytes(seconds))


def header(seconds: float) -> bytes:
    """Return the beginning of the WAV file (16 bits, stereo), the same as that of the kept sound's."""
    n_data = n_samples(seconds) * FRAME_BYTES
    layout = struct.pack("<IHHIIHH", 16, 1, N_CHANNELS, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ * FRAME_BYTES, FRAME_BYTES, 16)
    return (
        b"RIFF"
        + struct.pack("<I", HEADER_BYTES - 8 + n_data)
        + b"WAVEfmt "
        + layout
        + b"data"
        + struct.pack("<I", n_data)
    )


def key(job_id: UUID, ordinal: int) -> str:
    """Name a part, counted from 0. All lie in one folder: one for each job would stay when its parts are gone."""
    return f"{_FOLDER}/{job_id}-{ordinal:05d}"


def sweep(session: Session, storage: Storage) -> int:
    """Delete the parts of jobs that ended a while ago, or are gone; return how many parts went.

    Args:
        session: A transaction to read in.
        storage: Where the parts lie.

    Raises:
        StorageUnavailable: if the storage does not answer.
    """
    paths: dict[UUID, list[str]] = {}
    for found in storage.objects(prefix=_FOLDER):
        job_id = UUID(found.path.removeprefix(f"{_FOLDER}/")[:_UUID_CHARACTERS])
        paths.setdefault(job_id, []).append(found.path)
    ended_after = func.clock_timestamp() - timedelta(seconds=LIFE_S)
    wanted = select(Job.id).where(Job.id.in_(paths), (Job.finished_at.is_(None)) | (Job.finished_at > ended_after))
    still_wanted = set(session.scalars(wanted))
    over = [path for job_id, of_job in paths.items() if job_id not in still_wanted for path in of_job]
    for path in over:
        storage.delete_path(path)
    return len(over)
