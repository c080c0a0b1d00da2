"""The queries of attachments; the contents are files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from kb_assist.errors import N_, NotFoundError
from kb_assist.storage.tables.tickets import attachments


@dataclass(frozen=True, slots=True)
class Attachment:
    id: int
    ticket_id: int
    at: datetime
    by: str
    name: str
    media_type: str
    """Safe to send: never one that a browser would run."""
    size: int
    """Bytes."""
    sha256: str


def add(connection: Connection, attachment: Attachment) -> int:
    """The new id; ``attachment.id`` is ignored."""
    values = {
        "ticket_id": attachment.ticket_id,
        "at": attachment.at,
        "actor_name": attachment.by,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
    }
    made = connection.execute(insert(attachments).values(values).returning(attachments.c.id))
    return int(made.scalar_one())


def of_ticket(connection: Connection, ticket_id: int) -> tuple[Attachment, ...]:
    """Oldest first."""
    statement = (
        select(attachments).where(attachments.c.ticket_id == ticket_id).order_by(attachments.c.id)
    )
    return tuple(_attachment(row) for row in connection.execute(statement).mappings())


def get(connection: Connection, ticket_id: int, attachment_id: int) -> Attachment:
    """Raises NotFoundError; an attachment of another ticket is not found either."""
    statement = select(attachments).where(
        attachments.c.id == attachment_id, attachments.c.ticket_id == ticket_id
    )
    row = connection.execute(statement).mappings().first()
    if row is None:
        raise NotFoundError(
            N_(
                "Ticket T-%(ticket_id)s has no attachment %(attachment_id)s.",
                ticket_id=ticket_id,
                attachment_id=attachment_id,
            )
        )
    return _attachment(row)


def lock_content(connection: Connection, sha256: str) -> None:
    """Until the transaction ends nobody else decides whether this content is kept or removed.

    On SQLite there is only one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(sha256, 0))))


def is_used(connection: Connection, sha256: str) -> bool:
    """Whether an attachment of any ticket has this content."""
    found = select(attachments.c.id).where(attachments.c.sha256 == sha256).limit(1)
    return connection.execute(found).first() is not None


def erase(connection: Connection, ticket_ids: list[int]) -> tuple[str, ...]:
    """Remove all attachments of tickets; the hashes that no other ticket uses any more."""
    here = attachments.c.ticket_id.in_(ticket_ids)
    hashes = set(connection.execute(select(attachments.c.sha256).where(here)).scalars())
    connection.execute(delete(attachments).where(here))
    used = select(attachments.c.sha256).where(attachments.c.sha256.in_(hashes))
    return tuple(sorted(hashes - set(connection.execute(used).scalars())))


def total_size(connection: Connection, ticket_id: int) -> int:
    """Bytes of all attachments of a ticket."""
    statement = select(func.coalesce(func.sum(attachments.c.size), 0)).where(
        attachments.c.ticket_id == ticket_id
    )
    return int(connection.execute(statement).scalar_one())


def _attachment(row: Any) -> Attachment:
    return Attachment(
        id=row["id"],
        ticket_id=row["ticket_id"],
        at=row["at"],
        by=row["actor_name"],
        name=row["name"],
        media_type=row["media_type"],
        size=row["size"],
        sha256=row["sha256"],
    )
