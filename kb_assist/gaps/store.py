"""The queries of gaps, their tickets and corrected escalation labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from kb_assist.errors import N_, NotFoundError
from kb_assist.gaps.model import Decision, EscalationLabel, Finding, Gap, GapState
from kb_assist.storage.tables.gaps import (
    escalation_corrections,
    gap_merges,
    gap_pins,
    gap_tickets,
    gaps,
)
from kb_assist.storage.tables.tickets import tickets
from kb_assist.storage.upsert import upsert

_g = gaps.c


def all_gaps(connection: Connection) -> tuple[Gap, ...]:
    """By id, found or not; those that live on in another are left out."""
    members = _members(connection)
    merged = select(gap_merges.c.gap_id)
    statement = select(gaps).where(_g.id.not_in(merged)).order_by(_g.id)
    rows = connection.execute(statement).mappings()
    return tuple(_gap(row, frozenset(members[row["id"]])) for row in rows)


def _members(connection: Connection) -> defaultdict[int, set[int]]:
    members: defaultdict[int, set[int]] = defaultdict(set)
    for row in connection.execute(select(gap_tickets)):
        members[int(row.gap_id)].add(int(row.ticket_id))
    return members


def merges(connection: Connection) -> dict[int, int]:
    """Gaps that live on in another, each with that one, which stands alone."""
    rows = connection.execute(select(gap_merges.c.gap_id, gap_merges.c.into_id))
    return {int(row[0]): int(row[1]) for row in rows}


def remembered(connection: Connection) -> dict[int, frozenset[int]]:
    """The tickets by which a merged gap is known when a run finds it again."""
    members = _members(connection)
    return {gap_id: frozenset(members[gap_id]) for gap_id in merges(connection)}


def merge(connection: Connection, gap_id: int, into_id: int) -> None:
    """Whatever was merged into the first goes along."""
    m = gap_merges.c
    connection.execute(update(gap_merges).where(m.into_id == gap_id).values(into_id=into_id))
    connection.execute(insert(gap_merges).values(gap_id=gap_id, into_id=into_id))
    mark_gone(connection, gap_id)


def separate(connection: Connection, gap_id: int, along: Sequence[int]) -> None:
    """The gap stands alone again, and those that came with it live on in it."""
    m = gap_merges.c
    connection.execute(delete(gap_merges).where(m.gap_id == gap_id))
    connection.execute(update(gap_merges).where(m.gap_id.in_(along)).values(into_id=gap_id))
    connection.execute(update(gaps).where(_g.id == gap_id).values(found=True))


def pins(connection: Connection) -> dict[int, int]:
    """Tickets that somebody put into a gap by hand."""
    rows = connection.execute(select(gap_pins.c.ticket_id, gap_pins.c.gap_id))
    return {int(row[0]): int(row[1]) for row in rows}


def pin(connection: Connection, gap_id: int, ticket_ids: frozenset[int]) -> None:
    """A ticket is in one gap only."""
    connection.execute(delete(gap_pins).where(gap_pins.c.ticket_id.in_(ticket_ids)))
    rows = [{"ticket_id": ticket_id, "gap_id": gap_id} for ticket_id in sorted(ticket_ids)]
    connection.execute(insert(gap_pins), rows)


def rename(connection: Connection, gap_id: int, title: str) -> None:
    """Empty: what the runs call it."""
    connection.execute(update(gaps).where(_g.id == gap_id).values(title=title))


def get(connection: Connection, gap_id: int) -> Gap:
    """Raises NotFoundError."""
    row = connection.execute(select(gaps).where(_g.id == gap_id)).mappings().first()
    if row is None:
        raise NotFoundError(N_("There is no gap %(number)s.", number=gap_id))
    found = connection.execute(
        select(gap_tickets.c.ticket_id).where(gap_tickets.c.gap_id == gap_id)
    )
    into = select(gap_merges.c.into_id).where(gap_merges.c.gap_id == gap_id)
    merged_into = connection.execute(into).scalar_one_or_none()
    return _gap(row, frozenset(int(one[0]) for one in found), merged_into)


def of_ticket(connection: Connection, ticket_id: int) -> Gap | None:
    """The open gap that a ticket belongs to."""
    statement = (
        select(_g.id)
        .join(gap_tickets, gap_tickets.c.gap_id == _g.id)
        .where(
            gap_tickets.c.ticket_id == ticket_id,
            _g.found,
            _g.state != GapState.DISMISSED.value,
        )
        .order_by(_g.id)
    )
    gap_id = connection.execute(statement).scalars().first()
    return None if gap_id is None else get(connection, gap_id)


def arrivals(connection: Connection, gap_ids: Sequence[int]) -> dict[int, list[datetime]]:
    """When the tickets of gaps came, oldest first."""
    found: dict[int, list[datetime]] = {gap_id: [] for gap_id in gap_ids}
    statement = (
        select(gap_tickets.c.gap_id, tickets.c.created_at)
        .join(tickets, tickets.c.id == gap_tickets.c.ticket_id)
        .where(gap_tickets.c.gap_id.in_(gap_ids))
        .order_by(tickets.c.created_at, tickets.c.id)
    )
    for row in connection.execute(statement):
        found[int(row.gap_id)].append(row.created_at)
    return found


def add(connection: Connection, finding: Finding, at: datetime) -> int:
    """The new gap's id."""
    values = {"facts": dict(finding.facts), "created_at": at, "decided_at": at, "seen_at": at}
    made = connection.execute(insert(gaps).values(values).returning(_g.id))
    gap_id = int(made.scalar_one())
    _set_tickets(connection, gap_id, finding.ticket_ids)
    return gap_id


