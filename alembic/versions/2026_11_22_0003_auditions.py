"""Auditions: jobs asked for together, and drafts that wait to be kept.

Revision: 0003, after 0002, 2026-11-22
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("jobs", sa.Column("audition_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_jobs_audition_id"), "jobs", ["audition_id"])
    op.add_column("sounds", sa.Column("is_draft", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index("ix_sounds_drafts", "sounds", ["created_at"], unique=False, postgresql_where=sa.text("is_draft"))


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_index("ix_sounds_drafts", table_name="sounds")
    op.drop_column("sounds", "is_draft")
    op.drop_index(op.f("ix_jobs_audition_id"), table_name="jobs")
    op.drop_column("jobs", "audition_id")
