"""Embedded with: by which weights a sound's embedding was made, because those of two do not compare.

Revision: 0008, after 0007, 2026-11-23
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("sounds", sa.Column("embedded_with", sa.String(), nullable=True))
    op.create_index(op.f("ix_sounds_embedded_with"), "sounds", ["embedded_with"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_index(op.f("ix_sounds_embedded_with"), table_name="sounds")
    op.drop_column("sounds", "embedded_with")
