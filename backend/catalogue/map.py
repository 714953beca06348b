"""The map of sounds: drawn whole by a worker from time to time; what is new lies near its neighbours until then."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, text
from sqlalchemy.orm import Session

from backend import outbox
from backend.catalogue import claims, sounds
from backend.catalogue import embeddings as embeddings_anew
from backend.catalogue.claims import Claim
from backend.catalogue.drafts import is_listed
from backend.catalogue.errors import AdminOnly
from backend.outbox import TaskName
from backend.tables import Job, JobState, MapLayout, MapPoint, Sound, Trigger

# Fewer sounds than this are no map.
N_NEEDED = 3
GROWN_BY = 0.1
# A drawing that failed is not tried again and again while the fault is still there.
PAUSE_AFTER_FAILURE_S = 3600.0
N_NEIGHBOURS = 4
# Neighbours nearer than this (cosine distance) count alike: a sound heard twice does not fall onto itself.
NEAREST_DISTANCE = 0.01
N_PLACED_AT_ONCE = 2_000
# A sound lies this far from the middle of its neighbours, in a direction of its own, so that none covers another.
ASIDE = 0.004
_LOCK = "deepasmr map"

_PLACE = text("""
    INSERT INTO map_points (sound_id, x, y, version)
    SELECT sounds.id,
           least(1, greatest(0, middle.x + :aside * cos(turn.angle))),
           least(1, greatest(0, middle.y + :aside * sin(turn.angle))),
           :version
    FROM sounds
    CROSS JOIN LATERAL (SELECT hashtext(sounds.id::text)::float8 AS angle) turn
    CROSS JOIN LATERAL (
        SELECT sum(near.x / near.distance) / sum(1 / near.distance) AS x,
               sum(near.y / near.distance) / sum(1 / near.distance) AS y
        FROM (
            SELECT map_points.x, map_points.y, greatest(other.embedding <=> sounds.embedding, :nearest) AS distance
            FROM sounds other
            JOIN map_points ON map_points.sound_id = other.id
            ORDER BY other.embedding <=> sounds.embedding
            LIMIT :n_neighbours
        ) near
    ) middle
    WHERE sounds.id = ANY(:ids) AND middle.x IS NOT NULL
    ON CONFLICT DO NOTHING
""").bindparams(aside=ASIDE, nearest=NEAREST_DISTANCE, n_neighbours=N_NEIGHBOURS)

# As arrays: a hundred thousand rows of parameters are more than a statement may have.
_RECORD = text("""
    INSERT INTO map_points (sound_id, x, y, version)
    SELECT drawn.sound_id, drawn.x, drawn.y, :version
    FROM unnest(CAST(:ids AS uuid[]), CAST(:xs AS float8[]), CAST(:ys AS float8[])) AS drawn (sound_id, x, y)
    JOIN sounds ON sounds.id = drawn.sound_id
    FOR KEY SHARE OF sounds
    ON CONFLICT (sound_id) DO UPDATE SET x = excluded.x, y = excluded.y, version = excluded.version
""")


@dataclass(frozen=True)
class Drawing:
    """Which points a listener's map has; two equal drawings have the same points in the same places."""

    version: int
    n_points: int
    last_number: int


@dataclass(frozen=True)
class PackedPoints:
    """Points in order of number, as PostgreSQL packs them: big-endian; coordinates less 32768, in 65535ths."""

    numbers: bytes
    """32 bit each."""
    xs: bytes
    """16 bit each."""
    ys: bytes
    """16 bit each."""
    ordinals: bytes
    """Of the trigger in the taxonomy, 16 bit each."""


def drawing(session: Session, *, listener_id: UUID | None) -> Drawing:
    """Tell which points there are: the public ones, or with a listener that one's own alone."""
    version, n_points, last_number = session.execute(
        select(func.max(MapPoint.version), func.count(), func.max(MapPoint.number))
        .join(Sound, Sound.id == MapPoint.sound_id)
        .where(_belongs(listener_id))
    ).one()
    return Drawing(version or 0, n_points, last_number or 0)


