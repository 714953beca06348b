"""The first catalogue: triggers, listeners, sources, sounds and jobs.

Revision: 0001, the first, 2026-11-22
"""

import pgvector.sqlalchemy
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Go to this revision."""
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.create_table(
        "listeners",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listeners")),
    )
    op.create_table(
        "triggers",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("name_ko", sa.String(), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_triggers")),
        sa.UniqueConstraint("ordinal", name=op.f("uq_triggers_ordinal")),
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("video", "upload", name="sourcekind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("listener_id", sa.Uuid(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("webpage_url", sa.String(), nullable=True),
        sa.Column("extractor", sa.String(), nullable=True),
        sa.Column("video_key", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("uploader", sa.String(), nullable=True),
        sa.Column("licence", sa.String(), nullable=True),
        sa.Column("thumbnail_url", sa.String(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("audio_key", sa.String(), nullable=True),
        sa.Column("audio_bytes", sa.BigInteger(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=True),
        sa.Column("n_channels", sa.Integer(), nullable=True),
        sa.Column("sample_rate_hz", sa.Integer(), nullable=True),
        sa.Column("is_synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("timeline", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("probabilities_key", sa.String(), nullable=True),
        sa.Column("labelled_with", sa.String(), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["listener_id"], ["listeners.id"], name=op.f("fk_sources_listener_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("video_key", name=op.f("uq_sources_video_key")),
    )
    op.create_index(op.f("ix_sources_audio_key"), "sources", ["audio_key"])
    op.create_index(op.f("ix_sources_created_at_id"), "sources", ["created_at", "id"])
    op.create_index(op.f("ix_sources_listener_id_created_at_id"), "sources", ["listener_id", "created_at", "id"])
    op.create_index(op.f("ix_sources_probabilities_key"), "sources", ["probabilities_key"])
    op.create_table(
        "addresses",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_addresses_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_addresses")),
    )
    op.create_index(op.f("ix_addresses_source_id"), "addresses", ["source_id"])
    op.create_table(
        "sounds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("found", "made", name="soundkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=True),
        sa.Column("start_s", sa.Double(), nullable=True),
        sa.Column("end_s", sa.Double(), nullable=True),
        sa.Column("listener_id", sa.Uuid(), nullable=True),
        sa.Column("trigger_slug", sa.String(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("probabilities", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("n_channels", sa.Integer(), nullable=False),
        sa.Column("loudness_lufs", sa.Double(), nullable=True),
        sa.Column("true_peak_dbtp", sa.Double(), nullable=True),
        sa.Column("play_gain_db", sa.Double(), server_default="0", nullable=False),
        sa.Column("embedding", pgvector.sqlalchemy.vector.VECTOR(dim=256), nullable=False),
        sa.Column("audio_key", sa.String(), nullable=False),
        sa.Column("mel_key", sa.String(), nullable=True),
        sa.Column("peaks", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("network", sa.String(), nullable=True),
        sa.Column("weights_version", sa.String(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("settings", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column(
            "deed",
            sa.Enum("variation", "mix", name="deed", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("first_parent_id", sa.Uuid(), nullable=True),
        sa.Column("second_parent_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("is_synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("(kind = 'made') = (deed IS NOT NULL)", name=op.f("ck_sounds_made_by_a_deed")),
        sa.CheckConstraint(
            "kind <> 'found' OR (source_id IS NOT NULL AND ordinal IS NOT NULL)",
            name=op.f("ck_sounds_found_in_a_source"),
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_sounds_confidence")),
        sa.CheckConstraint("duration_s > 0", name=op.f("ck_sounds_lasts")),
        sa.ForeignKeyConstraint(
            ["first_parent_id"], ["sounds.id"], name=op.f("fk_sounds_first_parent_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["listener_id"], ["listeners.id"], name=op.f("fk_sounds_listener_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_parent_id"], ["sounds.id"], name=op.f("fk_sounds_second_parent_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_sounds_source_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["trigger_slug"], ["triggers.slug"], name=op.f("fk_sounds_trigger_slug")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sounds")),
        sa.UniqueConstraint("job_id", name=op.f("uq_sounds_job_id")),
        sa.UniqueConstraint("source_id", "ordinal", name=op.f("uq_sounds_source_id_ordinal")),
    )
    op.create_index(op.f("ix_sounds_audio_key"), "sounds", ["audio_key"])
    op.create_index(op.f("ix_sounds_confidence_id"), "sounds", ["confidence", "id"])
    op.create_index(op.f("ix_sounds_created_at_id"), "sounds", ["created_at", "id"])
    op.create_index(op.f("ix_sounds_duration_s_id"), "sounds", ["duration_s", "id"])
    op.create_index(
        "ix_sounds_embedding",
        "sounds",
        ["embedding"],
        unique=False,
        postgresql_using="hnsw",
        postgresql_ops={"embedding": "vector_cosine_ops"},
    )
    op.create_index(op.f("ix_sounds_first_parent_id"), "sounds", ["first_parent_id"])
    op.create_index(op.f("ix_sounds_listener_id_created_at_id"), "sounds", ["listener_id", "created_at", "id"])
    op.create_index(op.f("ix_sounds_mel_key"), "sounds", ["mel_key"])
    op.create_index(op.f("ix_sounds_second_parent_id"), "sounds", ["second_parent_id"])
    op.create_index(op.f("ix_sounds_trigger_slug_confidence_id"), "sounds", ["trigger_slug", "confidence", "id"])
    op.create_index(op.f("ix_sounds_trigger_slug_created_at_id"), "sounds", ["trigger_slug", "created_at", "id"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column(
            "queue",
            sa.Enum("ingest", "sound", name="queuename", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "done",
                "failed",
                "cancelled",
                name="jobstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("listener_id", sa.Uuid(), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("sound_id", sa.Uuid(), nullable=True),
        sa.Column("arguments", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("n_lost", sa.Integer(), nullable=False),
        sa.Column("n_retries", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("n_sent", sa.Integer(), nullable=False),
        sa.Column("error", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("request_digest", sa.String(), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'running' OR (claimed_by IS NOT NULL AND heartbeat_at IS NOT NULL)",
            name=op.f("ck_jobs_running_beats"),
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name=op.f("ck_jobs_progress")),
        sa.ForeignKeyConstraint(
            ["listener_id"], ["listeners.id"], name=op.f("fk_jobs_listener_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["sources.id"], name=op.f("fk_jobs_merged_into_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sound_id"], ["sounds.id"], name=op.f("fk_jobs_sound_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_jobs_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("listener_id", "idempotency_key", name=op.f("uq_jobs_listener_id_idempotency_key")),
    )
    op.create_index(op.f("ix_jobs_created_at_id"), "jobs", ["created_at", "id"])
    op.create_index(op.f("ix_jobs_listener_id_created_at_id"), "jobs", ["listener_id", "created_at", "id"])
    op.create_index(op.f("ix_jobs_merged_into_id"), "jobs", ["merged_into_id"])
    op.create_index("ix_jobs_running", "jobs", ["heartbeat_at"], postgresql_where=sa.text("state = 'running'"))
    op.create_index(op.f("ix_jobs_sound_id"), "jobs", ["sound_id"])
    op.create_index(op.f("ix_jobs_source_id_created_at_id"), "jobs", ["source_id", "created_at", "id"])
    op.create_index(
        "ix_jobs_waiting",
        "jobs",
        ["queue", "queued_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_foreign_key(op.f("fk_sounds_job_id"), "sounds", "jobs", ["job_id"], ["id"], ondelete="SET NULL")


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_constraint(op.f("fk_sounds_job_id"), "sounds")
    for table in ("jobs", "sounds", "addresses", "sources", "triggers", "listeners"):
        op.drop_table(table)
