"""Embeddings made anew after the classifier has new weights: those of old ones do not compare with them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from backend.catalogue import claims
from backend.catalogue.claims import Claim
from backend.tables import Sound


def are_outdated(session: Session, embedded_with: str) -> bool:
    """Tell whether there are sounds whose embeddings are of other weights."""
    known = Sound.embedded_with
    # One by one, because an index finds each of them and "is distinct from" none.
    others = (known < embedded_with, known > embedded_with, known.is_(None))
    return any(session.scalar(select(exists().where(other))) for other in others)


def outdated(session: Session, embedded_with: str, *, limit: int) -> list[tuple[UUID, str]]:
    """Give some sounds whose embeddings are of other weights, and where their audio lies, in order of id."""
    is_outdated = Sound.embedded_with.is_distinct_from(embedded_with)
    query = select(Sound.id, Sound.audio_key).where(is_outdated).order_by(Sound.id).limit(limit)
    return [(sound_id, audio_key) for sound_id, audio_key in session.execute(query)]


def record_embeddings(
    session: Session, claim: Claim, embeddings: Mapping[UUID, Sequence[float] | None], *, embedded_with: str
) -> None:
    """Record embeddings that were made anew; the job goes on.

    Args:
        session: The transaction.
        claim: The worker's hold on the job.
        embeddings: By sound, each of length 1; None where the audio cannot be heard any more: the old one stays, and
            nobody tries again. [EMBEDDING_WIDTH] each
        embedded_with: The weights.

    Raises:
        JobLost: if the job is not this worker's any more.
    """
    claims.held(session, claim)
    for sound_id, embedding in embeddings.items():
        known = {"embedded_with": embedded_with}
        changed = known if embedding is None else known | {"embedding": list(embedding)}
        session.execute(update(Sound).where(Sound.id == sound_id).values(changed))
