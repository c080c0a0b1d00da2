"""Puts what happened into the outbox, in the same transaction."""

from __future__ import annotations

from typing import Any

from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import EventKind, Ticket
from kb_assist.tickets.outbox import store as outbox_store

# Connectors speak about tickets that came from their system, and about these things only.
_TOLD = frozenset({EventKind.CREATED, EventKind.MOVED, EventKind.HANDED_OVER})


def announce(desk: Desk, ticket: Ticket, kind: EventKind, event_id: int) -> None:
    """Ids and states, no texts: a receiver that may know more asks the API for it."""
    if kind is EventKind.ERASED:
        return
    webhooks = outbox_store.all_webhooks(desk.connection)
    targets = [w.target for w in webhooks if w.active and (not w.kinds or kind.value in w.kinds)]
    if ticket.source in desk.connectors and kind in _TOLD:
        targets.append(ticket.source)
    if targets:
        payload = _payload(desk, ticket, kind, event_id)
        message = {"kind": kind.value, "ticket_id": ticket.id, "payload": payload}
        outbox_store.put(desk.connection, targets, message, desk.now)


def _payload(desk: Desk, ticket: Ticket, kind: EventKind, event_id: int) -> dict[str, Any]:
    return {
        "event": kind.value,
        "event_id": event_id,
        "at": desk.now.isoformat(),
        "actor": {"kind": desk.actor.kind.value, "user_id": desk.actor.user_id},
        "ticket": {
            "id": ticket.id,
            "number": ticket.number,
            "version": ticket.version,
            "source": ticket.source,
            "external_id": ticket.external_id,
            "state": ticket.state.value,
            "level": ticket.level.value,
            "priority": ticket.priority.value,
            "group_id": ticket.group_id,
            "assignee_id": ticket.assignee_id,
        },
    }
