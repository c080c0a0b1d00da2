"""Look at a queue: a page, the counts of all views, a person's saved filters."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from kb_assist.errors import N_, InputError, NotFoundError
from kb_assist.tickets import queue_store
from kb_assist.tickets.model import Page, Ticket
from kb_assist.tickets.queue_model import Count, Order, QueueQuery, SavedFilter, View, Viewer

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_FILTERS = 50
# Counting closed tickets tells nobody anything.
_COUNTED = tuple(view for view in View if view not in (View.ALL, View.RECENTLY_CLOSED))
_QUERY: TypeAdapter[QueueQuery] = TypeAdapter(QueueQuery)
# Sort values of the columns of an order, the id last.
_INSTANTS = {Order.DUE: (0,), Order.PRIORITY: (1,), Order.NEWEST: (0,), Order.OLDEST: (0,)}
_INSTANTS[Order.UPDATED] = (0,)


def look(
    connection: Connection,
    query: QueueQuery,
    *,
    viewer: Viewer,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Ticket]:
    """One page. ``cursor`` as the page before gave it; raises InputError for any other."""
    wanted = max(1, min(limit, MAX_LIMIT))
    after = None if cursor is None else _read_cursor(cursor, query.order)
    rows = queue_store.page(connection, query, viewer=viewer, after=after, limit=wanted + 1)
    if len(rows) <= wanted:
        return Page(rows)
    shown = rows[:wanted]
    return Page(shown, _cursor(connection, shown[-1], query.order))


def counts(connection: Connection, viewer: Viewer) -> dict[View, Count]:
    """How many tickets each view of open tickets shows."""
    return {view: queue_store.count(connection, QueueQuery(view=view), viewer) for view in _COUNTED}


def save_filter(connection: Connection, user_id: int, name: str, query: QueueQuery) -> int:
    """Add or replace the person's filter of that name; its id. Raises InputError."""
    named = " ".join(name.split())
    if not named or len(named) > 100:
        raise InputError(N_("A filter needs a name of at most 100 characters."))
    kept = queue_store.saved_of(connection, user_id)
    if len(kept) >= MAX_FILTERS and named not in {row[1] for row in kept}:
        raise InputError(N_("At most %(most)s filters can be kept.", most=MAX_FILTERS))
    return queue_store.save(connection, user_id, named, _QUERY.dump_python(query, mode="json"))


def saved_filters(connection: Connection, user_id: int) -> tuple[SavedFilter, ...]:
    """By name."""
    return tuple(
        SavedFilter(key, name, _QUERY.validate_python(query))
        for key, name, query in queue_store.saved_of(connection, user_id)
    )


def forget_filter(connection: Connection, user_id: int, filter_id: int) -> None:
    """Raises NotFoundError when the person has no such filter."""
    if not queue_store.forget(connection, user_id, filter_id):
        raise NotFoundError(N_("There is no such filter."))


def _cursor(connection: Connection, last: Ticket, order: Order) -> str:
    values = queue_store.sort_values(connection, last.id, order)
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in values]
    written = json.dumps([order.value, *plain], separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, order: Order) -> list[Any]:
    fault = InputError(
        N_("The cursor does not belong to this list."), remedy=N_("Start at the first page.")
    )
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, *values = _list(json.loads(base64.b64decode(padded, altchars=b"-_", validate=True)))
        for position in _INSTANTS[order]:
            values[position] = datetime.fromisoformat(values[position])
    except (ValueError, TypeError, IndexError, KeyError, binascii.Error) as error:
        raise fault from error
    expected = len(_INSTANTS[order]) + (2 if order is Order.PRIORITY else 1)
    numbers = [v for at, v in enumerate(values) if at not in _INSTANTS[order]]
    if name != order.value or len(values) != expected or not all(_is_id(v) for v in numbers):
        raise fault
    if any(values[position].tzinfo is None for position in _INSTANTS[order]):
        raise fault
    return values


def _list(read: Any) -> list[Any]:
    if not isinstance(read, list):
        raise TypeError
    return read


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62


def parse_query(values: dict[str, Any]) -> QueueQuery:
    """A query from plain values, as saved or sent. Raises InputError."""
    try:
        return _QUERY.validate_python(values)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise InputError(
            N_("“%(name)s” has a value that nothing here is called.", name=where)
        ) from None