def is_drawn(session: Session) -> bool:
    """Tell whether the map was drawn at least once."""
    return _version(session) is not None


def packed(session: Session, *, listener_id: UUID | None) -> PackedPoints:
    """Give all points of a drawing in one row: a hundred thousand rows would take ten times as long to read."""
    points = (
        select(
            func.int4send(MapPoint.number).label("number"),
            func.int2send(text("(round(map_points.x * 65535) - 32768)::int2")).label("x"),
            func.int2send(text("(round(map_points.y * 65535) - 32768)::int2")).label("y"),
            func.int2send(text("triggers.ordinal::int2")).label("ordinal"),
        )
        .join(Sound, Sound.id == MapPoint.sound_id)
        .join(Trigger, Trigger.slug == Sound.trigger_slug)
        .where(_belongs(listener_id))
        .order_by(MapPoint.number)
        .subquery()
    )
    columns = (points.c.number, points.c.x, points.c.y, points.c.ordinal)
    row = session.execute(select(*(func.string_agg(column, text("''::bytea")) for column in columns))).one()
    return PackedPoints(*(bytes(column or b"") for column in row))


def sounds_at(session: Session, numbers: Sequence[int], *, listener_id: UUID | None) -> list[tuple[int, Sound]]:
    """Find the sounds of some points, in their numbers' order; what is gone or somebody else's is left out."""
    rows = session.execute(
        select(MapPoint.number, Sound)
        .join(Sound, Sound.id == MapPoint.sound_id)
        .where(MapPoint.number.in_(numbers), is_listed(listener_id))
        .options(*sounds.as_shown(listener_id))
    )
    found = {number: (number, sound) for number, sound in rows}
    return [found[number] for number in numbers if number in found]


def newest(session: Session, *, listener_id: UUID | None, limit: int) -> list[tuple[MapPoint, Sound]]:
    """List the newest sounds that are on the map, with their places."""
    rows = session.execute(
        select(MapPoint, Sound)
        .join(Sound, Sound.id == MapPoint.sound_id)
        .where(is_listed(listener_id))
        .options(*sounds.as_shown(listener_id))
        .order_by(Sound.created_at.desc(), Sound.id.desc())
        .limit(limit)
    )
    return [(point, sound) for point, sound in rows]


def place(session: Session, sound_ids: Sequence[UUID] | None = None) -> int:
    """Put sounds onto the map near the sounds that they are most like; return how many were put there.

    Before the map is drawn for the first time there is nothing to be near to, and nothing happens.

    Args:
        session: The transaction.
        sound_ids: Which ones; by default all that are not on the map, as far as N_PLACED_AT_ONCE goes.
    """
    version = _version(session)
    if version is None:
        return 0
    missing = (
        select(Sound.id)
        .outerjoin(MapPoint, MapPoint.sound_id == Sound.id)
        .where(MapPoint.sound_id.is_(None), Sound.is_draft.is_(False))
        .limit(N_PLACED_AT_ONCE)
    )
    if sound_ids is not None:
        missing = missing.where(Sound.id.in_(sound_ids))
    ids = session.scalars(missing).all()
    if not ids:
        return 0
    session.execute(text("SET LOCAL hnsw.iterative_scan = relaxed_order"))
    session.execute(_PLACE, {"ids": list(ids), "version": version})
    return len(ids)


def draw_anew(session: Session, *, is_admin: bool) -> Job:
    """Have the whole map drawn anew, or say which job is about to do so: at most one is.

    Raises:
        AdminOnly: if somebody else than the operator asks.
    """
    if not is_admin:
        raise AdminOnly
    last = _last_drawing(session)
    if last is not None and not last.state.has_ended:
        return last
    return outbox.enqueue(session, TaskName.LAY_OUT_MAP, listener_id=None)


