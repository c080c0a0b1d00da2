"""The queries of tickets and their pauses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from kb_assist.errors import N_, NotFoundError
from kb_assist.storage import full_text
from kb_assist.storage.tables.accounts import groups, users
from kb_assist.storage.tables.tickets import ticket_pauses, tickets
from kb_assist.tickets import comments_store
from kb_assist.tickets.deadlines import queue_columns
from kb_assist.tickets.model import (
    Channel,
    Comment,
    Level,
    Pause,
    PendingReason,
    Priority,
    ResolutionCode,
    State,
    Ticket,
)
from kb_assist.tickets.terms import stored_terms

FIELDS = tuple(field.name for field in fields(Ticket))
COLUMNS = tuple(tickets.c[name] for name in FIELDS)
_TYPES: Mapping[str, type] = {
    "channel": Channel,
    "state": State,
    "pending_reason": PendingReason,
    "level": Level,
    "priority": Priority,
    "resolution_code": ResolutionCode,
}


def ticket_of(row: RowMapping) -> Ticket:
    """A row of ``COLUMNS`` as a value."""
    values = {name: row[name] for name in FIELDS}
    for name, kind in _TYPES.items():
        if values[name] is not None:
            values[name] = kind(values[name])
    return Ticket(**values)


def columns_of(ticket: Ticket) -> dict[str, Any]:
    """A ticket as a row, with what is kept for queues; without the id."""
    values = {name: getattr(ticket, name) for name in FIELDS if name != "id"}
    for name in _TYPES:
        if values[name] is not None:
            values[name] = values[name].value
    return values | queue_columns(ticket)


def find(connection: Connection, ticket_id: int) -> Ticket | None:
    row = connection.execute(select(*COLUMNS).where(tickets.c.id == ticket_id)).mappings().first()
    return None if row is None else ticket_of(row)


def get(connection: Connection, ticket_id: int) -> Ticket:
    """Raises NotFoundError."""
    found = find(connection, ticket_id)
    if found is None:
        raise NotFoundError(N_("There is no ticket T-%(number)s.", number=ticket_id))
    return found


def locked(connection: Connection, ticket_id: int) -> Ticket:
    """``get`` for a change: nobody else changes the ticket until this transaction ends."""
    statement = select(*COLUMNS).where(tickets.c.id == ticket_id).with_for_update()
    row = connection.execute(statement).mappings().first()
    if row is None:
        raise NotFoundError(N_("There is no ticket T-%(number)s.", number=ticket_id))
    return ticket_of(row)


def many(connection: Connection, ticket_ids: Sequence[int]) -> dict[int, Ticket]:
    """By id; unknown ids are left out."""
    statement = select(*COLUMNS).where(tickets.c.id.in_(ticket_ids))
    return {row["id"]: ticket_of(row) for row in connection.execute(statement).mappings()}


def after_id(connection: Connection, ticket_id: int, limit: int) -> tuple[Ticket, ...]:
    """The next tickets by id, for going through all of them."""
    statement = select(*COLUMNS).where(tickets.c.id > ticket_id).order_by(tickets.c.id).limit(limit)
    return tuple(ticket_of(row) for row in connection.execute(statement).mappings())


def by_external_id(connection: Connection, source: str, external_id: str) -> Ticket | None:
    statement = select(*COLUMNS).where(
        tickets.c.source == source, tickets.c.external_id == external_id
    )
    row = connection.execute(statement).mappings().first()
    return None if row is None else ticket_of(row)


def known_external_ids(
    connection: Connection, source: str, external_ids: Sequence[str]
) -> frozenset[str]:
    """Those of a batch that are stored already."""
    statement = select(tickets.c.external_id).where(
        tickets.c.source == source, tickets.c.external_id.in_(external_ids)
    )
    return frozenset(str(row[0]) for row in connection.execute(statement))


def add(connection: Connection, ticket: Ticket) -> int:
    """The new id; ``ticket.id`` is ignored."""
    made = connection.execute(insert(tickets).values(columns_of(ticket)).returning(tickets.c.id))
    ticket_id = int(made.scalar_one())
    index_words(connection, {ticket_id: ticket})
    return ticket_id


def add_all(connection: Connection, batch: Sequence[Ticket]) -> list[int]:
    """The new ids, in the order of the batch; ``index_words`` is left to the caller."""
    statement = insert(tickets).returning(tickets.c.id, sort_by_parameter_order=True)
    made = connection.execute(statement, [columns_of(ticket) for ticket in batch])
    return [int(row[0]) for row in made]


def change(connection: Connection, before: Ticket, after: Ticket) -> bool:
    """Write what differs, if the stored version is still ``before``'s; False when it is not."""
    old, new = columns_of(before), columns_of(after)
    changed = {name: value for name, value in new.items() if old[name] != value}
    if not changed:
        return True
    statement = (
        update(tickets)
        .where(tickets.c.id == before.id, tickets.c.version == before.version)
        .values(changed)
    )
    written = connection.execute(statement).rowcount == 1
    if written and changed.keys() & {"subject", "body", "resolution_text", "product"}:
        index_words(connection, {after.id: after})
    return written


