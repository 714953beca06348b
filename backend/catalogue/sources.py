"""Sources as listeners know them: submitted, listed, deleted. What workers record about them is in `recordings.py`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from backend.catalogue import addresses, cursors, jobs
from backend.catalogue.cursors import Page
from backend.catalogue.errors import AdminOnly, EmptyUpload, NoSuchSource
from backend.database import settings_of
from backend.outbox import TaskName
from backend.tables import Address, Job, JobState, Sound, SoundKind, Source, SourceKind

NEWEST = cursors.Order("newest", Source.created_at, Source.id)


@dataclass(frozen=True)
class SourceView:
    """A source with its newest job, whose state is the source's status, and the number of sounds found in it."""

    source: Source
    job: Job | None
    n_sounds: int


def submit_video(
    session: Session, url: str, *, listener_id: UUID | None, idempotency_key: str | None = None
) -> tuple[Source, Job]:
    """Queue a video for cataloguing, for everybody. A known address gives the first source, however often it comes.

    A source whose last job failed or was cancelled is tried again: the same source, a new job.

    Raises:
        NotAVideoAddress: if the address is not http or https.
        PrivateAddress: if it names a private network outright.
        IdempotencyConflict: if the key was used for another request.
        TooManyRequests: if the listener has too many jobs waiting.
    """
    address = addresses.normalised(url, allow_private=settings_of(session).allow_private_addresses)
    request = {"url": address}
    source = _claim_address(session, address, submitted=url.strip())
    newest = newest_job(session, source.id)
    if newest is not None and newest.state not in {JobState.FAILED, JobState.CANCELLED}:
        return source, newest
    task = TaskName.INGEST_SOURCE if source.audio_key is None else TaskName.LABEL_SOURCE
    job = jobs.submit(
        session, task, listener_id=listener_id, request=request, idempotency_key=idempotency_key, source=source
    )
    return source, job


def submit_upload(
    session: Session,
    *,
    listener_id: UUID | None,
    filename: str,
    audio_key: str,
    n_bytes: int,
    media_type: str | None,
    is_synthetic: bool = False,
    licence: str | None = None,
    idempotency_key: str | None = None,
) -> tuple[Source, Job]:
    """Queue a listener's file, which is in storage already, for cataloguing. It is private to the listener.

    Args:
        session: The transaction.
        listener_id: Who sent it; None makes a public source of the platform itself (the demonstration).
        filename: Its title.
        audio_key: Where the bytes lie.
        n_bytes: How many they are.
        media_type: What the sender says it is.
        is_synthetic: Whether the sound was synthesised for demonstration.
        licence: Under which terms it may be used, if known.
        idempotency_key: The listener's name for this request.

    Raises:
        EmptyUpload: if there are no bytes.
        IdempotencyConflict: if the key was used for another request.
        TooManyRequests: if the listener has too many jobs waiting.
    """
    if n_bytes <= 0:
        raise EmptyUpload
    source = Source(
        kind=SourceKind.UPLOAD,
        listener_id=listener_id,
        title=filename or "upload",
        audio_key=audio_key,
        audio_bytes=n_bytes,
        media_type=media_type,
        licence=licence,
        is_synthetic=is_synthetic,
    )
    job = jobs.submit(
        session,
        TaskName.LABEL_SOURCE,
        listener_id=listener_id,
        request={"filename": filename, "audio_key": audio_key},
        idempotency_key=idempotency_key,
        source=source,
    )
    if job.source_id is None:
        raise NoSuchSource
    return session.get_one(Source, job.source_id), job


def find(session: Session, source_id: UUID, *, listener_id: UUID | None) -> SourceView:
    """Find a source that is public or this listener's.

    Raises:
        NoSuchSource: if there is none, or it is somebody else's: the two look the same.
    """
    row = session.execute(_views(listener_id).where(Source.id == source_id)).one_or_none()
    if row is None:
        raise NoSuchSource(source_id=str(source_id))
    return SourceView(*row)


