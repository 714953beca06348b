"""Taste: favourites, what was played, corrections, and triggers that are described.

Revision: 0004, after 0003, 2026-11-22
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: None = None
depends_on: None = None

CLOCK = sa.text("clock_timestamp()")


def of_a_listener(table: str) -> list[sa.Column[object] | sa.Constraint]:
    """Return what each of these tables begins with: whose row it is, about which sound."""
    return [
        sa.Column("listener_id", sa.Uuid(), nullable=False),
        sa.Column("sound_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listener_id"], ["listeners.id"], name=op.f(f"fk_{table}_listener_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sound_id"], ["sounds.id"], name=op.f(f"fk_{table}_sound_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("listener_id", "sound_id", name=op.f(f"pk_{table}")),
    ]


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "favourites",
        *of_a_listener("favourites"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=CLOCK, nullable=False),
    )
    op.create_index(op.f("ix_favourites_sound_id"), "favourites", ["sound_id"])
    op.create_index(
        op.f("ix_favourites_listener_id_created_at_sound_id"), "favourites", ["listener_id", "created_at", "sound_id"]
    )
    op.create_table(
        "plays",
        *of_a_listener("plays"),
        sa.Column("n_plays", sa.Integer(), nullable=False),
        sa.Column("n_skips", sa.Integer(), nullable=False),
        sa.Column("listened_s", sa.Double(), nullable=False),
        sa.Column("last_played_at", sa.DateTime(timezone=True), server_default=CLOCK, nullable=False),
        sa.CheckConstraint("n_plays >= 1 AND n_skips BETWEEN 0 AND n_plays", name=op.f("ck_plays_counts")),
        sa.CheckConstraint("listened_s >= 0", name=op.f("ck_plays_listened")),
    )
    op.create_index(op.f("ix_plays_sound_id"), "plays", ["sound_id"])
    op.create_index(
        op.f("ix_plays_listener_id_last_played_at_sound_id"), "plays", ["listener_id", "last_played_at", "sound_id"]
    )
    op.create_table(
        "corrections",
        *of_a_listener("corrections"),
        sa.Column("trigger_slug", sa.String(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), server_default=CLOCK, nullable=False),
        sa.ForeignKeyConstraint(["trigger_slug"], ["triggers.slug"], name=op.f("fk_corrections_trigger_slug")),
    )
    op.create_index(op.f("ix_corrections_sound_id"), "corrections", ["sound_id"])
    op.add_column("listeners", sa.Column("is_remembered", sa.Boolean(), server_default=sa.true(), nullable=False))
    for language in ("en", "ko"):
        op.add_column("triggers", sa.Column(f"description_{language}", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    """Go back to the revision before."""
    for language in ("ko", "en"):
        op.drop_column("triggers", f"description_{language}")
    op.drop_column("listeners", "is_remembered")
    for table in ("corrections", "plays", "favourites"):
        op.drop_table(table)
