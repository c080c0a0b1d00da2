"""The queries of what a ticket is linked to: tickets, configuration items, articles."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from kb_assist.storage.tables.tickets import (
    ticket_articles,
    ticket_cis,
    ticket_relations,
    tickets,
)
from kb_assist.tickets import store
from kb_assist.tickets.model import (
    ArticleLink,
    ArticleRole,
    Hindrances,
    RecordRole,
    TicketLink,
    TicketRelation,
)

_relations = ticket_relations.c


def hindrances(connection: Connection, ticket_id: int) -> Hindrances:
    """Open tickets that this one depends on, and its open children."""
    blockers = (
        select(tickets.c.id)
        .join(ticket_relations, _relations.to_id == tickets.c.id)
        .where(
            _relations.from_id == ticket_id,
            _relations.relation == TicketRelation.DEPENDS_ON.value,
            tickets.c.is_open,
        )
        .order_by(tickets.c.id)
    )
    children = (
        select(tickets.c.id)
        .join(ticket_relations, _relations.from_id == tickets.c.id)
        .where(
            _relations.to_id == ticket_id,
            _relations.relation == TicketRelation.CHILD_OF.value,
            tickets.c.is_open,
        )
        .order_by(tickets.c.id)
    )
    return Hindrances(
        tuple(int(row[0]) for row in connection.execute(blockers)),
        tuple(int(row[0]) for row in connection.execute(children)),
    )


def relations_of(connection: Connection, ticket_id: int) -> tuple[TicketLink, ...]:
    statement = (
        select(_relations.from_id, _relations.relation, _relations.to_id)
        .where((_relations.from_id == ticket_id) | (_relations.to_id == ticket_id))
        .order_by(_relations.relation, _relations.from_id, _relations.to_id)
    )
    rows = connection.execute(statement).all()
    others = store.many(
        connection, [row.to_id if row.from_id == ticket_id else row.from_id for row in rows]
    )
    return tuple(
        TicketLink(
            others[row.to_id if row.from_id == ticket_id else row.from_id],
            TicketRelation(row.relation),
            outgoing=row.from_id == ticket_id,
        )
        for row in rows
    )


def targets(connection: Connection, ticket_id: int, relation: TicketRelation) -> tuple[int, ...]:
    """Where the relation leads to from a ticket."""
    statement = select(_relations.to_id).where(
        _relations.from_id == ticket_id, _relations.relation == relation.value
    )
    return tuple(int(row[0]) for row in connection.execute(statement))


def add_relation(
    connection: Connection, from_id: int, to_id: int, relation: TicketRelation
) -> None:
    connection.execute(
        insert(ticket_relations).values(from_id=from_id, to_id=to_id, relation=relation.value)
    )


def remove_relation(
    connection: Connection, from_id: int, to_id: int, relation: TicketRelation
) -> bool:
    """False when there was none."""
    statement = delete(ticket_relations).where(
        _relations.from_id == from_id,
        _relations.to_id == to_id,
        _relations.relation == relation.value,
    )
    return connection.execute(statement).rowcount == 1


def ci_roles(connection: Connection, ticket_id: int) -> dict[int, RecordRole]:
    """Configuration items of a ticket, the primary one first."""
    statement = (
        select(ticket_cis.c.ci_id, ticket_cis.c.role)
        .where(ticket_cis.c.ticket_id == ticket_id)
        .order_by(ticket_cis.c.role.desc(), ticket_cis.c.ci_id)
    )
    return {int(row.ci_id): RecordRole(row.role) for row in connection.execute(statement)}


def set_ci_role(
    connection: Connection, ticket_id: int, ci_id: int, role: RecordRole | None
) -> None:
    """None takes the link away."""
    here = (ticket_cis.c.ticket_id == ticket_id) & (ticket_cis.c.ci_id == ci_id)
    if role is None:
        connection.execute(delete(ticket_cis).where(here))
    elif not connection.execute(update(ticket_cis).where(here).values(role=role.value)).rowcount:
        connection.execute(
            insert(ticket_cis).values(ticket_id=ticket_id, ci_id=ci_id, role=role.value)
        )


def articles_of(connection: Connection, ticket_id: int) -> tuple[ArticleLink, ...]:
    """Oldest first."""
    statement = (
        select(ticket_articles)
        .where(ticket_articles.c.ticket_id == ticket_id)
        .order_by(ticket_articles.c.at, ticket_articles.c.article_id)
    )
    return tuple(
        ArticleLink(row.article_id, ArticleRole(row.role), row.passage, row.at, row.actor_name)
        for row in connection.execute(statement)
    )


def set_article(connection: Connection, ticket_id: int, link: ArticleLink) -> None:
    """Add the link or change its role."""
    here = (ticket_articles.c.ticket_id == ticket_id) & (
        ticket_articles.c.article_id == link.article_id
    )
    values = {"role": link.role.value, "passage": link.passage, "at": link.at}
    values |= {"actor_name": link.by}
    if not connection.execute(update(ticket_articles).where(here).values(values)).rowcount:
        key = {"ticket_id": ticket_id, "article_id": link.article_id}
        connection.execute(insert(ticket_articles).values(key | values))


def remove_article(connection: Connection, ticket_id: int, article_id: str) -> bool:
    """False when it was not linked."""
    statement = delete(ticket_articles).where(
        ticket_articles.c.ticket_id == ticket_id, ticket_articles.c.article_id == article_id
    )
    return connection.execute(statement).rowcount == 1