def title(session: Session, source_id: UUID, *, listener_id: UUID | None) -> str | None:
    """Return what a source is called; None if it has no title, or is not there for this listener."""
    return session.scalar(
        select(Source.title).where(Source.id == source_id, is_visible(Source.listener_id, listener_id))
    )


def search(
    session: Session,
    *,
    listener_id: UUID | None,
    mine_only: bool = False,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[SourceView]:
    """List the sources that are public or this listener's, newest first.

    Raises:
        BadCursor: if the cursor was not given out for this list.
    """
    query = _views(listener_id)
    if mine_only:
        query = query.where(Source.listener_id == listener_id, Source.listener_id.is_not(None))
    scope = ["sources", listener_id, mine_only]
    rows = session.execute(cursors.following(query, NEWEST, cursor=cursor, scope=scope, limit=limit)).all()
    views = [SourceView(*row) for row in rows]
    places = [(view.source.created_at, view.source.id) for view in views]
    return cursors.page_of(views, places, NEWEST, scope, limit)


def delete(session: Session, source_id: UUID, *, listener_id: UUID | None, is_admin: bool = False) -> None:
    """Delete a source with its jobs and the sounds found in it; a worker on it finds its job lost.

    Sounds made from them stay, without their parents. Bytes that no row names any more go with the sweep of orphans.

    Raises:
        NoSuchSource: as `find` does.
        AdminOnly: if it is public and the caller is not the admin.
    """
    source = find(session, source_id, listener_id=listener_id).source
    if source.listener_id is None and not is_admin:
        raise AdminOnly
    # Jobs first, as workers lock them: the other way round, the two could wait for each other.
    session.execute(select(Job.id).where(Job.source_id == source_id).order_by(Job.id).with_for_update())
    session.delete(source)
    session.flush()


def newest_job(session: Session, source_id: UUID) -> Job | None:
    """Return the job that tells a source's status."""
    return session.scalar(
        select(Job).where(Job.source_id == source_id).order_by(Job.created_at.desc(), Job.id.desc()).limit(1)
    )


def is_visible(owner: Any, listener_id: UUID | None) -> ColumnElement[bool]:
    """Say in SQL whether what belongs to `owner` (a column) is public or this listener's."""
    public: ColumnElement[bool] = owner.is_(None)
    return public if listener_id is None else or_(public, owner == listener_id)


def _claim_address(session: Session, address: str, *, submitted: str) -> Source:
    """Find the source of an address, or make one: whoever inserts the address first makes it. Locks the address."""
    fresh = Source(kind=SourceKind.VIDEO, listener_id=None, url=submitted)
    known = select(Source).join(Address, Address.source_id == Source.id).where(Address.url == address)
    if (first := session.scalar(known.with_for_update(of=Address))) is not None:
        return first
    session.add(fresh)
    session.flush()
    inserted = session.scalar(
        insert(Address).values(url=address, source_id=fresh.id).on_conflict_do_nothing().returning(Address.url)
    )
    if inserted is not None:
        return fresh
    # Somebody else submitted it a moment ago, and that is committed now.
    session.delete(fresh)
    session.flush()
    return session.scalars(known.with_for_update(of=Address)).one()


def _views(listener_id: UUID | None) -> Select[Source, Job | None, int]:
    newest = (
        select(Job)
        .where(Job.source_id == Source.id)
        .order_by(Job.created_at.desc(), Job.id.desc())
        .limit(1)
        .correlate(Source)
        .lateral("newest_job")
    )
    n_sounds = (
        select(func.count())
        .select_from(Sound)
        .where(Sound.source_id == Source.id, Sound.kind == SoundKind.FOUND)
        .correlate(Source)
        .scalar_subquery()
    )
    job = aliased(Job, newest)
    return (
        select(Source, job, n_sounds)
        .outerjoin(newest, newest.c.id.is_not(None))
        .where(is_visible(Source.listener_id, listener_id))
    )
