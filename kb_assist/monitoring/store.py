"""The queries of tools, probes and their days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from kb_assist.monitoring.model import (
    Availability,
    Expected,
    Follow,
    Health,
    Kind,
    Probed,
    Sample,
    Tool,
    Watched,
)
from kb_assist.storage.tables.monitoring import probes, tool_days, tool_events, tools
from kb_assist.storage.upsert import upsert

# Enough to look into yesterday's trouble; the history of a year is kept by day.
_PROBES_KEPT = timedelta(days=3)
# A timer is not exact: a tool that is due every minute must not wait for the next but one.
_EARLY = timedelta(seconds=5)
# Others in the queue may take so long before a tool is probed.
_LONGEST_ROUND = timedelta(minutes=2)
# By so much the clocks of two machines that share the work may differ.
_AHEAD = timedelta(minutes=1)

# Where a tool is changed.
FILE, PAGE = "file", "page"


@dataclass(frozen=True, slots=True)
class Stored:
    watched: Watched
    source: str
    active: bool

    @property
    def is_editable(self) -> bool:
        """On the pages, which may take over what the file no longer has."""
        return self.source == PAGE or not self.active


@dataclass(frozen=True, slots=True)
class ToolChange:
    at: datetime
    by: str
    kind: str
    """``added``, ``changed``, ``disabled`` or ``enabled``."""
    tool: Tool


def sync(connection: Connection, wanted: Sequence[Tool], now: datetime) -> None:
    """Make the stored tools those of the file; others stay with their history, inactive.

    Tools of the pages stay as they are; where both have a key, the file is believed.
    """
    keys = [tool.key for tool in wanted]
    gone = update(tools).where(tools.c.key.not_in(keys), tools.c.source == FILE)
    connection.execute(gone.values(active=False))
    _put(connection, wanted, FILE, now)


def put(connection: Connection, tool: Tool, now: datetime) -> Stored:
    """A tool of the pages from now on, new, changed or taken over; it is active."""
    _put(connection, [tool], PAGE, now)
    return next(one for one in stored(connection) if one.watched.tool.key == tool.key)


def _put(connection: Connection, wanted: Sequence[Tool], source: str, now: datetime) -> None:
    statement = upsert(connection, tools)
    excluded = statement.excluded
    changed = {"definition": excluded.definition, "active": True, "source": excluded.source}
    statement = statement.on_conflict_do_update(index_elements=["key"], set_=changed)
    before = {one.watched.tool.key: one.watched.tool for one in stored(connection)}
    rows = [
        {
            "key": tool.key,
            "definition": asdict(tool),
            "active": True,
            "source": source,
            "next_at": now,
        }
        for tool in wanted
    ]
    if rows:
        connection.execute(statement, rows)
    # Nobody waits a day to see whether a new address is right; its certificate is another one.
    new = [tool.key for tool in wanted if before.get(tool.key, tool) != tool]
    changes = {"next_at": now, "certificate_days": None}
    connection.execute(update(tools).where(tools.c.key.in_(new)).values(changes))


def set_active(connection: Connection, tool_id: int, active: bool) -> bool:
    """Only tools of the pages; False when there is no such one."""
    statement = update(tools).where(tools.c.id == tool_id, tools.c.source == PAGE)
    return connection.execute(statement.values(active=active)).rowcount == 1


def stored(connection: Connection) -> tuple[Stored, ...]:
    """All tools with where they come from, those switched off as well, by group and name."""
    rows = connection.execute(select(tools)).mappings()
    found = [Stored(_watched(row), row["source"], row["active"]) for row in rows]
    return tuple(sorted(found, key=lambda s: (s.watched.tool.group, s.watched.tool.name)))


def note_change(connection: Connection, tool_id: int, change: ToolChange) -> None:
    """Keep who changed a tool, and how it is from then on."""
    connection.execute(
        insert(tool_events).values(
            tool_id=tool_id,
            at=change.at,
            actor_name=change.by,
            kind=change.kind,
            definition=asdict(change.tool),
        )
    )


def changes(connection: Connection, tool_id: int) -> tuple[ToolChange, ...]:
    """The newest first."""
    statement = select(tool_events).where(tool_events.c.tool_id == tool_id)
    rows = connection.execute(statement.order_by(tool_events.c.id.desc()))
    return tuple(
        ToolChange(row.at, row.actor_name, row.kind, _tool(row.definition)) for row in rows
    )


def watched(connection: Connection) -> tuple[Watched, ...]:
    """All active tools, by group and name."""
    rows = connection.execute(select(tools).where(tools.c.active)).mappings()
    found = [_watched(row) for row in rows]
    return tuple(sorted(found, key=lambda one: (one.tool.group, one.tool.name)))


def by_id(connection: Connection, tool_id: int) -> Watched | None:
    row = connection.execute(select(tools).where(tools.c.id == tool_id)).mappings().first()
    return None if row is None else _watched(row)


def claim(connection: Connection, now: datetime, *, all_of_them: bool = False) -> list[Watched]:
    """The tools that are due, for this caller alone; those paused are never due.

    They are not due again before ``release``, or before the caller must have died.
    """
    taken: list[Watched] = []
    for row in connection.execute(select(tools).where(tools.c.active)).mappings().all():
        found = _watched(row)
        if found.tool.paused or not (all_of_them or _is_due(found.tool, row["next_at"], now)):
            continue
        statement = update(tools).where(tools.c.id == found.id, tools.c.next_at == row["next_at"])
        held = statement.values(next_at=_held_until(found.tool, now))
        if connection.execute(held).rowcount == 1:
            taken.append(found)
    return taken


def _is_due(tool: Tool, next_at: datetime, now: datetime) -> bool:
    interval = timedelta(seconds=tool.interval_seconds)
    if next_at <= now + min(_EARLY, interval / 10):
        return True
    # Nobody waits so long: it was written before the clock was set back.
    return next_at > max(now + interval, _held_until(tool, now)) + _AHEAD


def release(connection: Connection, claimed: Sequence[Watched], at: datetime) -> None:
    """Their probes, claimed ``at``, are kept; they are due again after their interval."""
    for one in claimed:
        held = _held_until(one.tool, at)
        statement = update(tools).where(tools.c.id == one.id, tools.c.next_at == held)
        next_at = at + timedelta(seconds=one.tool.interval_seconds)
        connection.execute(statement.values(next_at=next_at))


def _held_until(tool: Tool, at: datetime) -> datetime:
    return at + _LONGEST_ROUND + timedelta(seconds=tool.timeout_seconds * (tool.retries + 1))


def keep(
    connection: Connection,
    results: Mapping[int, tuple[Probed, bool]],
    now: datetime,
    *,
    day: date,
) -> None:
    """Probes by tool, each with whether it fell into maintenance; ``day`` is the server's."""
    if not results:
        return
    connection.execute(
        insert(probes),
        [
            {
                "tool_id": tool_id,
                "at": now,
                "ok": found.ok,
                "in_maintenance": excused,
                "milliseconds": found.milliseconds,
                "detail": found.detail,
            }
            for tool_id, (found, excused) in results.items()
        ],
    )
    _count(connection, results, day)
    connection.execute(delete(probes).where(probes.c.at < now - _PROBES_KEPT))


