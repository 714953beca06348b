"""Mixes: asked for here, made by a worker, found again as sounds."""

from uuid import UUID

from sqlalchemy.orm import Session

from backend.catalogue import jobs, sounds
from backend.catalogue.knobs import check_making, check_share
from backend.outbox import TaskName
from backend.tables import Job


def submit(
    session: Session,
    *,
    listener_id: UUID | None,
    first_id: UUID,
    second_id: UUID,
    network: str,
    blend: float,
    seconds: float,
    seed: int,
    space: str = "source",
    loop: bool = False,
    idempotency_key: str | None = None,
    audition_id: UUID | None = None,
) -> Job:
    """Ask for a sound between two others.

    Args:
        session: The transaction.
        listener_id: Who asks, and to whom the new sound belongs.
        first_id: One of them.
        second_id: The other.
        network: vae or cgan.
        blend: Where between them: 0 is the first, 1 the second.
        seconds: How long, 1 to 600 s; a made sound has whole hundredths.
        seed: Same inputs and seed, same sound. 0 to 2^63 - 1.
        space: Where it is heard: one of knobs.SPACES.
        loop: Whether its end leads into its beginning.
        idempotency_key: The listener's name for this request.
        audition_id: The audition that it is a candidate of.

    Raises:
        NoSuchSound: if one is missing, or somebody else's.
        SettingOutOfRange: if a knob is turned further than it goes.
        IdempotencyConflict: if the key was used for another request.
        TooManyRequests: if the listener has too many jobs waiting.
    """
    check_making(network=network, seconds=seconds, seed=seed, space=space)
    check_share("blend", blend)
    for sound_id in (first_id, second_id):
        sounds.find(session, sound_id, listener_id=listener_id)
    arguments = {
        "first_id": str(first_id),
        "second_id": str(second_id),
        "network": network,
        "blend": blend,
        "seconds": round(seconds, 2),
        "seed": seed,
        "space": space,
        "loop": loop,
    }
    return jobs.submit(
        session,
        TaskName.MIX_SOUNDS,
        listener_id=listener_id,
        request=arguments,
        arguments=arguments,
        idempotency_key=idempotency_key,
        audition_id=audition_id,
    )
