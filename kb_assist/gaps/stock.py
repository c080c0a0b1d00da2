"""The tickets that gaps are looked for in, without personal data; this area's reading queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, exists, or_, select

from kb_assist.gaps.effort import Trace, handled
from kb_assist.gaps.mask import Known
from kb_assist.gaps.model import Stocked
from kb_assist.redaction import redact
from kb_assist.retrieval.query import clean_query
from kb_assist.storage.tables.accounts import users
from kb_assist.storage.tables.handover import handovers
from kb_assist.storage.tables.monitoring import outage_tickets, surge_tickets, surges
from kb_assist.storage.tables.records import cis, clients
from kb_assist.storage.tables.tickets import (
    ticket_articles,
    ticket_events,
    ticket_relations,
    tickets,
)
from kb_assist.tickets.model import ActorKind, ArticleRole, Level, ResolutionCode, TicketRelation

_t, _e = tickets.c, ticket_events.c
# Ends that say nothing about the documentation.
_NO_LESSON = tuple(
    code.value
    for code in (ResolutionCode.OUTAGE, ResolutionCode.DUPLICATE, ResolutionCode.WITHDRAWN)
)
_READ_AT_ONCE = 2_000
# Each is looked for in every sentence of a draft.
_MOST_COMPANIES = 2_000


def unexplained(connection: Connection, since: datetime) -> list[Stocked]:
    """Tickets since then that no article solved, oldest first.

    Left out: tickets of an outage or a surge (one event, not many questions), duplicates and
    withdrawn ones, children of another ticket (the parent speaks for them) and such parents. A
    ticket that was reopened and is open counts as not solved.
    """
    child = exists().where(
        ticket_relations.c.from_id == _t.id,
        ticket_relations.c.relation.in_(
            (TicketRelation.CHILD_OF.value, TicketRelation.DUPLICATE_OF.value)
        ),
    )
    parent = exists().where(
        ticket_relations.c.to_id == _t.id,
        ticket_relations.c.relation == TicketRelation.CHILD_OF.value,
    )
    solved = exists().where(
        ticket_articles.c.ticket_id == _t.id,
        ticket_articles.c.role == ArticleRole.SOLVED.value,
    )
    escalated = exists().where(
        handovers.c.ticket_id == _t.id, handovers.c.from_level == Level.L1.value
    )
    statement = (
        select(*_COLUMNS, escalated.label("escalated"))
        .where(
            _t.created_at >= since,
            _t.erased_at.is_(None),
            or_(_t.resolution_code.is_(None), _t.resolution_code.not_in(_NO_LESSON)),
            ~child,
            ~parent,
            ~of_an_event(),
            or_(~solved, (_t.reopened > 0) & _t.is_open),
        )
        .order_by(_t.id)
    )
    found = list(_stocked(connection, statement))
    return _with_effort(connection, found, _t.created_at >= since)


def of_an_event() -> ColumnElement[bool]:
    """Whether a ticket belongs to an outage, or to a surge that nobody dismissed."""
    outage = exists().where(outage_tickets.c.ticket_id == _t.id)
    surge = exists().where(
        surge_tickets.c.ticket_id == _t.id,
        surges.c.id == surge_tickets.c.surge_id,
        surges.c.dismissed_at.is_(None),
    )
    return or_(outage, surge)


_COLUMNS = (
    _t.id,
    _t.subject,
    _t.body,
    _t.language,
    _t.product,
    _t.requester_name,
    _t.resolution_text,
    _t.created_at,
    _t.resolved_at,
)


def of_ids(connection: Connection, ids: frozenset[int]) -> list[Stocked]:
    """The named tickets, whatever became of them."""
    statement = select(*_COLUMNS, (_t.level != Level.L1.value).label("escalated"))
    found = list(_stocked(connection, statement.where(_t.id.in_(ids)).order_by(_t.id)))
    return _with_effort(connection, found, _t.id.in_(ids))


def _with_effort(
    connection: Connection, found: list[Stocked], which: ColumnElement[bool]
) -> list[Stocked]:
    """``which``: a condition on tickets that holds for all that were found."""
    # Two values are a tenth of the cost of a whole log: most events change no state.
    state = _e.after["state"].as_string()
    statement = (
        select(_e.ticket_id, _e.at, _e.actor_kind, state)
        .join(tickets, _t.id == _e.ticket_id)
        .where(which)
        .order_by(_e.ticket_id, _e.id)
    )
    rows = connection.execute(statement, execution_options={"yield_per": _READ_AT_ONCE})
    hours = {
        int(ticket_id): handled(
            Trace(row[1], row[2] == ActorKind.USER.value, row[3] or "") for row in log
        )
        for ticket_id, log in groupby(rows, key=lambda row: row[0])
    }
    none = timedelta()
    return [
        replace(one, handled_hours=hours.get(one.id, none).total_seconds() / 3600) for one in found
    ]


def known_around(connection: Connection, ids: frozenset[int]) -> Known:
    """Names that may stand in these tickets: people and companies, and every device."""
    asked = select(_t.requester_name, _t.requester_email, _t.client_id).where(_t.id.in_(ids))
    rows = connection.execute(asked).all()
    people = {row.requester_name for row in rows}
    people |= set(connection.execute(select(users.c.display_name)).scalars())
    companies = {_domain(row.requester_email) for row in rows}
    found = select(clients.c.id, clients.c.name, clients.c.kind, clients.c.organisation_id)
    mine = [row.client_id for row in rows if row.client_id is not None]
    for client in connection.execute(found.where(clients.c.id.in_(mine))):
        (companies if client.kind == "organisation" else people).add(client.name)
    organisations = found.where(clients.c.kind == "organisation").limit(_MOST_COMPANIES)
    companies |= {row.name for row in connection.execute(organisations)}
    devices = connection.execute(select(cis.c.key)).scalars()
    return Known(
        people=tuple(sorted(name for name in people if name)),
        companies=tuple(sorted(name for name in companies if name)),
        devices=frozenset(key.casefold() for key in devices),
    )


def _domain(address: str) -> str:
    """The name of the company in an address: ``nordwind`` of ``x@mail.nordwind.example``."""
    parts = address.rpartition("@")[2].split(".")
    return parts[-2] if len(parts) > 1 else ""


def _stocked(connection: Connection, statement: Select[Any]) -> Iterator[Stocked]:
    # Of this statement only: a connection that streams can write no more on PostgreSQL.
    rows = connection.execute(statement, execution_options={"yield_per": _READ_AT_ONCE})
    for row in rows.mappings():
        yield _without_persons(row)


def _without_persons(row: RowMapping) -> Stocked:
    names = [row["requester_name"]] if row["requester_name"] else []
    query = clean_query(row["body"], language=row["language"], subject=row["subject"])
    resolved = row["resolved_at"]
    hours = (resolved - row["created_at"]).total_seconds() / 3600 if resolved else 0.0
    return Stocked(
        id=int(row["id"]),
        subject=redact(row["subject"], names=names).text,
        question=redact(query.text, names=names).text,
        resolution=redact(row["resolution_text"], names=names).text,
        language=query.language,
        product=row["product"],
        created_at=row["created_at"],
        escalated=bool(row["escalated"]),
        hours=hours,
    )
