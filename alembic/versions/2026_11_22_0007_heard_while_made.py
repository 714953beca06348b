"""Heard while made: how many seconds of its sound a job has ready.

Revision: 0007, after 0006, 2026-11-22
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("jobs", sa.Column("ready_s", sa.Double(), server_default="0", nullable=False))


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_column("jobs", "ready_s")
