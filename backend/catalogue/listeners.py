"""Listeners: known by the id in their cookie, on record from their first deed on."""

from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.tables import Listener


def arrive(session: Session, listener_id: UUID) -> None:
    """Put a listener on record, or note that they were seen again. Every deed that leaves a row calls this first."""
    arrival = insert(Listener).values(id=listener_id)
    session.execute(
        arrival.on_conflict_do_update(index_elements=[Listener.id], set_={"last_seen_at": func.clock_timestamp()})
    )
