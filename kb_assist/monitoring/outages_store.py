"""The queries of outages, their events and their tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from kb_assist.errors import N_, NotFoundError
from kb_assist.monitoring.outage_model import WATCH, NewOutage, Outage, OutageEvent, Progress
from kb_assist.storage.tables.monitoring import outage_events, outage_tickets, outages
from kb_assist.storage.upsert import upsert

_o = outages.c


def get(connection: Connection, outage_id: int) -> Outage:
    """Raises NotFoundError."""
    return _one(connection, select(outages).where(_o.id == outage_id), outage_id)


def locked(connection: Connection, outage_id: int) -> Outage:
    """``get`` for a change: nobody else changes the outage until this transaction ends."""
    # Others may link a ticket to it meanwhile.
    statement = select(outages).where(_o.id == outage_id).with_for_update(key_share=True)
    return _one(connection, statement, outage_id)


def open_ones(connection: Connection) -> tuple[Outage, ...]:
    """Those that are to blame first, then by age."""
    statement = select(outages).where(_o.ended_at.is_(None))
    return _all(connection, statement.order_by(_o.cause_id.is_not(None), _o.id))


def ended(connection: Connection, since: datetime, limit: int = 50) -> tuple[Outage, ...]:
    """Newest first."""
    statement = select(outages).where(_o.ended_at >= since)
    return _all(connection, statement.order_by(_o.ended_at.desc(), _o.id.desc()).limit(limit))


def of_tool(connection: Connection, tool_id: int, limit: int = 20) -> tuple[Outage, ...]:
    """Of any source, the newest first."""
    statement = select(outages).where(_o.tool_id == tool_id)
    return _all(connection, statement.order_by(_o.started_at.desc(), _o.id.desc()).limit(limit))


def newest_of_key(connection: Connection, source: str, key: str) -> Outage | None:
    """The newest that the source calls so, open or over."""
    statement = select(outages).where(_o.source == source, _o.external_key == key)
    return next(iter(_all(connection, statement.order_by(_o.id.desc()).limit(1))), None)


def newest_end(connection: Connection, tool_id: int) -> datetime | None:
    """When the newest outage that the watch opened for a tool was over; None: there was none."""
    statement = (
        select(_o.ended_at)
        .where(_o.tool_id == tool_id, _o.source == WATCH, _o.ended_at.is_not(None))
        .order_by(_o.ended_at.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar()


def add(connection: Connection, new: NewOutage) -> int | None:
    """None when the same is open already, opened perhaps by another round at the same time.

    The same: an outage of the watch with the tool, or one that its source calls by the same key.
    """
    statement = upsert(connection, outages).values(
        source=new.source,
        title=new.title[:300],
        title_de=new.title_de[:300],
        started_at=new.started_at,
        tool_id=new.tool_id,
        external_key=new.external_key,
        external_since=new.external_since,
        progress=Progress.INVESTIGATING.value,
    )
    made = connection.execute(statement.on_conflict_do_nothing().returning(_o.id)).scalar()
    return None if made is None else int(made)


def change(connection: Connection, outage_id: int, values: Mapping[str, Any]) -> None:
    connection.execute(update(outages).where(_o.id == outage_id).values(dict(values)))


def end(connection: Connection, outage_id: int, at: datetime) -> bool:
    """False when somebody ended it before."""
    statement = update(outages).where(_o.id == outage_id, _o.ended_at.is_(None))
    done = connection.execute(statement.values(ended_at=at, progress=Progress.RESOLVED.value))
    return done.rowcount == 1


def say(connection: Connection, outage_id: int, event: OutageEvent) -> None:
    """Add a line to the time line."""
    connection.execute(
        insert(outage_events).values(
            outage_id=outage_id,
            at=event.at,
            actor_name=event.by,
            kind=event.kind,
            note=event.note,
        )
    )


def events(connection: Connection, outage_id: int) -> tuple[OutageEvent, ...]:
    """Oldest first."""
    statement = select(outage_events).where(outage_events.c.outage_id == outage_id)
    rows = connection.execute(statement.order_by(outage_events.c.at, outage_events.c.id))
    return tuple(OutageEvent(row.at, row.actor_name, row.kind, row.note) for row in rows)


def link(connection: Connection, outage_id: int, ticket_id: int, *, by: str, at: datetime) -> bool:
    """False when the ticket was linked before."""
    statement = upsert(connection, outage_tickets).on_conflict_do_nothing()
    values = {"outage_id": outage_id, "ticket_id": ticket_id, "actor_name": by, "at": at}
    made = connection.execute(statement.values(values).returning(outage_tickets.c.ticket_id))
    return made.first() is not None


def unlink(connection: Connection, outage_id: int, ticket_id: int) -> bool:
    """False when it was not linked."""
    linked = outage_tickets.c
    statement = outage_tickets.delete().where(
        linked.outage_id == outage_id, linked.ticket_id == ticket_id
    )
    return connection.execute(statement).rowcount == 1


def tickets_of(connection: Connection, outage_id: int) -> tuple[int, ...]:
    """Ids, in the order in which they were linked."""
    linked = outage_tickets.c
    statement = select(linked.ticket_id).where(linked.outage_id == outage_id)
    rows = connection.execute(statement.order_by(linked.at, linked.ticket_id))
    return tuple(int(row[0]) for row in rows)


def links_of(connection: Connection, outage_ids: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Outage and ticket ids of some outages."""
    linked = outage_tickets.c
    statement = select(linked.outage_id, linked.ticket_id).where(linked.outage_id.in_(outage_ids))
    return tuple((int(row[0]), int(row[1])) for row in connection.execute(statement))


def of_ticket(connection: Connection, ticket_id: int) -> tuple[Outage, ...]:
    """The outages a ticket is linked to, the newest first."""
    statement = (
        select(outages)
        .join(outage_tickets, outage_tickets.c.outage_id == _o.id)
        .where(outage_tickets.c.ticket_id == ticket_id)
        .order_by(_o.id.desc())
    )
    return _all(connection, statement)


def of_own_tickets(connection: Connection, ticket_ids: Sequence[int]) -> tuple[Outage, ...]:
    """The outages that these tickets stand for, open or over."""
    return _all(connection, select(outages).where(_o.ticket_id.in_(ticket_ids)))


def _one(connection: Connection, statement: Select[Any], outage_id: int) -> Outage:
    found = _all(connection, statement)
    if not found:
        raise NotFoundError(N_("There is no outage %(number)s.", number=outage_id))
    return found[0]


def _all(connection: Connection, statement: Select[Any]) -> tuple[Outage, ...]:
    rows = connection.execute(statement).mappings()
    return tuple(Outage(**(dict(row) | {"progress": Progress(row["progress"])})) for row in rows)
