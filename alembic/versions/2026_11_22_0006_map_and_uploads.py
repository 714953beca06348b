"""The map's drawings and points, a queue for drawing it, and files that arrive piece by piece.

Revision: 0006, after 0005, 2026-11-22
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: None = None
depends_on: None = None

CLOCK = sa.text("clock_timestamp()")


def upgrade() -> None:
    """Go to this revision."""
    allow_queues("ingest", "sound", "map")
    op.create_table(
        "map_layouts",
        sa.Column("version", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("n_sounds", sa.Integer(), nullable=False),
        sa.Column("took_s", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=CLOCK, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_map_layouts")),
    )
    op.create_table(
        "map_points",
        sa.Column("sound_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("x BETWEEN 0 AND 1 AND y BETWEEN 0 AND 1", name=op.f("ck_map_points_inside")),
        sa.ForeignKeyConstraint(["sound_id"], ["sounds.id"], name=op.f("fk_map_points_sound_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version"], ["map_layouts.version"], name=op.f("fk_map_points_version")),
        sa.PrimaryKeyConstraint("sound_id", name=op.f("pk_map_points")),
    )
    op.create_index(op.f("ix_map_points_number"), "map_points", ["number"], unique=True)
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("listener_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("n_bytes", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=CLOCK, nullable=False),
        sa.CheckConstraint("n_bytes > 0", name=op.f("ck_uploads_has_bytes")),
        sa.ForeignKeyConstraint(
            ["listener_id"], ["listeners.id"], name=op.f("fk_uploads_listener_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_uploads_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_expires_at"), "uploads", ["expires_at"])
    op.create_index(op.f("ix_uploads_listener_id_created_at_id"), "uploads", ["listener_id", "created_at", "id"])
    op.create_index(op.f("ix_uploads_source_id"), "uploads", ["source_id"])


def downgrade() -> None:
    """Go back to the revision before."""
    for table in ("uploads", "map_points", "map_layouts"):
        op.drop_table(table)
    op.execute("DELETE FROM jobs WHERE queue = 'map'")
    allow_queues("ingest", "sound")


def allow_queues(*names: str) -> None:
    """Say which queues a job may be in."""
    op.drop_constraint(op.f("ck_jobs_queuename"), "jobs", type_="check")
    quoted = ", ".join(f"'{name}'" for name in names)
    op.create_check_constraint(op.f("ck_jobs_queuename"), "jobs", f"queue IN ({quoted})")
