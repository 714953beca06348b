"""Corrections as training data: what listeners agree on about found sounds, in the shape that `deepasmr train` reads.

Rows are those of recordings.csv. A source is in one fold only, and so is a small channel, whose recordings share a room
and a microphone: who trains on the others has not heard it.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TextIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from backend.tables import Correction, Sound, SoundKind, Source

NONE_OF_THESE = "background_other"
"""What a sound teaches that none of the triggers is right for."""
N_FOLDS = 5
SMALL_CHANNEL_S = 90.0
COLUMNS = (
    "path",
    "label",
    "sub_label",
    "source_id",
    "collection",
    "source_path",
    "licence",
    "seconds",
    "assembled",
    "pseudo",
    "fold",
)


@dataclass(frozen=True)
class Lesson:
    """A found sound and what it is by the word of its listeners.

    Attributes:
        sound_id: Which sound.
        audio_key: Where its audio lies.
        label: What most of those who spoke of it say.
        heard_as: What the classifier says.
        source_id: What it was found in.
        collection: The channel that published that, or "uploads".
        source_path: Its address and the moment.
        licence: Of the source, "" where it is not stated.
        seconds: How long it is.
        fold: 0 to N_FOLDS - 1.
    """

    sound_id: UUID
    audio_key: str
    label: str
    heard_as: str
    source_id: UUID
    collection: str
    source_path: str
    licence: str
    seconds: float
    fold: int

    @property
    def path(self) -> str:
        """The audio's file, from the folder of the list."""
        return f"audio/{self.sound_id}.flac"

    @property
    def row(self) -> tuple[str, ...]:
        """The line of the list, in the order of COLUMNS."""
        sub_label = "confirmed" if self.label == self.heard_as else f"heard_as_{self.heard_as}"
        return (
            self.path,
            self.label,
            sub_label,
            str(self.source_id),
            self.collection,
            self.source_path,
            self.licence,
            f"{self.seconds:.2f}",
            "0",
            "0",
            str(self.fold),
        )


def learn(session: Session, *, with_private: bool = False) -> list[Lesson]:
    """List what corrections teach, sound by sound in the order of their ids.

    Sounds whose listeners disagree evenly are left out, and so are made and synthesised ones: they would teach a
    classifier our own networks.

    Args:
        session: The transaction.
        with_private: Whether listeners' own uploads are among them.
    """
    wanted = (
        select(Correction.trigger_slug, Sound)
        .join(Sound, Sound.id == Correction.sound_id)
        .where(Sound.kind == SoundKind.FOUND, Sound.is_synthetic.is_(False))
        .options(joinedload(Sound.source, innerjoin=True))
        .order_by(Sound.id, Correction.listener_id)
    )
    if not with_private:
        wanted = wanted.where(Sound.listener_id.is_(None))
    said: dict[UUID, list[str]] = defaultdict(list)
    about: dict[UUID, Sound] = {}
    for slug, sound in session.execute(wanted):
        said[sound.id].append(slug or NONE_OF_THESE)
        about[sound.id] = sound
    agreed = {sound_id: label for sound_id, words in said.items() if (label := _majority(words)) is not None}
    channel_s: Counter[str] = Counter()
    for sound_id in agreed:
        channel_s[_collection(about[sound_id])] += round(about[sound_id].duration_s)
    return [_lesson(about[sound_id], label, channel_s) for sound_id, label in agreed.items()]


def write(lessons: Iterable[Lesson], file: TextIO) -> None:
    """Write the list, recordings.csv."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows(lesson.row for lesson in lessons)


def _lesson(sound: Sound, label: str, channel_s: Counter[str]) -> Lesson:
    source = _source_of(sound)
    collection = _collection(sound)
    is_small_channel = source.uploader is not None and channel_s[collection] <= SMALL_CHANNEL_S
    return Lesson(
        sound_id=sound.id,
        audio_key=sound.audio_key,
        label=label,
        heard_as=sound.trigger_slug,
        source_id=source.id,
        collection=collection,
        source_path=f"{source.webpage_url or source.title or ''}#t={sound.start_s or 0.0:g},{sound.end_s or 0.0:g}",
        licence=source.licence or "",
        seconds=sound.duration_s,
        fold=fold_of(collection if is_small_channel else str(source.id)),
    )


def fold_of(group: str) -> int:
    """Return the fold of what must stay together: the same at every export."""
    return int.from_bytes(sha256(group.encode()).digest()[:8]) % N_FOLDS


def _majority(words: Sequence[str]) -> str | None:
    (first, n_first), *others = Counter(words).most_common(2)
    return None if others and others[0][1] == n_first else first


def _collection(sound: Sound) -> str:
    source = _source_of(sound)
    return f"{source.extractor or 'video'}:{source.uploader}" if source.uploader else "uploads"


def _source_of(sound: Sound) -> Source:
    if sound.source is None:
        raise ValueError("a found sound has a source")
    return sound.source