def add_days(
    connection: Connection, tool_id: int, counts: Mapping[date, tuple[int, int, int]]
) -> None:
    """Good, bad and excused probes by day, on top of what is there."""
    statement = upsert(connection, tool_days)
    names = ("good", "bad", "maintenance")
    summed = {name: tool_days.c[name] + statement.excluded[name] for name in names}
    statement = statement.on_conflict_do_update(index_elements=["tool_id", "day"], set_=summed)
    connection.execute(
        statement,
        [
            {"tool_id": tool_id, "day": day, **dict(zip(names, numbers, strict=True))}
            for day, numbers in counts.items()
        ],
    )


def _count(connection: Connection, results: Mapping[int, tuple[Probed, bool]], day: date) -> None:
    for tool_id, (found, excused) in results.items():
        good, bad = found.ok and not excused, not found.ok and not excused
        add_days(connection, tool_id, {day: (int(good), int(bad), int(excused))})


def samples(connection: Connection, tool_id: int, count: int) -> list[Sample]:
    """The newest probes, oldest first."""
    statement = (
        select(probes.c.at, probes.c.ok, probes.c.in_maintenance)
        .where(probes.c.tool_id == tool_id)
        .order_by(probes.c.id.desc())
        .limit(count)
    )
    rows = connection.execute(statement).all()
    return [Sample(row[0], row[1], row[2]) for row in reversed(rows)]


def set_health(
    connection: Connection,
    found: Watched,
    health: Health,
    *,
    result: tuple[Probed, bool],
    at: datetime,
) -> None:
    """After a probe; ``since`` moves only when the health changes.

    A good probe that looked at no certificate says that there is none.
    """
    values: dict[str, Any] = {
        "checked_at": at,
        "detail": result[0].detail,
        "in_maintenance": result[1],
    }
    # A bad probe may not have come as far as the certificate.
    if result[0].ok or result[0].certificate_days is not None:
        values["certificate_days"] = result[0].certificate_days
    if health is not found.health:
        values |= {"health": health.value, "since": at}
    connection.execute(update(tools).where(tools.c.id == found.id).values(values))


def availability(connection: Connection, first: date) -> dict[int, Availability]:
    """By tool, from the day ``first`` on."""
    good, bad = func.sum(tool_days.c.good), func.sum(tool_days.c.bad)
    statement = (
        select(tool_days.c.tool_id, good, bad)
        .where(tool_days.c.day >= first)
        .group_by(tool_days.c.tool_id)
    )
    rows = connection.execute(statement)
    return {int(row[0]): Availability(int(row[1]), int(row[1]) + int(row[2])) for row in rows}


def days(connection: Connection, first: date) -> dict[int, dict[date, Availability]]:
    """By tool and day, for bars."""
    found: dict[int, dict[date, Availability]] = {}
    for row in connection.execute(select(tool_days).where(tool_days.c.day >= first)):
        counted = Availability(row.good, row.good + row.bad)
        found.setdefault(int(row.tool_id), {})[row.day] = counted
    return found


def _watched(row: Mapping[Any, Any]) -> Watched:
    return Watched(
        id=int(row["id"]),
        tool=_tool(row["definition"]),
        health=Health(row["health"]),
        since=row["since"],
        checked_at=row["checked_at"],
        detail=row["detail"],
        in_maintenance=row["in_maintenance"],
        certificate_days=row["certificate_days"],
    )


def _tool(stored: Mapping[str, Any]) -> Tool:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    expected = stored["expected"]
    values["expected"] = Expected(
        tuple(expected["status"]),
        expected["body"],
        expected["tls_days"],
        tuple(expected["addresses"]),
    )
    values |= {"kind": Kind(stored["kind"]), "follow": Follow(stored["follow"])}
    return Tool(**values)
