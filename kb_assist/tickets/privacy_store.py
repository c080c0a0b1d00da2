"""The statements that take personal data out of the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from kb_assist.redaction import redact
from kb_assist.storage import full_text
from kb_assist.storage.tables.feedback import suggestion_signals
from kb_assist.storage.tables.handover import dossier_answers, handovers
from kb_assist.storage.tables.monitoring import ticket_arrivals
from kb_assist.storage.tables.outbox import outbox
from kb_assist.storage.tables.records import cis, clients
from kb_assist.storage.tables.tickets import (
    ticket_comments,
    ticket_event_texts,
    ticket_events,
    ticket_vectors,
    tickets,
)
from kb_assist.tickets.handover.dossier import Filled, as_json, from_json
from kb_assist.tickets.model import State, Ticket
from kb_assist.tickets.records.model import Client

ERASED = "[erased]"


def closed_before(connection: Connection, instant: datetime, limit: int) -> tuple[int, ...]:
    """Tickets that hold texts and were closed before the instant, oldest first."""
    statement = (
        select(tickets.c.id)
        .where(
            tickets.c.state == State.CLOSED.value,
            tickets.c.closed_at < instant,
            tickets.c.erased_at.is_(None),
        )
        .order_by(tickets.c.id)
        .limit(limit)
    )
    return tuple(int(row[0]) for row in connection.execute(statement))


def tickets_of(connection: Connection, client_id: int, email: str) -> tuple[int, ...]:
    """By record, and by address where a ticket came before the record."""
    mine = [tickets.c.client_id == client_id]
    if email:
        mine.append(tickets.c.requester_email.in_([email, email.lower()]))
    statement = select(tickets.c.id).where(or_(*mine)).order_by(tickets.c.id)
    return tuple(int(row[0]) for row in connection.execute(statement))


def empty_ticket(
    connection: Connection, ticket: Ticket, now: datetime, *, keep_resolution: bool
) -> None:
    """Replace what people wrote; an external id may be an address or a message id."""
    resolution = ERASED if ticket.resolution_text else ""
    if keep_resolution:
        names = [ticket.requester_name]
        resolution = redact(ticket.resolution_text, names=names).text
    connection.execute(
        update(tickets)
        .where(tickets.c.id == ticket.id)
        .values(
            subject=ERASED,
            body=ERASED,
            requester_name="",
            requester_email="",
            client_id=None,
            resolution_text=resolution,
            external_id=None if ticket.external_id is None else f"erased-{ticket.id}",
            version=ticket.version + 1,
            erased_at=now,
            updated_at=now,
        )
    )


def empty_texts(connection: Connection, ids: Sequence[int]) -> None:
    """Comments, texts of the audit, dossiers, searches, vectors and words of tickets."""
    events = select(ticket_events.c.id).where(ticket_events.c.ticket_id.in_(ids))
    connection.execute(delete(ticket_event_texts).where(ticket_event_texts.c.event_id.in_(events)))
    connection.execute(
        update(ticket_comments)
        .where(ticket_comments.c.ticket_id.in_(ids))
        .values(body=ERASED, external_id=None)
    )
    connection.execute(delete(dossier_answers).where(dossier_answers.c.ticket_id.in_(ids)))
    connection.execute(
        update(suggestion_signals).where(suggestion_signals.c.ticket_id.in_(ids)).values(query="")
    )
    for vectors in (ticket_vectors, ticket_arrivals):
        connection.execute(delete(vectors).where(vectors.c.ticket_id.in_(ids)))
    connection.execute(delete(outbox).where(outbox.c.ticket_id.in_(ids)))
    full_text.erase_words(connection, ids)
    _empty_dossiers(connection, ids)


def _empty_dossiers(connection: Connection, ids: Sequence[int]) -> None:
    """Which facts were there stays, for the figures about templates; the facts go."""
    statement = select(handovers.c.id, handovers.c.dossier).where(handovers.c.ticket_id.in_(ids))
    for row in connection.execute(statement).all():
        dossier = from_json(row.dossier)
        bare = as_json(dossier) | {
            "subject": ERASED,
            "items": [
                item | {"value": ERASED if filled.value else ""}
                for item, filled in _items(row.dossier, dossier.filled)
            ],
            "attachments": [],
            "guide_answers": {},
            "timeline": [],
        }
        connection.execute(
            update(handovers)
            .where(handovers.c.id == row.id)
            .values(dossier=bare, note="", override_reason="", return_reason="")
        )


def _items(
    stored: dict[str, list[dict[str, object]]], filled: Sequence[Filled]
) -> list[tuple[dict[str, object], Filled]]:
    return list(zip(stored["items"], filled, strict=True))


def erase_client(connection: Connection, client_id: int, now: datetime) -> None:
    """The record becomes a number; items that the person owned belong to nobody."""
    connection.execute(update(cis).where(cis.c.owner_id == client_id).values(owner_id=None))
    blank = {
        name: ""
        for name in Client.__dataclass_fields__
        if name in ("email", "phone", "site", "department", "language", "notes")
    }
    connection.execute(
        update(clients)
        .where(clients.c.id == client_id)
        .values(
            **blank,
            key=f"erased-{client_id}",
            name=ERASED,
            search="",
            vip=False,
            active=False,
            updated_at=now,
        )
    )