def renew(connection: Connection, gap: Gap, finding: Finding, at: datetime) -> None:
    """The same gap as a later run found it; decisions stay."""
    values = {"facts": dict(finding.facts), "found": True, "seen_at": at}
    connection.execute(update(gaps).where(_g.id == gap.id).values(values))
    if gap.ticket_ids != finding.ticket_ids:
        _set_tickets(connection, gap.id, finding.ticket_ids)


def mark_gone(connection: Connection, gap_id: int) -> None:
    """The last run did not find it any more."""
    connection.execute(update(gaps).where(_g.id == gap_id).values(found=False))


def decide(connection: Connection, gap_id: int, decision: Decision, at: datetime) -> None:
    values: dict[str, Any] = {
        "state": decision.state.value,
        "reason": decision.reason,
        "dismissed_until": decision.until,
        "decided_at": at,
    }
    if decision.owner_id is not None:
        values["owner_id"] = decision.owner_id
    if decision.due is not None:
        values["due"] = decision.due
    if decision.article_id:
        values["article_id"] = decision.article_id
    if decision.state is GapState.PUBLISHED:
        values["published_at"] = at
    connection.execute(update(gaps).where(_g.id == gap_id).values(values))


def set_article(connection: Connection, gap_id: int, article_id: str) -> None:
    """The article that is to close the gap; what another one proved counts no more."""
    values = {"article_id": article_id, "proof": None}
    connection.execute(update(gaps).where(_g.id == gap_id).values(values))


def keep_proof(connection: Connection, gap_id: int, proof: Mapping[str, Any]) -> None:
    connection.execute(update(gaps).where(_g.id == gap_id).values(proof=dict(proof)))


def corrections(connection: Connection) -> dict[int, EscalationLabel]:
    """By ticket."""
    rows = connection.execute(
        select(escalation_corrections.c.ticket_id, escalation_corrections.c.label)
    )
    return {int(row[0]): EscalationLabel(row[1]) for row in rows}


def correct(
    connection: Connection, ticket_id: int, label: EscalationLabel, by: tuple[str, datetime]
) -> None:
    """``by``: who and when."""
    values = {"label": label.value, "actor_name": by[0], "at": by[1]}
    statement = upsert(connection, escalation_corrections).values(ticket_id=ticket_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["ticket_id"], set_=values))


def _set_tickets(connection: Connection, gap_id: int, ticket_ids: frozenset[int]) -> None:
    connection.execute(delete(gap_tickets).where(gap_tickets.c.gap_id == gap_id))
    rows = [{"gap_id": gap_id, "ticket_id": ticket_id} for ticket_id in sorted(ticket_ids)]
    connection.execute(insert(gap_tickets), rows)


def _gap(row: RowMapping, ticket_ids: frozenset[int], merged_into: int | None = None) -> Gap:
    return Gap(
        id=int(row["id"]),
        state=GapState(row["state"]),
        title=row["title"] or row["facts"].get("title", ""),
        facts=row["facts"],
        ticket_ids=ticket_ids,
        owner_id=row["owner_id"],
        due=row["due"],
        reason=row["reason"],
        dismissed_until=row["dismissed_until"],
        article_id=row["article_id"],
        proof=row["proof"],
        found=bool(row["found"]),
        decided_at=row["decided_at"],
        published_at=row["published_at"],
        merged_into=merged_into,
    )