def index_words(connection: Connection, changed: Mapping[int, Ticket]) -> None:
    """Make tickets findable by what they and their comments say now."""
    said = comments_store.of_tickets(connection, list(changed))
    full_text.write_words(
        connection,
        {
            key: stored_terms(_text(ticket, said.get(key, ())), ticket.language)
            for key, ticket in changed.items()
        },
    )


def _text(ticket: Ticket, comments: Sequence[Comment]) -> str:
    """The shortest and most telling parts first: of endless texts only the beginning counts."""
    who = f"{ticket.requester_name} {ticket.requester_email} {ticket.external_id or ''}"
    own = (ticket.subject, ticket.product, who, ticket.resolution_text, ticket.body)
    return "\n".join((*own, *(comment.body for comment in comments)))


def level_of_group(connection: Connection, group_id: int) -> Level:
    """Raises NotFoundError."""
    found = connection.execute(
        select(groups.c.support_level).where(groups.c.id == group_id)
    ).scalar()
    if found is None:
        raise NotFoundError(N_("There is no group %(number)s.", number=group_id))
    return Level(found)


def require_user(connection: Connection, user_id: int) -> None:
    """Raises NotFoundError unless somebody active has the id."""
    statement = select(users.c.id).where(users.c.id == user_id, users.c.active)
    if connection.execute(statement).first() is None:
        raise NotFoundError(N_("There is no active person %(number)s.", number=user_id))


def groups_by_name(connection: Connection, names: Sequence[str]) -> dict[str, tuple[int, Level]]:
    """Unknown names are left out."""
    statement = select(groups).where(groups.c.name.in_(names))
    return {
        row.name: (int(row.id), Level(row.support_level)) for row in connection.execute(statement)
    }


def pauses(connection: Connection, ticket_id: int) -> tuple[Pause, ...]:
    statement = (
        select(ticket_pauses.c.started_at, ticket_pauses.c.ended_at)
        .where(ticket_pauses.c.ticket_id == ticket_id)
        .order_by(ticket_pauses.c.id)
    )
    return tuple(Pause(row[0], row[1]) for row in connection.execute(statement))


def begin_pause(connection: Connection, ticket_id: int, at: datetime) -> None:
    connection.execute(insert(ticket_pauses).values(ticket_id=ticket_id, started_at=at))


def end_pause(connection: Connection, ticket_id: int, at: datetime) -> None:
    connection.execute(
        update(ticket_pauses)
        .where(ticket_pauses.c.ticket_id == ticket_id, ticket_pauses.c.ended_at.is_(None))
        .values(ended_at=at)
    )


def add_pauses(connection: Connection, rows: Iterable[tuple[int, Pause]]) -> None:
    """For imports: pauses as they were."""
    values = [
        {"ticket_id": ticket_id, "started_at": pause.start, "ended_at": pause.end}
        for ticket_id, pause in rows
    ]
    if values:
        connection.execute(insert(ticket_pauses), values)
