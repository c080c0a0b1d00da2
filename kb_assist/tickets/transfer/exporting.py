"""Tickets as plain rows, in a shape that an import reads; personal data replaced unless wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from kb_assist.redaction import Personal, redact
from kb_assist.tickets import comments_store, store
from kb_assist.tickets.model import ActorKind, Comment, Ticket

BATCH = 500
_TEXTS = ("subject", "body", "resolution_text")
COLUMNS = (
    "id",
    "source",
    "external_id",
    "subject",
    "body",
    "language",
    "channel",
    "state",
    "level",
    "impact",
    "urgency",
    "priority",
    "product",
    "requester_name",
    "requester_email",
    "resolution_code",
    "resolution_text",
    "reopened",
    "created_at",
    "first_response_at",
    "resolved_at",
    "closed_at",
)


def export_rows(
    connection: Connection, kinds: Sequence[Personal] | None
) -> Iterator[dict[str, Any]]:
    """All tickets by id, with ``comments``. ``kinds`` to replace; None keeps everything."""
    after = 0
    while batch := store.after_id(connection, after, BATCH):
        comments = comments_store.of_tickets(connection, [ticket.id for ticket in batch])
        for ticket in batch:
            yield _row(ticket, comments.get(ticket.id, ()), kinds)
        after = batch[-1].id


def _row(
    ticket: Ticket, comments: Sequence[Comment], kinds: Sequence[Personal] | None
) -> dict[str, Any]:
    row = {name: _plain(getattr(ticket, name)) for name in COLUMNS}
    row["id"] = ticket.number
    row["external_id"] = ticket.external_id or ticket.number
    row["comments"] = [_comment(comment) for comment in comments]
    if kinds is None:
        return row
    names = [ticket.requester_name]
    for name in _TEXTS:
        row[name] = redact(row[name], kinds=kinds, names=names).text
    for comment in row["comments"]:
        comment["body"] = redact(comment["body"], kinds=kinds, names=names).text
    if Personal.NAME in kinds:
        row["requester_name"] = ""
    if Personal.EMAIL in kinds:
        row["requester_email"] = ""
    return row


def _comment(comment: Comment) -> dict[str, Any]:
    return {
        "at": comment.at.isoformat(),
        "kind": comment.kind.value,
        "author": "" if comment.author.kind is ActorKind.REQUESTER else comment.author.name,
        "body": comment.body,
    }


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, int) and not hasattr(value, "name")):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.value if hasattr(value, "value") else value
