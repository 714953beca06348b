"""Sounds as listeners know them: searched, found, compared, deleted."""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, defer, joinedload, with_expression
from sqlalchemy.sql.base import ExecutableOption

from backend.catalogue import cursors, tombstones, triggers
from backend.catalogue.cursors import Order, Page
from backend.catalogue.drafts import is_listed
from backend.catalogue.errors import AdminOnly, BadSort, SettingOutOfRange
from backend.catalogue.licences import Licence, has_licence
from backend.catalogue.sources import is_visible
from backend.tables import Favourite, Sound, SoundKind, Source

ORDERS = {
    order.name: order
    for order in (
        Order("newest", Sound.created_at, Sound.id),
        Order("oldest", Sound.created_at, Sound.id, is_descending=False),
        Order("confidence", Sound.confidence, Sound.id),
        Order("longest", Sound.duration_s, Sound.id),
        Order("shortest", Sound.duration_s, Sound.id, is_descending=False),
    )
}
MAX_QUERY_CHARACTERS = 200
MAX_QUERY_WORDS = 8
MAX_SIMILAR = 100
# Written once: to write them for every list takes as long as to read it.
_WITH_SOUND = (
    joinedload(Sound.trigger, innerjoin=True),
    # A long recording's timeline is longer than all the rest of a page of its sounds.
    joinedload(Sound.source).defer(Source.timeline),
)
_WITHOUT_LONG = tuple(defer(column) for column in (Sound.embedding, Sound.peaks, Sound.probabilities))
# A word in the titles of so many sounds is common.
N_COMMON = 500


@dataclass(frozen=True)
class Filters:
    """Which sounds to list. None leaves a filter out.

    `q` are words that must each occur in the title, the source's title or uploader, or a name or alias of the trigger,
    in English or Korean. `min_confidence` is 0..1, lengths are in seconds; `licence` is the kind its source states.
    """

    trigger: str | None = None
    q: str | None = None
    kind: SoundKind | None = None
    min_confidence: float | None = None
    min_seconds: float | None = None
    max_seconds: float | None = None
    source: UUID | None = None
    licence: Licence | None = None
    mine_only: bool = False


@dataclass(frozen=True)
class Neighbour:
    """A sound and the cosine between its embedding and another's, -1 to 1."""

    sound: Sound
    similarity: float


def search(
    session: Session,
    filters: Filters,
    *,
    listener_id: UUID | None,
    sort: str = "newest",
    cursor: str | None = None,
    limit: int = 24,
) -> Page[Sound]:
    """List the sounds that are public or this listener's, with their triggers and sources.

    Args:
        session: The transaction.
        filters: Which sounds.
        listener_id: Who asks.
        sort: newest, oldest, confidence, longest or shortest.
        cursor: Where the last page ended.
        limit: Sounds in a page, at most 100.

    Raises:
        BadSort: if there is no such order.
        BadCursor: if the cursor was not given out for these filters and this order.
        NoSuchTrigger: if there is no such trigger.
        SettingOutOfRange: if the words are too many.
    """
    if (order := ORDERS.get(sort)) is None:
        raise BadSort(f"There is no order {sort!r}; there are {', '.join(ORDERS)}.", sort=sort, sorts=list(ORDERS))
    if filters.trigger is not None:
        triggers.find(session, filters.trigger)
    query = select(Sound).where(is_listed(listener_id)).options(*as_listed(listener_id))
    for condition in _conditions(session, filters, listener_id):
        query = query.where(condition)
    scope = ["sounds", listener_id, asdict(filters)]
    rows = session.scalars(cursors.following(query, order, cursor=cursor, scope=scope, limit=limit)).all()
    return cursors.page(rows, order, scope=scope, limit=limit)


def find(session: Session, sound_id: UUID, *, listener_id: UUID | None) -> Sound:
    """Find a sound that is public or this listener's, with its trigger and source.

    Raises:
        NoSuchSound: if there is none, or it is somebody else's: the two look the same.
        SoundDeleted: if there was one that this listener could hear.
    """
    sound = session.scalar(_visible(listener_id).where(Sound.id == sound_id).execution_options(populate_existing=True))
    if sound is None:
        raise tombstones.absence(session, sound_id, listener_id=listener_id)
    return sound


