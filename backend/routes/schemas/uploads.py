"""Files on their way here as JSON."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from backend.tables import Upload


class UploadBody(BaseModel):
    """A file that is arriving."""

    id: UUID
    filename: str
    media_type: str
    n_bytes: int = Field(description="Size of the whole file.")
    n_received: int = Field(description="How many bytes are here; the next piece begins there.")
    expires_at: datetime = Field(description="When it is forgotten.")
    source_id: UUID | None = Field(description="What it became, once it was submitted.")

    @classmethod
    def of(cls, upload: Upload, *, n_received: int) -> UploadBody:
        """Read an upload off its row."""
        return cls(
            id=upload.id,
            filename=upload.filename,
            media_type=upload.media_type,
            n_bytes=upload.n_bytes,
            n_received=upload.n_bytes if upload.source_id else n_received,
            expires_at=upload.expires_at,
            source_id=upload.source_id,
        )
