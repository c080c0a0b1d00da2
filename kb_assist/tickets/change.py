"""The one way in which a stored ticket changes: conditionally, with deadlines and an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kb_assist.tickets import events_store, store
from kb_assist.tickets.audit import Happening, record
from kb_assist.tickets.deadlines import stamp, with_deadlines
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import Conflict, EventKind, Saved, State, Ticket
from kb_assist.tickets.priority import priority_of


@dataclass(frozen=True, slots=True)
class Change:
    """New values of fields, and how the audit calls it."""

    kind: EventKind
    fields: Mapping[str, Any]
    verb: str = ""
    note: str = ""


def conflict(desk: Desk, ticket: Ticket, seen: int | None) -> Conflict | None:
    """None when the caller knows the ticket as it is; ``seen`` None trusts what is stored."""
    if seen is None or seen == ticket.version:
        return None
    return Conflict(ticket, events_store.since_version(desk.connection, ticket.id, seen))


def change(desk: Desk, before: Ticket, wanted: Change) -> Saved | Conflict:
    """Write ``wanted`` on top of ``before``, as ``store.locked`` gave it."""
    after = replace(before, **wanted.fields, version=before.version + 1)
    after = replace(after, priority=priority_of(after.impact, after.urgency))
    after = stamp(before, after, desk.now)
    _keep_pauses(desk, before, after)
    after = _rescheduled(desk, before, after)
    if not store.change(desk.connection, before, after):
        current = store.get(desk.connection, before.id)
        since = events_store.since_version(desk.connection, before.id, before.version)
        return Conflict(current, since)
    record(desk, after, _happening(before, after, wanted))
    return Saved(after)


def _keep_pauses(desk: Desk, before: Ticket, after: Ticket) -> None:
    if after.state is State.PENDING and before.state is not State.PENDING:
        store.begin_pause(desk.connection, after.id, desk.now)
    if before.state is State.PENDING and after.state is not State.PENDING:
        store.end_pause(desk.connection, after.id, desk.now)


def _rescheduled(desk: Desk, before: Ticket, after: Ticket) -> Ticket:
    """A reopened ticket keeps its clock: that it was resolved too early is not the client's."""
    touches_pause = State.PENDING in (before.state, after.state) and before.state != after.state
    if not touches_pause and before.priority == after.priority:
        return after
    pauses = store.pauses(desk.connection, after.id)
    return with_deadlines(after, pauses, desk.policy)


def _happening(before: Ticket, after: Ticket, wanted: Change) -> Happening:
    names = [*wanted.fields, "priority"]
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    new = {name: getattr(after, name) for name in changed}
    if wanted.verb:
        new["verb"] = wanted.verb
    old = {name: getattr(before, name) for name in changed}
    return Happening(wanted.kind, old, new, wanted.note)