def similar(
    session: Session, sound_id: UUID, *, listener_id: UUID | None, limit: int = 12, trigger: str | None = None
) -> list[Neighbour]:
    """List the sounds nearest to one, nearest first, among those that are public or this listener's.

    The index gives candidates in near-perfect order and goes on until enough of them pass the filters.

    Args:
        session: The transaction.
        sound_id: Which one.
        listener_id: Who asks.
        limit: How many, at most 100.
        trigger: Only sounds of this trigger.

    Raises:
        NoSuchSound: as `find` does.
        NoSuchTrigger: if there is no such trigger.
    """
    if trigger is not None:
        triggers.find(session, trigger)
    here = session.scalar(
        select(Sound.embedding).where(Sound.id == sound_id, is_visible(Sound.listener_id, listener_id))
    )
    if here is None:
        raise tombstones.absence(session, sound_id, listener_id=listener_id)
    session.execute(text("SET LOCAL hnsw.iterative_scan = relaxed_order"))
    distance = Sound.embedding.cosine_distance(here).label("distance")
    nearest = (
        select(Sound.id, distance)
        .where(Sound.id != sound_id, is_listed(listener_id))
        .order_by(distance)
        .limit(max(1, min(limit, MAX_SIMILAR)))
    )
    if trigger is not None:
        nearest = nearest.where(Sound.trigger_slug == trigger)
    # Materialised, as pgvector advises: the relaxed order is put right after the index has done its work.
    candidates = nearest.cte("candidates").prefix_with("MATERIALIZED")
    rows = session.execute(
        select(Sound, candidates.c.distance)
        .join(candidates, candidates.c.id == Sound.id)
        .options(*as_listed(listener_id))
        .order_by(candidates.c.distance, Sound.id)
    )
    return [Neighbour(sound, 1.0 - row_distance) for sound, row_distance in rows]


def delete(session: Session, sound_id: UUID, *, listener_id: UUID | None, is_admin: bool = False) -> None:
    """Delete a sound; what was made from it stays. Its bytes go with the sweep of orphans.

    Raises:
        NoSuchSound: as `find` does.
        AdminOnly: if it is public and the caller is not the admin.
    """
    sound = session.scalar(
        select(Sound).where(Sound.id == sound_id, is_visible(Sound.listener_id, listener_id)).with_for_update()
    )
    if sound is None:
        raise tombstones.absence(session, sound_id, listener_id=listener_id)
    if sound.listener_id is None and not is_admin:
        raise AdminOnly
    session.delete(sound)
    session.flush()


def as_shown(listener_id: UUID | None) -> tuple[ExecutableOption, ...]:
    """Return the options that load what is shown with each sound: its trigger, its source, the asker's heart."""
    # Correlated by hand: a list of favourites has that table itself.
    heart = (
        select(Favourite.sound_id)
        .where(Favourite.sound_id == Sound.id, Favourite.listener_id == listener_id)
        .correlate(Sound)
    )
    return (*_WITH_SOUND, with_expression(Sound.is_favourite, heart.exists()))


def as_listed(listener_id: UUID | None) -> tuple[ExecutableOption, ...]:
    """Return the options that load a sound for a list: as shown, without what only its own page needs and is long."""
    return (*as_shown(listener_id), *_WITHOUT_LONG)


def _visible(listener_id: UUID | None) -> Select[Sound]:
    return select(Sound).where(is_visible(Sound.listener_id, listener_id)).options(*as_shown(listener_id))


def _conditions(session: Session, filters: Filters, listener_id: UUID | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.trigger is not None:
        conditions.append(Sound.trigger_slug == filters.trigger)
    if filters.kind is not None:
        conditions.append(Sound.kind == filters.kind)
    if filters.min_confidence is not None:
        conditions.append(Sound.confidence >= filters.min_confidence)
    if filters.min_seconds is not None:
        conditions.append(Sound.duration_s >= filters.min_seconds)
    if filters.max_seconds is not None:
        conditions.append(Sound.duration_s <= filters.max_seconds)
    if filters.source is not None:
        conditions.append(Sound.source_id == filters.source)
    if filters.licence is not None:
        conditions.append(has_licence(session, filters.licence))
    if filters.mine_only:
        conditions += [Sound.listener_id.is_not(None), Sound.listener_id == listener_id]
    words = (filters.q or "").split()
    if len(words) > MAX_QUERY_WORDS or len(filters.q or "") > MAX_QUERY_CHARACTERS:
        raise SettingOutOfRange(f"At most {MAX_QUERY_WORDS} words can be searched for.", max_words=MAX_QUERY_WORDS)
    return conditions + [_mentions(session, word) for word in words]


def _mentions(session: Session, word: str) -> ColumnElement[bool]:
    """Whether a word occurs in what a sound is called: inside longer words too, as Korean glues particles to nouns.

    A rare word is looked up in the index of pieces of up to three letters. A common one is met soon on the way down any
    order, which is quicker than to collect all that have it; the planner cannot tell the two apart, so we do.
    """
    pieces = func.grams_of(Sound.called, 1, type_=ARRAY(Text))
    wanted = func.grams_of(func.lower(word), min(len(word), 3), type_=ARRAY(Text))
    in_title = func.strpos(Sound.called, func.lower(word)) > 0
    rare = session.scalars(select(Sound.id).where(pieces.contains(wanted), in_title).limit(N_COMMON)).all()
    if len(rare) < N_COMMON:
        in_title = Sound.id.in_(rare)
    named = triggers.named(session, word)
    return or_(Sound.trigger_slug.in_(named), in_title) if named else in_title
