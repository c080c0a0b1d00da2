"""The queries of feedback on suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from kb_assist.storage.tables.feedback import suggestion_signals
from kb_assist.tickets.feedback_model import Signal, SignalKind, StoredSignal, SubjectKind

_s = suggestion_signals.c


def add(
    connection: Connection,
    signals: Sequence[Signal],
    *,
    ticket_id: int | None,
    user_id: int | None,
    at: datetime,
) -> None:
    values = [
        _row(signal) | {"ticket_id": ticket_id, "user_id": user_id, "at": at} for signal in signals
    ]
    if values:
        connection.execute(insert(suggestion_signals), values)


def shown(connection: Connection, ticket_id: int, user_id: int | None) -> set[tuple[str, str, str]]:
    """Kind, id and generation of everything that a person has seen on a ticket."""
    statement = select(_s.subject_kind, _s.subject_id, _s.generation).where(
        _s.ticket_id == ticket_id,
        _s.user_id == user_id if user_id is not None else _s.user_id.is_(None),
        _s.kind == SignalKind.IMPRESSION.value,
    )
    return {(row[0], row[1], row[2]) for row in connection.execute(statement)}


def of_ticket(connection: Connection, ticket_id: int) -> tuple[StoredSignal, ...]:
    """Oldest first."""
    statement = select(suggestion_signals).where(_s.ticket_id == ticket_id).order_by(_s.id)
    return tuple(_stored(row) for row in connection.execute(statement).mappings())


def _row(signal: Signal) -> dict[str, Any]:
    return {
        "kind": signal.kind.value,
        "subject_kind": signal.subject_kind.value,
        "subject_id": signal.subject_id,
        "passage": signal.passage,
        "rank": signal.rank,
        "strength": signal.strength,
        "chance": signal.chance,
        "generation": signal.generation,
        "query": signal.query,
    }


def _stored(row: Any) -> StoredSignal:
    signal = Signal(
        kind=SignalKind(row["kind"]),
        subject_kind=SubjectKind(row["subject_kind"]),
        subject_id=row["subject_id"],
        passage=row["passage"],
        rank=row["rank"],
        strength=row["strength"],
        chance=row["chance"],
        generation=row["generation"],
        query=row["query"],
    )
    return StoredSignal(row["id"], row["ticket_id"], row["user_id"], row["at"], signal)
