"""The rows: one file per noun. Importing this package makes `Table.metadata` complete."""

from backend.tables.addresses import Address
from backend.tables.corrections import Correction
from backend.tables.favourites import Favourite
from backend.tables.jobs import Job, JobState, QueueName
from backend.tables.listeners import Listener
from backend.tables.map import MapLayout, MapPoint
from backend.tables.plays import Play
from backend.tables.sounds import EMBEDDING_WIDTH, Deed, Sound, SoundKind
from backend.tables.sources import Source, SourceKind, Stretch
from backend.tables.table import Table
from backend.tables.tombstones import Tombstone
from backend.tables.triggers import Trigger
from backend.tables.uploads import Upload

__all__ = [
    "EMBEDDING_WIDTH",
    "Address",
    "Correction",
    "Deed",
    "Favourite",
    "Job",
    "JobState",
    "Listener",
    "MapLayout",
    "MapPoint",
    "Play",
    "QueueName",
    "Sound",
    "SoundKind",
    "Source",
    "SourceKind",
    "Stretch",
    "Table",
    "Tombstone",
    "Trigger",
    "Upload",
]
