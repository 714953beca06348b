"""Finding: words that stay fast in a large catalogue, outlines for cards, and what is left of deleted sounds.

Every piece of up to three letters of what a sound is called is indexed (GIN over an array: the embedded PostgreSQL has
no pg_trgm, which in the C locale sees no Korean either), so that words are found inside longer ones in any script. What
depends on a row alone is kept by the database itself, so that no way of writing can forget it.

Revision: 0005, after 0004, 2026-11-22
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: None = None
depends_on: None = None

# All pieces of a text, `shortest` to 3 characters long, each once.
GRAMS = """
CREATE FUNCTION grams_of(words text, shortest integer) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
  SELECT coalesce(array_agg(DISTINCT substr(words, place, width)), '{}')
  FROM generate_series(1, length(words)) place, generate_series(shortest, 3) width
  WHERE place + width - 1 <= length(words)
$$
"""

# Peaks of 0 to 1 in at most 56 bars, the loudest of each, in hundredths of the loudest of all. By way of text, as that
# takes a tenth of the time of unfolding JSON.
OUTLINE = """
CREATE FUNCTION outline_of(peaks jsonb) RETURNS smallint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
DECLARE
  levels float8[] := translate(peaks::text, '[]', '{}');
  n_levels integer := cardinality(levels);
  n_bars integer := least(56, n_levels);
  loudest float8 := (SELECT max(level) FROM unnest(levels) AS level);
  outline smallint[] := '{}';
BEGIN
  FOR bar IN 0 .. n_bars - 1 LOOP
    outline := outline || (
      SELECT round(100 * max(level) / greatest(loudest, 1e-6))::smallint
      FROM unnest(levels[bar * n_levels / n_bars + 1 : (bar + 1) * n_levels / n_bars]) AS level
    );
  END LOOP;
  RETURN outline;
END $$
"""

# A sound is called by its own title, its source's and its source's uploader.
CALL_SOUND = """
CREATE FUNCTION call_sound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.called := lower(left(concat_ws(' ', NEW.title,
    (SELECT concat_ws(' ', title, uploader) FROM sources WHERE id = NEW.source_id)), 1000));
  RETURN NEW;
END $$
"""
RECALL_SOUNDS = """
CREATE FUNCTION recall_sounds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sounds SET title = title WHERE source_id = NEW.id;
  RETURN NULL;
END $$
"""
BURY_SOUNDS = """
CREATE FUNCTION bury_sounds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tombstones (sound_id, trigger_slug, listener_id)
  SELECT id, trigger_slug, listener_id FROM gone WHERE NOT is_draft
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""
TRIGGERS = (
    "CREATE TRIGGER call_sound BEFORE INSERT OR UPDATE OF title, source_id ON sounds "
    "FOR EACH ROW EXECUTE FUNCTION call_sound()",
    "CREATE TRIGGER recall_sounds AFTER UPDATE OF title, uploader ON sources FOR EACH ROW "
    "WHEN ((OLD.title, OLD.uploader) IS DISTINCT FROM (NEW.title, NEW.uploader)) EXECUTE FUNCTION recall_sounds()",
    "CREATE TRIGGER bury_sounds AFTER DELETE ON sounds REFERENCING OLD TABLE AS gone "
    "FOR EACH STATEMENT EXECUTE FUNCTION bury_sounds()",
)


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "tombstones",
        sa.Column("sound_id", sa.Uuid(), nullable=False),
        sa.Column("trigger_slug", sa.String(), nullable=False),
        sa.Column("listener_id", sa.Uuid(), nullable=True),
        sa.Column(
            "deleted_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["trigger_slug"], ["triggers.slug"], name=op.f("fk_tombstones_trigger_slug")),
        sa.PrimaryKeyConstraint("sound_id", name=op.f("pk_tombstones")),
    )
    for function in (GRAMS, OUTLINE, CALL_SOUND, RECALL_SOUNDS, BURY_SOUNDS):
        op.execute(function)
    op.add_column("sounds", sa.Column("called", sa.String(), server_default="", nullable=False))
    op.add_column(
        "sounds",
        sa.Column(
            "outline",
            postgresql.ARRAY(sa.SmallInteger()),
            sa.Computed("outline_of(peaks)", persisted=True),
            nullable=True,
        ),
    )
    for trigger in TRIGGERS:
        op.execute(trigger)
    op.execute("UPDATE sounds SET title = title")
    op.create_index("ix_sounds_grams", "sounds", [sa.text("grams_of(called, 1)")], postgresql_using="gin")
    op.create_index(
        "ix_sounds_listed", "sounds", ["listener_id", "trigger_slug"], postgresql_where=sa.text("is_draft IS false")
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_index("ix_sounds_listed", table_name="sounds")
    op.drop_index("ix_sounds_grams", table_name="sounds")
    for name, table in (("bury_sounds", "sounds"), ("recall_sounds", "sources"), ("call_sound", "sounds")):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    op.drop_column("sounds", "outline")
    op.drop_column("sounds", "called")
    for signature in (
        "bury_sounds()",
        "recall_sounds()",
        "call_sound()",
        "outline_of(jsonb)",
        "grams_of(text, integer)",
    ):
        op.execute(f"DROP FUNCTION {signature}")
    op.drop_table("tombstones")
