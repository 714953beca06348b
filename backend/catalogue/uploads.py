"""Files that arrive piece by piece. The bytes lie with the web until they are whole; here is whose they are."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from backend.catalogue import listeners, sources
from backend.catalogue.errors import EmptyUpload, NoSuchUpload, UploadTooLarge
from backend.database import settings_of
from backend.tables import Job, Source, Upload

KEPT_FOR_S = 24 * 3600.0
# More than a page sends at once. Whoever begins another gives the oldest up: a disk is not filled by halves of files.
MAX_UNFINISHED = 8


def begin(session: Session, *, listener_id: UUID, filename: str, media_type: str, n_bytes: int) -> Upload:
    """Make room for a file that its sender announces.

    Args:
        session: The transaction.
        listener_id: Who sends it.
        filename: What its sender calls it: a bare name.
        media_type: What its sender says it is.
        n_bytes: How large it is.

    Raises:
        EmptyUpload: if it has no bytes.
        UploadTooLarge: if it is larger than this platform takes.
    """
    max_bytes = settings_of(session).max_upload_bytes
    if n_bytes <= 0:
        raise EmptyUpload
    if n_bytes > max_bytes:
        raise UploadTooLarge(
            f"The upload is larger than the {max_bytes / 1024**2:.0f} MiB that this platform takes.",
            max_bytes=max_bytes,
        )
    listeners.arrive(session, listener_id)
    upload = Upload(
        listener_id=listener_id,
        filename=filename,
        media_type=media_type,
        n_bytes=n_bytes,
        expires_at=session.scalars(select(func.clock_timestamp() + timedelta(seconds=KEPT_FOR_S))).one(),
    )
    session.add(upload)
    session.flush()
    return upload


def find(session: Session, upload_id: UUID, *, listener_id: UUID, is_locked: bool = False) -> Upload:
    """Find an upload of this listener.

    Args:
        session: The transaction.
        upload_id: Which one.
        listener_id: Who asks.
        is_locked: Whether nobody else may change it until the transaction ends.

    Raises:
        NoSuchUpload: if there is none, it has expired, or it is somebody else's: the three look the same.
    """
    query = select(Upload).where(
        Upload.id == upload_id, Upload.listener_id == listener_id, Upload.expires_at > func.clock_timestamp()
    )
    upload = session.scalar(query.with_for_update() if is_locked else query)
    if upload is None:
        raise NoSuchUpload(upload_id=str(upload_id))
    return upload


def unfinished(session: Session, *, listener_id: UUID) -> Sequence[Upload]:
    """List the uploads of a listener that have not become a source yet, newest first."""
    return session.scalars(
        select(Upload)
        .where(
            Upload.listener_id == listener_id, Upload.source_id.is_(None), Upload.expires_at > func.clock_timestamp()
        )
        .order_by(Upload.created_at.desc(), Upload.id.desc())
    ).all()


def give_up(session: Session, *, listener_id: UUID) -> list[UUID]:
    """Forget uploads that have expired, and a listener's oldest ones beyond MAX_UNFINISHED; return which."""
    surplus = (
        select(Upload.id)
        .where(Upload.listener_id == listener_id, Upload.source_id.is_(None))
        .order_by(Upload.created_at.desc(), Upload.id.desc())
        .offset(MAX_UNFINISHED)
    )
    gone = delete(Upload).where(or_(Upload.expires_at <= func.clock_timestamp(), Upload.id.in_(surplus)))
    return list(session.scalars(gone.returning(Upload.id)))


def forget(session: Session, upload_id: UUID, *, listener_id: UUID) -> None:
    """Give an upload up, as its sender wishes. What has become a source stays one. Raises as `find` does."""
    session.delete(find(session, upload_id, listener_id=listener_id, is_locked=True))
    session.flush()


def submit(session: Session, upload_id: UUID, *, listener_id: UUID, audio_key: str) -> tuple[Source, Job]:
    """Queue an upload that has arrived whole for cataloguing; asked for again, give the source that it became.

    Args:
        session: The transaction.
        upload_id: Which one.
        listener_id: Who sent it.
        audio_key: Where its bytes lie in storage.

    Raises:
        NoSuchUpload: as `find` does.
        NoSuchSource: if the source that it became was deleted.
        TooManyRequests: if the listener has too many jobs waiting.
    """
    upload = find(session, upload_id, listener_id=listener_id, is_locked=True)
    if upload.source_id is not None:
        known = sources.find(session, upload.source_id, listener_id=listener_id)
        if known.job is not None:
            return known.source, known.job
    source, job = sources.submit_upload(
        session,
        listener_id=listener_id,
        filename=upload.filename,
        audio_key=audio_key,
        n_bytes=upload.n_bytes,
        media_type=upload.media_type or None,
    )
    upload.source_id = source.id
    session.flush()
    return source, job
