"""The queries of queues: pages, counts, saved filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from kb_assist.storage import full_text
from kb_assist.storage.tables.tickets import saved_filters, ticket_cis, tickets
from kb_assist.tickets import store
from kb_assist.tickets.model import State, Ticket
from kb_assist.tickets.queue_model import Count, Order, QueueQuery, View, Viewer
from kb_assist.tickets.records.store import asked_by
from kb_assist.tickets.terms import searched_words

# Beyond this a badge says "1000+"; counting on would cost more than it tells.
MOST_COUNTED = 1_000

_FEW = 1_000

_t = tickets.c
Condition = ColumnElement[bool]


def page(
    connection: Connection,
    query: QueueQuery,
    *,
    viewer: Viewer,
    after: Sequence[Any] | None = None,
    limit: int,
) -> tuple[Ticket, ...]:
    """``after``: the sort values of the last ticket seen, as ``sort_values`` gives them."""
    keys = _keys(query.order)
    statement = select(*store.COLUMNS).where(*conditions(connection, query, viewer))
    if after is not None:
        statement = statement.where(_beyond(keys, after))
    ordered = statement.order_by(*(c.desc() if down else c.asc() for c, down in keys))
    rows = connection.execute(ordered.limit(limit)).mappings()
    return tuple(store.ticket_of(row) for row in rows)


def sort_values(connection: Connection, ticket_id: int, order: Order) -> tuple[Any, ...]:
    """Where a ticket stands in an order."""
    columns = [column for column, _ in _keys(order)]
    return tuple(connection.execute(select(*columns).where(_t.id == ticket_id)).one())


def count(connection: Connection, query: QueueQuery, viewer: Viewer) -> Count:
    """At most ``MOST_COUNTED``."""
    matching = select(_t.id).where(*conditions(connection, query, viewer)).limit(MOST_COUNTED + 1)
    number = connection.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
    return Count(min(number, MOST_COUNTED), is_more=number > MOST_COUNTED)


def conditions(connection: Connection, query: QueueQuery, viewer: Viewer) -> list[Condition]:
    found = [_view(query.view, viewer)]
    for column, values in (
        (_t.state, query.states),
        (_t.priority, query.priorities),
        (_t.level, query.levels),
    ):
        if values:
            found.append(column.in_([value.value for value in values]))
    for column, wanted in (
        (_t.group_id, query.group_id),
        (_t.assignee_id, query.assignee_id),
        (_t.product, query.product or None),
    ):
        if wanted is not None:
            found.append(column == wanted)
    if query.client_id is not None:
        found.append(asked_by(query.client_id))
    if query.ci_id is not None:
        linked = select(ticket_cis.c.ticket_id).where(ticket_cis.c.ci_id == query.ci_id)
        found.append(_t.id.in_(linked))
    if query.text.strip():
        found.append(_says(connection, query.text.strip()))
    return found


def _view(view: View, viewer: Viewer) -> Condition:
    mine = _t.group_id.in_(viewer.group_ids)
    views: Mapping[View, Condition] = {
        View.MY: and_(_t.is_open, _t.assignee_id == viewer.user_id),
        View.MY_GROUPS: and_(_t.is_open, mine),
        View.UNASSIGNED: and_(_t.is_open, _t.assignee_id.is_(None)),
        View.BREACHED: and_(_t.is_open, _t.next_due < viewer.now),
        View.DUE_SOON: and_(_t.is_open, _t.soon_from <= viewer.now, _t.next_due >= viewer.now),
        View.WAITING_FOR_ME: and_(_t.is_open, _t.state == State.ESCALATED.value, mine),
        View.OPEN: _t.is_open,
        View.RECENTLY_CLOSED: _t.state.in_([State.RESOLVED.value, State.CLOSED.value]),
        View.ALL: true(),
    }
    return views[view]


def _says(connection: Connection, typed: str) -> Condition:
    number = typed.removeprefix("T-").removeprefix("t-").removeprefix("#")
    named: list[Condition] = [_t.external_id == typed]
    if number.isascii() and number.isdigit() and len(number) < 16:
        named.append(_t.id == int(number))
    words = searched_words(typed)
    if not words:
        return or_(*named)
    holding = full_text.holding_all(connection.dialect.name, words)
    # Few matches are looked up and sorted; among many, walking the order finds a page at once.
    few = list(connection.execute(holding.limit(_FEW + 1)).scalars())
    if len(few) <= _FEW:
        exact = connection.execute(select(_t.id).where(or_(*named))).scalars()
        return _t.id.in_({*few, *exact})
    return or_(_t.id.in_(holding), *named)


def _keys(order: Order) -> tuple[tuple[ColumnElement[Any], bool], ...]:
    """Columns and whether they descend; the id makes every order total."""
    keys: Mapping[Order, tuple[tuple[ColumnElement[Any], bool], ...]] = {
        Order.DUE: ((_t.next_due, False), (_t.id, False)),
        Order.PRIORITY: ((_t.priority, False), (_t.next_due, False), (_t.id, False)),
        Order.NEWEST: ((_t.created_at, True), (_t.id, True)),
        Order.OLDEST: ((_t.created_at, False), (_t.id, False)),
        Order.UPDATED: ((_t.updated_at, True), (_t.id, True)),
    }
    return keys[order]


def _beyond(
    keys: Sequence[tuple[ColumnElement[Any], bool]], after: Sequence[Any]
) -> ColumnElement[bool]:
    """Behind ``after`` in the order of the keys."""
    choices: list[ColumnElement[bool]] = []
    for position, (column, descends) in enumerate(keys):
        same = [c == v for (c, _), v in zip(keys[:position], after, strict=False)]
        value = after[position]
        choices.append(and_(*same, column < value if descends else column > value))
    return or_(*choices)


def resolved_before(
    connection: Connection, instant: datetime, *, after_id: int, limit: int
) -> tuple[int, ...]:
    statement = (
        select(_t.id)
        .where(_t.state == State.RESOLVED.value, _t.resolved_at <= instant, _t.id > after_id)
        .order_by(_t.id)
        .limit(limit)
    )
    return tuple(int(row[0]) for row in connection.execute(statement))


def saved_of(connection: Connection, user_id: int) -> list[tuple[int, str, dict[str, Any]]]:
    statement = (
        select(saved_filters.c.id, saved_filters.c.name, saved_filters.c.query)
        .where(saved_filters.c.user_id == user_id)
        .order_by(saved_filters.c.name)
    )
    return [(int(row[0]), row[1], row[2]) for row in connection.execute(statement)]


def save(connection: Connection, user_id: int, name: str, query: Mapping[str, Any]) -> int:
    """Add a filter or replace the one of that name; its id."""
    here = (saved_filters.c.user_id == user_id) & (saved_filters.c.name == name)
    changed = update(saved_filters).where(here).values(query=query).returning(saved_filters.c.id)
    known = connection.execute(changed).scalar()
    if known is not None:
        return int(known)
    added = insert(saved_filters).values(user_id=user_id, name=name, query=query)
    return int(connection.execute(added.returning(saved_filters.c.id)).scalar_one())


def forget(connection: Connection, user_id: int, filter_id: int) -> bool:
    """False when the person has no such filter."""
    statement = delete(saved_filters).where(
        saved_filters.c.id == filter_id, saved_filters.c.user_id == user_id
    )
    return connection.execute(statement).rowcount == 1
