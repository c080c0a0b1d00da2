"""Store tickets of another system, a batch per transaction, however often they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kb_assist.tickets import comments_store, events_store, store
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.events_store import NewEvent
from kb_assist.tickets.intake import first_values, new_ticket
from kb_assist.tickets.mail.intake import take_mail
from kb_assist.tickets.mail.message import Mail
from kb_assist.tickets.model import (
    Actor,
    ActorKind,
    Comment,
    EventKind,
    Level,
    Pause,
    PendingReason,
    State,
    Ticket,
)
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.transfer.model import BatchResult, Incoming, RawRow, RejectedRow
from kb_assist.tickets.transfer.rows import understand

BATCH = 500
_RESTING = {State.ASSIGNED, State.IN_PROGRESS, State.PENDING, State.ESCALATED}


def import_batch(desk: Desk, rows: Sequence[RawRow | RejectedRow], *, source: str) -> BatchResult:
    """All or nothing of a batch; run again, it finds what it has stored.

    ``source`` names the other system; ids are unique within it.
    """
    rejected = [row for row in rows if isinstance(row, RejectedRow)]
    incoming: dict[str, Incoming] = {}
    created = known = 0
    for row in rows:
        if isinstance(row, RejectedRow):
            continue
        if isinstance(row.values, Mail):
            taken = take_mail(desk, row.values, source=source)
            created, known = created + taken.is_new, known + (not taken.is_new)
            continue
        understood = understand(row.place, row.values, source=source, now=desk.now)
        if isinstance(understood, RejectedRow):
            rejected.append(understood)
        elif understood.draft.external_id in incoming:
            known += 1
        else:
            incoming[str(understood.draft.external_id)] = understood
    stored = store.known_external_ids(desk.connection, source, list(incoming))
    fresh = [value for key, value in incoming.items() if key not in stored]
    _store(desk, fresh)
    rejected.sort(key=lambda row: (row.place.file, row.place.line))
    return BatchResult(created + len(fresh), known + len(stored), tuple(rejected))


def _store(desk: Desk, incoming: Sequence[Incoming]) -> None:
    if not incoming:
        return
    emails = sorted({i.draft.requester_email for i in incoming if i.draft.requester_email})
    clients = records_store.client_ids_by_email(desk.connection, emails)
    groups = store.groups_by_name(desk.connection, sorted({i.group for i in incoming if i.group}))
    made = [_ticket(desk, one, clients, groups) for one in incoming]
    ids = store.add_all(desk.connection, made)
    tickets = [replace(ticket, id=key) for key, ticket in zip(ids, made, strict=True)]
    waiting = [(t.id, Pause(t.created_at)) for t in tickets if t.state is State.PENDING]
    store.add_pauses(desk.connection, waiting)
    events_store.append_all(desk.connection, [_event(desk, ticket) for ticket in tickets])
    comments = [c for t, one in zip(tickets, incoming, strict=True) for c in _comments(t, one)]
    comments_store.add_all(desk.connection, comments)
    store.index_words(desk.connection, {ticket.id: ticket for ticket in tickets})


def _ticket(
    desk: Desk,
    incoming: Incoming,
    clients: Mapping[str, int],
    groups: Mapping[str, tuple[int, Level]],
) -> Ticket:
    draft = replace(incoming.draft, client_id=clients.get(incoming.draft.requester_email))
    ticket = new_ticket(draft, desk.now, desk.policy)
    group = groups.get(incoming.group)
    if group is not None:
        ticket = replace(ticket, group_id=group[0], level=group[1], state=State.ASSIGNED)
    if incoming.state in _RESTING:
        return _resting(ticket, incoming.state)
    return _ended(ticket, incoming) if incoming.resolved_at is not None else ticket


def _resting(ticket: Ticket, state: State) -> Ticket:
    """Escalations and pauses belong to the other system; here somebody takes it up anew."""
    if state is State.PENDING:
        reason = PendingReason.CUSTOMER
        return replace(ticket, state=state, pending_reason=reason, resolution_due=None)
    kept = State.ASSIGNED if state is State.ESCALATED else state
    return replace(ticket, state=kept)


def _ended(ticket: Ticket, incoming: Incoming) -> Ticket:
    at = incoming.resolved_at
    assert at is not None
    return replace(
        ticket,
        state=incoming.state,
        resolution_code=incoming.resolution_code,
        resolution_text=incoming.resolution_text,
        first_response_at=at,
        resolved_at=at,
        closed_at=at if incoming.state is State.CLOSED else None,
        updated_at=at,
    )


def _event(desk: Desk, ticket: Ticket) -> NewEvent:
    return NewEvent(
        ticket_id=ticket.id,
        kind=EventKind.CREATED,
        actor=desk.actor,
        at=desk.now,
        version=ticket.version,
        after=first_values(ticket) | {"imported": True},
    )


def _comments(ticket: Ticket, incoming: Incoming) -> list[Comment]:
    return [
        Comment(
            id=0,
            ticket_id=ticket.id,
            at=comment.at or ticket.created_at,
            kind=comment.kind,
            author=Actor(ActorKind.INTEGRATION, comment.author),
            body=comment.body,
            source=ticket.source,
            external_id=f"{ticket.external_id}#{number}",
        )
        for number, comment in enumerate(incoming.comments, start=1)
    ]
