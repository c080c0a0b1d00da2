"""The audit of tickets: appended, read, never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from kb_assist.storage.tables.tickets import ticket_event_texts, ticket_events
from kb_assist.tickets.model import Actor, ActorKind, Event, EventKind

# What people wrote, or who they are; an outage may be called after a ticket. Kept apart, so that it
# can be erased and the event cannot.
PERSONAL_FIELDS = frozenset(
    "subject body requester_name requester_email resolution_text note name outage".split()
)
NOTE = "note"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that is to be written; plain values and enums in ``before`` and ``after``."""

    ticket_id: int
    kind: EventKind
    actor: Actor
    at: datetime
    version: int
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def append(connection: Connection, event: NewEvent) -> int:
    """The new event's id."""
    return append_all(connection, [event])[0]


def append_all(connection: Connection, events: Sequence[NewEvent]) -> list[int]:
    if not events:
        return []
    statement = insert(ticket_events).returning(ticket_events.c.id, sort_by_parameter_order=True)
    ids = [int(row[0]) for row in connection.execute(statement, [_row(e) for e in events])]
    texts = [text for key, event in zip(ids, events, strict=True) for text in _texts(key, event)]
    if texts:
        connection.execute(insert(ticket_event_texts), texts)
    return ids


def of_ticket(connection: Connection, ticket_id: int) -> tuple[Event, ...]:
    """Oldest first."""
    return _read(connection, select(ticket_events).where(ticket_events.c.ticket_id == ticket_id))


def since_version(connection: Connection, ticket_id: int, version: int) -> tuple[Event, ...]:
    """What changed the ticket after it had ``version``."""
    return _read(
        connection,
        select(ticket_events).where(
            ticket_events.c.ticket_id == ticket_id, ticket_events.c.version > version
        ),
    )


def _row(event: NewEvent) -> dict[str, Any]:
    return {
        "ticket_id": event.ticket_id,
        "at": event.at,
        "actor_kind": event.actor.kind.value,
        # A requester's name is the ticket's, where it can be erased.
        "actor_name": "" if event.actor.kind is ActorKind.REQUESTER else event.actor.name,
        "actor_id": event.actor.user_id,
        "kind": event.kind.value,
        "before": _plain(event.before),
        "after": _plain(event.after),
        "version": event.version,
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(v) for key, v in values.items() if key not in PERSONAL_FIELDS}


def _value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime | date) else value


def _texts(key: int, event: NewEvent) -> Iterable[dict[str, Any]]:
    named = (event.before.keys() | event.after.keys()) & PERSONAL_FIELDS
    for name in sorted(named):
        yield {
            "event_id": key,
            "field": name,
            "before": str(event.before.get(name) or ""),
            "after": str(event.after.get(name) or ""),
        }
    if event.note:
        yield {"event_id": key, "field": NOTE, "before": "", "after": event.note}


def _read(connection: Connection, query: Select[Any]) -> tuple[Event, ...]:
    rows = connection.execute(query.order_by(ticket_events.c.id)).mappings().all()
    texts: dict[int, list[Any]] = defaultdict(list)
    subquery = query.with_only_columns(ticket_events.c.id).scalar_subquery()
    for text in connection.execute(
        select(ticket_event_texts).where(ticket_event_texts.c.event_id.in_(subquery))
    ):
        texts[text.event_id].append(text)
    return tuple(_event(row, texts[row["id"]]) for row in rows)


def _event(row: Mapping[Any, Any], texts: Sequence[Any]) -> Event:
    fields = [text for text in texts if text.field != NOTE]
    return Event(
        id=row["id"],
        ticket_id=row["ticket_id"],
        at=row["at"],
        actor=Actor(ActorKind(row["actor_kind"]), row["actor_name"], row["actor_id"]),
        kind=EventKind(row["kind"]),
        before=row["before"] | {text.field: text.before for text in fields},
        after=row["after"] | {text.field: text.after for text in fields},
        note=next((text.after for text in texts if text.field == NOTE), ""),
    )