def draw_if_due(session: Session, *, embedded_with: str | None = None) -> Job | None:
    """Have the map drawn anew if the catalogue has grown by a tenth since it was, and nobody is about to do so.

    Args:
        session: The transaction.
        embedded_with: The classifier's weights, from who knows them. Where embeddings are of others the map is due too,
            and whoever draws it hears those sounds anew before.
    """
    last = _last_drawing(session)
    if last is not None and (not last.state.has_ended or _failed_lately(session, last)):
        return None
    if embedded_with is not None and embeddings_anew.are_outdated(session, embedded_with):
        arguments = {"embedded_with": embedded_with}
        return outbox.enqueue(session, TaskName.LAY_OUT_MAP, listener_id=None, arguments=arguments)
    return outbox.enqueue(session, TaskName.LAY_OUT_MAP, listener_id=None) if _has_grown(session) else None


def embeddings(
    session: Session, *, after_id: UUID | None, limit: int
) -> list[tuple[UUID, Sequence[float], float | None, float | None]]:
    """Read what the map is drawn from, in order of id: a sound's id, its embedding, and where it lies now.

    Args:
        session: The transaction.
        after_id: The last id that was read; None begins.
        limit: How many.
    """
    query = (
        select(Sound.id, Sound.embedding, MapPoint.x, MapPoint.y)
        .outerjoin(MapPoint, MapPoint.sound_id == Sound.id)
        .where(Sound.is_draft.is_(False))
        .order_by(Sound.id)
        .limit(limit)
    )
    if after_id is not None:
        query = query.where(Sound.id > after_id)
    return [(sound_id, embedding, x, y) for sound_id, embedding, x, y in session.execute(query)]


def record_layout(
    session: Session,
    claim: Claim,
    sound_ids: Sequence[UUID],
    xs: Sequence[float],
    ys: Sequence[float],
    *,
    took_s: float,
) -> MapLayout:
    """Record a drawing of the whole map at once and end the job; sounds that are gone meanwhile are left out.

    Args:
        session: The transaction.
        claim: The worker's hold on the job.
        sound_ids: The sounds.
        xs: Their places, 0 to 1. [n_sounds]
        ys: [n_sounds]
        took_s: How long the drawing took (s).

    Raises:
        JobLost: if the job is not this worker's any more.
    """
    claims.held(session, claim)
    layout = MapLayout(n_sounds=len(sound_ids), took_s=took_s)
    session.add(layout)
    session.flush()
    session.execute(_RECORD, {"ids": list(sound_ids), "xs": list(xs), "ys": list(ys), "version": layout.version})
    claims.finish(session, claim)
    return layout


def _belongs(listener_id: UUID | None) -> ColumnElement[bool]:
    return and_(Sound.listener_id.is_not_distinct_from(listener_id), Sound.is_draft.is_(False))


def _last_drawing(session: Session) -> Job | None:
    """Find the newest job that draws the map, and let nobody else ask for another until this transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(_LOCK, 0))))
    return session.scalar(
        select(Job).where(Job.task == TaskName.LAY_OUT_MAP).order_by(Job.created_at.desc(), Job.id.desc()).limit(1)
    )


def _version(session: Session) -> int | None:
    return session.scalar(select(func.max(MapLayout.version)))


def _failed_lately(session: Session, last: Job) -> bool:
    if last.state is not JobState.FAILED or last.finished_at is None:
        return False
    age = select(func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, PAUSE_AFTER_FAILURE_S))
    return bool(last.finished_at > session.scalars(age).one())


def _has_grown(session: Session) -> bool:
    n_sounds = session.scalar(select(func.count()).select_from(Sound).where(Sound.is_draft.is_(False))) or 0
    n_drawn = session.scalar(select(MapLayout.n_sounds).order_by(MapLayout.version.desc()).limit(1))
    if n_drawn is None:
        return n_sounds >= N_NEEDED
    return n_sounds - n_drawn >= max(1.0, GROWN_BY * n_drawn)
