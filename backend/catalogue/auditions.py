"""Auditions: several candidates asked for at once and heard side by side. What is kept stays; the rest are drafts.

An audition is the jobs that share its id, in the order in which they were asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased
from uuid_utils.compat import uuid7

from backend.catalogue import drafts, jobs, mixes, sounds, variations
from backend.catalogue.errors import JobNotCancellable, NoSuchJob, NoSuchSound, SettingOutOfRange
from backend.catalogue.knobs import MAX_SEED
from backend.outbox import TaskName
from backend.tables import Job, Sound

MAX_CANDIDATES = 4
STEPS = (3, 5, 7)
"""How many mixes a row from one sound to the other may have."""


@dataclass(frozen=True)
class Candidate:
    """One of those asked for: its job and, once that is done and as long as it is not deleted, the sound.

    The distances are cosine distances of embeddings, 0 (the same) to 2, to the first and second parent; None for a
    parent that is not there.
    """

    job: Job
    sound: Sound | None
    first_distance: float | None
    second_distance: float | None


@dataclass(frozen=True)
class Audition:
    """Candidates and what they are made from; a parent that was deleted meanwhile is None."""

    id: UUID
    task: TaskName
    candidates: list[Candidate]
    first: Sound | None
    second: Sound | None

    @property
    def is_alive(self) -> bool:
        """Whether a candidate is still waiting or being made."""
        return any(not candidate.job.state.has_ended for candidate in self.candidates)


def vary(
    session: Session,
    *,
    listener_id: UUID,
    sound_id: UUID,
    network: str,
    strength: float,
    seconds: float,
    seed: int,
    n_candidates: int,
    space: str = "source",
    loop: bool = False,
) -> UUID:
    """Ask for several variations that differ by their seeds alone, each one higher than the one before.

    Args:
        session: The transaction.
        listener_id: Who asks.
        sound_id: What to vary.
        network: vae or cgan.
        strength: How far to go from the original, 0 to 1.
        seconds: How long, 1 to 600 s.
        seed: Of the first candidate.
        n_candidates: 1 to MAX_CANDIDATES.
        space: Where they are heard: one of knobs.SPACES.
        loop: Whether their ends lead into their beginnings.

    Returns:
        The audition's id.

    Raises:
        NoSuchSound: if there is none, or it is somebody else's.
        SettingOutOfRange: if a knob is turned further than it goes.
        TooManyRequests: if the listener has too many jobs waiting; none of the candidates is queued then.
    """
    if not 1 <= n_candidates <= MAX_CANDIDATES:
        raise SettingOutOfRange(
            f"n_candidates goes from 1 to {MAX_CANDIDATES}, got {n_candidates}.",
            setting="n_candidates",
            lowest=1,
            highest=MAX_CANDIDATES,
        )
    audition_id = uuid7()
    for place in range(n_candidates):
        variations.submit(
            session,
            listener_id=listener_id,
            sound_id=sound_id,
            network=network,
            strength=strength,
            seconds=seconds,
            seed=seed + place if seed + place <= MAX_SEED else place,
            space=space,
            loop=loop,
            audition_id=audition_id,
        )
    return audition_id


def mix(
    session: Session,
    *,
    listener_id: UUID,
    first_id: UUID,
    second_id: UUID,
    network: str,
    blends: Sequence[float],
    seconds: float,
    seed: int,
    space: str = "source",
    loop: bool = False,
) -> UUID:
    """Ask for a mix at each of several blends, all with one seed, so that nothing but the blend tells them apart.

    Args:
        session: The transaction.
        listener_id: Who asks.
        first_id: One of the two.
        second_id: The other.
        network: vae or cgan.
        blends: Where between them: 0 is the first, 1 the second.
        seconds: How long, 1 to 600 s.
        seed: Of all of them.
        space: Where they are heard: one of knobs.SPACES.
        loop: Whether their ends lead into their beginnings.

    Returns:
        The audition's id.

    Raises:
        NoSuchSound, SettingOutOfRange, TooManyRequests: as `vary` does.
    """
    audition_id = uuid7()
    for blend in blends:
        mixes.submit(
            session,
            listener_id=listener_id,
            first_id=first_id,
            second_id=second_id,
            network=network,
            blend=blend,
            seconds=seconds,
            seed=seed,
            space=space,
            loop=loop,
            audition_id=audition_id,
        )
    return audition_id


def row(n_steps: int) -> list[float]:
    """Lay out the blends of a row from the first sound to the second, both ends included.

    Raises:
        SettingOutOfRange: if it is none of STEPS.
    """
    if n_steps not in STEPS:
        raise SettingOutOfRange(
            f"A row has {', '.join(map(str, STEPS))} steps, got {n_steps}.", setting="n_steps", steps=list(STEPS)
        )
    return [round(step / (n_steps - 1), 3) for step in range(n_steps)]


def find(session: Session, audition_id: UUID, *, listener_id: UUID) -> Audition:
    """Find an audition of this listener, with what has come of it so far.

    Raises:
        NoSuchJob: if there is none, or it is somebody else's: the two look the same.
    """
    asked = session.scalars(
        select(Job)
        .where(Job.audition_id == audition_id, Job.listener_id == listener_id)
        .order_by(Job.created_at, Job.id)
        .execution_options(populate_existing=True)
    ).all()
    if not asked:
        raise NoSuchJob(job_id=str(audition_id))
    heard = _heard(session, [job.sound_id for job in asked if job.sound_id is not None], listener_id)
    candidates = [Candidate(job, *heard.get(job.sound_id, (None, None, None))) for job in asked]
    named = asked[0].arguments
    return Audition(
        audition_id,
        TaskName(asked[0].task),
        candidates,
        first=_parent(session, named.get("sound_id") or named.get("first_id"), listener_id),
        second=_parent(session, named.get("second_id"), listener_id),
    )


def recent(
    session: Session, *, listener_id: UUID, first_id: UUID, second_id: UUID | None = None, limit: int = 2
) -> list[Audition]:
    """List a listener's last auditions of one sound, or of two, newest first, as long as their drafts live.

    Args:
        session: The transaction.
        listener_id: Whose.
        first_id: What was varied, or the first of the two.
        second_id: The second of the two; None for variations.
        limit: How many.
    """
    wanted = {"sound_id": str(first_id)}
    if second_id is not None:
        wanted = {"first_id": str(first_id), "second_id": str(second_id)}
    born_after = func.clock_timestamp() - timedelta(seconds=drafts.LIFE_S)
    ids = session.scalars(
        select(Job.audition_id)
        .where(
            Job.listener_id == listener_id,
            Job.created_at > born_after,
            Job.audition_id.is_not(None),
            # A stream's own makings belong to no page.
            Job.audition_id != Job.listener_id,
            Job.arguments.contains(wanted),
        )
        .group_by(Job.audition_id)
        .order_by(func.max(Job.created_at).desc())
        .limit(limit)
    )
    return [find(session, audition_id, listener_id=listener_id) for audition_id in ids if audition_id is not None]


def cancel(session: Session, audition_id: UUID, *, listener_id: UUID) -> None:
    """Cancel those candidates that are still waiting or being made; what is done stays.

    Raises:
        NoSuchJob: as `find` does.
    """
    for candidate in find(session, audition_id, listener_id=listener_id).candidates:
        try:
            jobs.request_cancel(session, candidate.job.id, listener_id=listener_id)
        except JobNotCancellable:
            continue


def _heard(
    session: Session, sound_ids: list[UUID], listener_id: UUID
) -> dict[UUID | None, tuple[Sound, float | None, float | None]]:
    first, second = aliased(Sound), aliased(Sound)
    rows = session.execute(
        select(
            Sound,
            Sound.embedding.cosine_distance(first.embedding),
            Sound.embedding.cosine_distance(second.embedding),
        )
        .outerjoin(first, first.id == Sound.first_parent_id)
        .outerjoin(second, second.id == Sound.second_parent_id)
        .where(Sound.id.in_(sound_ids))
        .options(*sounds.as_shown(listener_id))
        .execution_options(populate_existing=True)
    )
    return {sound.id: (sound, first_distance, second_distance) for sound, first_distance, second_distance in rows}


def _parent(session: Session, sound_id: str | None, listener_id: UUID) -> Sound | None:
    if sound_id is None:
        return None
    try:
        return sounds.find(session, UUID(sound_id), listener_id=listener_id)
    except NoSuchSound:
        return None
