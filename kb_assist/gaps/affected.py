"""Whom and what the tickets of a gap were about: organisations, sites, configuration items.

People are counted, not named.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, select

from kb_assist.storage.tables.records import cis, clients
from kb_assist.storage.tables.tickets import ticket_cis, tickets

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """How many tickets named something."""

    name: str
    detail: str
    tickets: int
    id: int = 0
    """The record's id."""


@dataclass(frozen=True, slots=True)
class Affected:
    people: int
    """How many people asked."""
    organisations: tuple[Hit, ...]
    """Their organisations by site, those with most tickets first."""
    items: tuple[Hit, ...]
    """Configuration items, those with most tickets first."""


def of_tickets(connection: Connection, ids: frozenset[int]) -> Affected:
    asked = select(tickets.c.requester_email, tickets.c.requester_name, tickets.c.client_id).where(
        tickets.c.id.in_(ids)
    )
    people = {
        row.client_id or row.requester_email or row.requester_name
        for row in connection.execute(asked)
    } - {""}
    return Affected(len(people), _organisations(connection, ids), _items(connection, ids))


def _organisations(connection: Connection, ids: frozenset[int]) -> tuple[Hit, ...]:
    firms = clients.alias("firms")
    statement = (
        select(clients.c.id, clients.c.kind, clients.c.name, clients.c.site)
        .add_columns(firms.c.id.label("firm_id"), firms.c.name.label("firm"))
        .join(tickets, tickets.c.client_id == clients.c.id)
        .outerjoin(firms, firms.c.id == clients.c.organisation_id)
        .where(tickets.c.id.in_(ids))
    )
    counted: Counter[tuple[int, str, str]] = Counter()
    for row in connection.execute(statement):
        if row.firm_id is not None:
            counted[row.firm_id, row.firm, row.site] += 1
        elif row.kind == "organisation":
            counted[row.id, row.name, row.site] += 1
    return tuple(
        Hit(name, site, count, key) for (key, name, site), count in counted.most_common(_SHOWN)
    )


def _items(connection: Connection, ids: frozenset[int]) -> tuple[Hit, ...]:
    statement = (
        select(cis.c.id, cis.c.key, cis.c.model)
        .join(ticket_cis, ticket_cis.c.ci_id == cis.c.id)
        .where(ticket_cis.c.ticket_id.in_(ids))
    )
    counted = Counter((row.id, row.key, row.model) for row in connection.execute(statement))
    return tuple(
        Hit(name, model, count, key) for (key, name, model), count in counted.most_common(_SHOWN)
    )
