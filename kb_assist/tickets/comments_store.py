"""The queries of comments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from kb_assist.storage.tables.tickets import ticket_comments
from kb_assist.tickets.model import Actor, ActorKind, Comment, CommentKind


def add(connection: Connection, comment: Comment) -> Comment:
    """``comment`` with its new id."""
    statement = insert(ticket_comments).values(_row(comment)).returning(*ticket_comments.c)
    return _comment(connection.execute(statement).mappings().one())


def add_all(connection: Connection, batch: Sequence[Comment]) -> None:
    if batch:
        connection.execute(insert(ticket_comments), [_row(comment) for comment in batch])


def of_ticket(connection: Connection, ticket_id: int) -> tuple[Comment, ...]:
    """Oldest first."""
    statement = (
        select(ticket_comments)
        .where(ticket_comments.c.ticket_id == ticket_id)
        .order_by(ticket_comments.c.at, ticket_comments.c.id)
    )
    return tuple(_comment(row) for row in connection.execute(statement).mappings())


def by_external_id(
    connection: Connection, ticket_id: int, source: str, external_id: str
) -> Comment | None:
    statement = select(ticket_comments).where(
        ticket_comments.c.ticket_id == ticket_id,
        ticket_comments.c.source == source,
        ticket_comments.c.external_id == external_id,
    )
    row = connection.execute(statement).mappings().first()
    return None if row is None else _comment(row)


def ticket_of(connection: Connection, source: str, external_id: str) -> int | None:
    """The ticket on which a source's comment was written."""
    statement = select(ticket_comments.c.ticket_id).where(
        ticket_comments.c.source == source, ticket_comments.c.external_id == external_id
    )
    found = connection.execute(statement.limit(1)).scalar()
    return None if found is None else int(found)


def of_tickets(connection: Connection, ticket_ids: Sequence[int]) -> dict[int, tuple[Comment, ...]]:
    """Oldest first; tickets without comments are left out."""
    statement = (
        select(ticket_comments)
        .where(ticket_comments.c.ticket_id.in_(ticket_ids))
        .order_by(ticket_comments.c.ticket_id, ticket_comments.c.at, ticket_comments.c.id)
    )
    found: dict[int, tuple[Comment, ...]] = {}
    for row in connection.execute(statement).mappings():
        found[row["ticket_id"]] = (*found.get(row["ticket_id"], ()), _comment(row))
    return found


def _row(comment: Comment) -> dict[str, Any]:
    author = comment.author
    is_requester = author.kind is ActorKind.REQUESTER
    return {
        "ticket_id": comment.ticket_id,
        "at": comment.at,
        "kind": comment.kind.value,
        "actor_kind": author.kind.value,
        "actor_name": "" if is_requester else author.name,
        "actor_id": author.user_id,
        "body": comment.body,
        "source": comment.source,
        "external_id": comment.external_id,
    }


def _comment(row: Any) -> Comment:
    return Comment(
        id=row["id"],
        ticket_id=row["ticket_id"],
        at=row["at"],
        kind=CommentKind(row["kind"]),
        author=Actor(ActorKind(row["actor_kind"]), row["actor_name"], row["actor_id"]),
        body=row["body"],
        source=row["source"],
        external_id=row["external_id"],
    )
