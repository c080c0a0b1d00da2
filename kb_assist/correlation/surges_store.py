"""The queries of surges and of the meaning of new tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, delete, insert, select, update

from kb_assist.errors import N_, NotFoundError
from kb_assist.monitoring.surges import Floats, Found, Stage, SurgeRules
from kb_assist.storage.tables.monitoring import (
    outage_likeness,
    outages,
    surge_tickets,
    surges,
    ticket_arrivals,
)
from kb_assist.storage.tables.tickets import tickets
from kb_assist.storage.upsert import upsert
from kb_assist.tickets.model import Ticket

_a, _s = ticket_arrivals.c, surges.c
# Those that are compared, and a busy window. To read more would take longer only.
_NEWEST = 60_000


@dataclass(frozen=True, slots=True)
class Arrival:
    ticket_id: int
    at: datetime
    language: str
    vector: Floats
    """As the model gives it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A surge in words."""

    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Surge:
    id: int
    title: str
    """Subject of its most typical ticket, without personal data; empty where all are erased."""
    words: str
    """What its tickets share; empty when that is not known."""
    stage: Stage
    started_at: datetime
    newest_at: datetime
    """When the newest of its tickets came."""
    usual: float
    """So many were to be expected in the time in which it was found."""
    centre: Floats
    level: float
    dismissed_at: datetime | None
    outage_id: int | None
    tickets: tuple[int, ...]

    @property
    def is_shown(self) -> bool:
        """Neither over nor dismissed, and no outage speaks for it."""
        return (
            self.stage is not Stage.RESOLVED
            and self.dismissed_at is None
            and self.outage_id is None
        )

    def may_hold(self, ticket: Ticket) -> bool:
        """Whether it came while the surge lasts, and does not belong to it yet."""
        over_at = self.newest_at + SurgeRules().resolved_after
        return ticket.id not in self.tickets and self.started_at <= ticket.created_at < over_at


def unseen(connection: Connection, model_key: str, since: datetime, limit: int) -> tuple[int, ...]:
    """Tickets whose meaning this model was not asked for yet, oldest first; without those that an
    outage has of its own, which repeat what the others say."""
    own = select(outages.c.ticket_id).where(outages.c.ticket_id.is_not(None))
    statement = (
        select(tickets.c.id)
        .where(
            tickets.c.created_at >= since,
            tickets.c.erased_at.is_(None),
            tickets.c.id.not_in(own),
            tickets.c.id.not_in(select(_a.ticket_id).where(_a.model_key == model_key)),
        )
        .order_by(tickets.c.created_at, tickets.c.id)
        .limit(limit)
    )
    return tuple(int(row[0]) for row in connection.execute(statement))


def keep(connection: Connection, model_key: str, arrivals: Sequence[Arrival]) -> list[int]:
    """The ids that nobody else kept before."""
    kept: list[int] = []
    for one in arrivals:
        statement = upsert(connection, ticket_arrivals).on_conflict_do_nothing()
        values = {
            "ticket_id": one.ticket_id,
            "at": one.at,
            "language": one.language,
            "model_key": model_key,
            "vector": one.vector.astype("<f4").tobytes(),
        }
        made = connection.execute(statement.values(values).returning(_a.ticket_id))
        kept += [int(row[0]) for row in made]
    return kept


def forget(connection: Connection, model_key: str, before: datetime) -> None:
    """What is too old to compare with, of another model, or of a ticket that was erased while it
    was encoded."""
    old = (_a.at < before) | (_a.model_key != model_key)
    erased = select(tickets.c.id).where(tickets.c.erased_at.is_not(None))
    connection.execute(delete(ticket_arrivals).where(old | _a.ticket_id.in_(erased)))


def arrivals(connection: Connection, model_key: str) -> tuple[Arrival, ...]:
    """The newest that are kept, oldest first."""
    statement = (
        select(_a.ticket_id, _a.at, _a.language, _a.vector)
        .where(_a.model_key == model_key)
        .order_by(_a.at.desc(), _a.ticket_id.desc())
        .limit(_NEWEST)
    )
    newest = [
        Arrival(int(row[0]), row[1], row[2], _vector(row[3]))
        for row in connection.execute(statement)
    ]
    return tuple(reversed(newest))


def add(connection: Connection, model_key: str, told: Told, found: Found) -> int:
    values = _values(told, found) | {"model_key": model_key, "stage": Stage.EMERGING.value}
    surge_id = int(connection.execute(insert(surges).values(values).returning(_s.id)).scalar_one())
    for ticket_id in found.ids:
        join(connection, surge_id, ticket_id)
    return surge_id


def tell_anew(connection: Connection, surge_id: int, told: Told, found: Found) -> None:
    """Its tickets stay; see ``leave``."""
    change(connection, surge_id, _values(told, found))


def leave(connection: Connection, surge_id: int, ticket_ids: Sequence[int]) -> None:
    member = surge_tickets.c
    gone = (member.surge_id == surge_id) & member.ticket_id.in_(ticket_ids)
    connection.execute(delete(surge_tickets).where(gone))


def _values(told: Told, found: Found) -> dict[str, Any]:
    return {
        "title": told.title,
        "words": told.words,
        "started_at": found.since,
        "usual": found.usual,
        "centre": found.centre.astype("<f4").tobytes(),
        "level": found.level,
    }


def join(connection: Connection, surge_id: int, ticket_id: int) -> None:
    statement = upsert(connection, surge_tickets).on_conflict_do_nothing()
    connection.execute(statement.values(surge_id=surge_id, ticket_id=ticket_id))


def change(connection: Connection, surge_id: int, values: Mapping[str, Any]) -> None:
    connection.execute(update(surges).where(_s.id == surge_id).values(dict(values)))


def get(connection: Connection, surge_id: int) -> Surge:
    """Raises NotFoundError."""
    found = _all(connection, select(surges).where(_s.id == surge_id))
    if not found:
        raise NotFoundError(N_("There is no surge %(number)s.", number=surge_id))
    return found[0]


def locked(connection: Connection, surge_id: int) -> Surge:
    """``get`` for a change: nobody else changes the surge until this transaction ends."""
    connection.execute(select(_s.id).where(_s.id == surge_id).with_for_update(key_share=True))
    return get(connection, surge_id)


def standing(connection: Connection, model_key: str | None = None) -> tuple[Surge, ...]:
    """Those that are not over, dismissed ones too; of one model or of any."""
    statement = select(surges).where(_s.stage != Stage.RESOLVED.value)
    if model_key is not None:
        statement = statement.where(_s.model_key == model_key)
    return _all(connection, statement.order_by(_s.id.desc()))


def of_other_models(connection: Connection, model_key: str) -> frozenset[int]:
    """Tickets of all surges that were found by another model, whatever became of them."""
    statement = (
        select(surge_tickets.c.ticket_id)
        .join(surges, _s.id == surge_tickets.c.surge_id)
        .where(_s.model_key != model_key)
    )
    return frozenset(int(row[0]) for row in connection.execute(statement))


def shown(connection: Connection) -> tuple[Surge, ...]:
    """Those that are worth saying."""
    return tuple(one for one in standing(connection) if one.is_shown)


def dismissed(connection: Connection, model_key: str, since: datetime) -> tuple[Surge, ...]:
    """What people said was no surge."""
    statement = select(surges).where(_s.dismissed_at >= since, _s.model_key == model_key)
    return _all(connection, statement)


def of_ticket(connection: Connection, ticket_id: int) -> tuple[Surge, ...]:
    """Surges that a ticket belongs to and that are worth saying."""
    member = select(surge_tickets.c.surge_id).where(surge_tickets.c.ticket_id == ticket_id)
    found = _all(connection, select(surges).where(_s.id.in_(member)).order_by(_s.id.desc()))
    return tuple(one for one in found if one.is_shown)


def of_outage(connection: Connection, outage_id: int) -> tuple[Surge, ...]:
    """The surges that an outage explains."""
    return _all(connection, select(surges).where(_s.outage_id == outage_id).order_by(_s.id))


def resemble(connection: Connection, outage_id: int, cosines: Mapping[int, float]) -> None:
    """Tickets, by id, that are like those of an outage; what is known already stays."""
    statement = upsert(connection, outage_likeness).on_conflict_do_nothing()
    for ticket_id, cosine in cosines.items():
        values = {"outage_id": outage_id, "ticket_id": ticket_id, "cosine": cosine}
        connection.execute(statement.values(values))


def alike_outages(connection: Connection, ticket_id: int) -> frozenset[int]:
    """Outages whose tickets mean the same as this one, or share a surge with it."""
    alike = outage_likeness.c
    resembling = select(alike.outage_id).where(alike.ticket_id == ticket_id)
    member = select(surge_tickets.c.surge_id).where(surge_tickets.c.ticket_id == ticket_id)
    sharing = select(_s.outage_id).where(
        _s.id.in_(member), _s.outage_id.is_not(None), _s.dismissed_at.is_(None)
    )
    return frozenset(int(row[0]) for row in connection.execute(resembling.union(sharing)))


def moments(connection: Connection, surge_id: int) -> tuple[datetime, ...]:
    """When its tickets came."""
    statement = (
        select(tickets.c.created_at)
        .join(surge_tickets, surge_tickets.c.ticket_id == tickets.c.id)
        .where(surge_tickets.c.surge_id == surge_id)
    )
    return tuple(row[0] for row in connection.execute(statement))


def _all(connection: Connection, statement: Select[Any]) -> tuple[Surge, ...]:
    rows = connection.execute(statement).all()
    members: dict[int, list[int]] = {int(row.id): [] for row in rows}
    newest: dict[int, datetime] = {int(row.id): row.started_at for row in rows}
    belonging = (
        select(surge_tickets.c.surge_id, surge_tickets.c.ticket_id, tickets.c.created_at)
        .join(tickets, tickets.c.id == surge_tickets.c.ticket_id)
        .where(surge_tickets.c.surge_id.in_(list(members)))
        .order_by(surge_tickets.c.ticket_id)
    )
    for one in connection.execute(belonging):
        members[int(one.surge_id)].append(int(one.ticket_id))
        newest[int(one.surge_id)] = max(newest[int(one.surge_id)], one.created_at)
    return tuple(
        Surge(
            id=int(row.id),
            title=row.title,
            words=row.words,
            stage=Stage(row.stage),
            started_at=row.started_at,
            newest_at=newest[int(row.id)],
            usual=row.usual,
            centre=_vector(row.centre),
            level=row.level,
            dismissed_at=row.dismissed_at,
            outage_id=row.outage_id,
            tickets=tuple(members[int(row.id)]),
        )
        for row in rows
    )


def _vector(stored: bytes) -> Floats:
    return np.frombuffer(stored, dtype="<f4").astype(np.float32)
