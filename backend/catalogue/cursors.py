"""Lists in pages: the place after the last row, as an opaque word that fits only the list it was given out for."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar, TypeVarTuple
from uuid import UUID

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from backend.catalogue.errors import BadCursor

CHECK_CHARACTERS = 16
MAX_LIMIT = 100
MAX_CURSOR_CHARACTERS = 500

Item = TypeVar("Item")
Columns = TypeVarTuple("Columns")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some rows of a list, and the word that asks for the next ones; None at the end."""

    items: list[Item]
    next_cursor: str | None


@dataclass(frozen=True)
class Order:
    """An order of rows by one column, then by id, so that no two rows share a place."""

    name: str
    column: InstrumentedAttribute[Any]
    id: InstrumentedAttribute[UUID]
    is_descending: bool = True


def following(
    query: Select[*Columns], order: Order, *, cursor: str | None, scope: Sequence[object], limit: int
) -> Select[*Columns]:
    """Order a query and keep the rows after the cursor, one more than `limit` so that the end is known.

    Args:
        query: What to list.
        order: In which order.
        cursor: Where the last page ended; None for the first page.
        scope: Whatever makes this list this list: its name, filters, listener.
        limit: Rows in a page.

    Raises:
        BadCursor: if the cursor was not given out for this order and scope.
    """
    places = (order.column, order.id)
    if cursor is not None:
        place = tuple_(*places)
        last = tuple_(*_read(cursor, order, scope))
        query = query.where(place < last if order.is_descending else place > last)
    ordered = [column.desc() if order.is_descending else column.asc() for column in places]
    return query.order_by(*ordered).limit(bounded(limit) + 1)


def page(rows: Sequence[Item], order: Order, *, scope: Sequence[object], limit: int) -> Page[Item]:
    """Make a page of the rows that a `following` query gave."""
    return page_of(
        rows, [(getattr(row, order.column.key), getattr(row, order.id.key)) for row in rows], order, scope, limit
    )


def page_of(
    items: Sequence[Item], places: Sequence[tuple[Any, UUID]], order: Order, scope: Sequence[object], limit: int
) -> Page[Item]:
    """Make a page of items whose places in the order, (value, id), lie beside them."""
    limit = bounded(limit)
    if len(items) <= limit:
        return Page(list(items), None)
    return Page(list(items[:limit]), _write(places[limit - 1], order, scope))


def bounded(limit: int) -> int:
    """Return the number of rows in a page: at least one, at most `MAX_LIMIT`."""
    return max(1, min(limit, MAX_LIMIT))


def _write(place: tuple[Any, UUID], order: Order, scope: Sequence[object]) -> str:
    value, row_id = place
    body = json.dumps([value.isoformat() if isinstance(value, datetime) else value, row_id.hex])
    return urlsafe_b64encode((_check(body, order, scope) + body).encode()).decode().rstrip("=")


def _read(cursor: str, order: Order, scope: Sequence[object]) -> tuple[Any, UUID]:
    if len(cursor) > MAX_CURSOR_CHARACTERS:
        raise BadCursor
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        check, body = text[:CHECK_CHARACTERS], text[CHECK_CHARACTERS:]
        if check != _check(body, order, scope):
            raise BadCursor
        # The check tells lists apart and is no signature: whoever computes it may have put anything behind it.
        value, row_id = json.loads(body)
        is_time = order.column.type.python_type is datetime
        return datetime.fromisoformat(value) if is_time else float(value), UUID(row_id)
    except (NotBase64, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise BadCursor from error


def _check(body: str, order: Order, scope: Sequence[object]) -> str:
    return sha256(json.dumps([order.name, list(scope), body], default=str).encode()).hexdigest()[:CHECK_CHARACTERS]
