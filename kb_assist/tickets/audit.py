"""Every change leaves an event, written in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kb_assist.tickets import events_store
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.events_store import NewEvent
from kb_assist.tickets.model import EventKind, Ticket
from kb_assist.tickets.outbox.announce import announce


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened, without who and when: those are the desk's."""

    kind: EventKind
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def record(desk: Desk, ticket: Ticket, happening: Happening) -> int:
    """The id of the new event. ``ticket`` as it is after what happened."""
    event = NewEvent(
        ticket_id=ticket.id,
        kind=happening.kind,
        actor=desk.actor,
        at=desk.now,
        version=ticket.version,
        before=happening.before,
        after=happening.after,
        note=happening.note,
    )
    event_id = events_store.append(desk.connection, event)
    announce(desk, ticket, happening.kind, event_id)
    return event_id
