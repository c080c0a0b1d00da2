"""How all guides were used, counted by the database: reading every run takes seconds on a page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import CTE, Connection, case, func, select

from kb_assist.guides.analytics import ABANDONED_AFTER
from kb_assist.guides.model import Channel, Outcome
from kb_assist.guides.run import EventType
from kb_assist.storage.tables.guides import guide_events, guide_sessions

_s = guide_sessions.c
_e = guide_events.c


@dataclass(slots=True)
class Uses:
    """Of one guide: its runs, and how often a step of its own was seen and was the last one."""

    sessions: int = 0
    ended: int = 0
    resolved: int = 0
    abandoned: int = 0
    viewed: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


def uses(connection: Connection, now: datetime, *, since: datetime, newest: int) -> dict[str, Uses]:
    """By guide, of its ``newest`` sessions since then; those nobody ran are left out.

    The figures are those of ``analytics``, but that a run which was opened again counts as open.
    """
    place = func.row_number().over(partition_by=_s.guide, order_by=_s.started_at.desc())
    columns = (_s.id, _s.guide, _s.seq, _s.outcome, _s.is_open)
    ranked = select(*columns, place.label("place")).where(_s.started_at >= since).subquery()
    runs = select(ranked).where(ranked.c.place <= newest).cte("runs")
    found: dict[str, Uses] = {}
    resolved = case((runs.c.outcome == Outcome.RESOLVED.value, 1), else_=0)
    ended = case((runs.c.outcome != "", 1), else_=0)
    counts = select(runs.c.guide, func.count(), func.sum(ended), func.sum(resolved))
    for guide, all_of_it, over, solved in connection.execute(counts.group_by(runs.c.guide)):
        found[guide] = Uses(int(all_of_it), int(over), int(solved))
    _add_views(connection, runs, found)
    _add_left(connection, runs, found, now)
    return found


def _add_views(connection: Connection, runs: CTE, found: dict[str, Uses]) -> None:
    step = _e.payload["step"].as_string()
    statement = (
        select(runs.c.guide, step, func.count(_e.session_id.distinct()))
        .join(guide_events, _e.session_id == runs.c.id)
        .where(
            _e.type == EventType.VIEWED.value,
            _e.payload["guide"].as_string() == runs.c.guide,
        )
        .group_by(runs.c.guide, step)
    )
    for guide, name, count in connection.execute(statement):
        found[guide].viewed[name] = int(count)


def _add_left(connection: Connection, runs: CTE, found: dict[str, Uses], now: datetime) -> None:
    """Runs that nobody finished: put aside, or untouched for too long."""
    last = guide_events.alias("last")
    view = guide_events.alias("view")
    newest_view = (
        select(func.max(_e.seq))
        .where(_e.session_id == runs.c.id, _e.type == EventType.VIEWED.value)
        .correlate(runs)
        .scalar_subquery()
    )
    statement = (
        select(runs.c.guide, runs.c.is_open, last.c.at, last.c.channel, view.c.payload)
        .join(last, (last.c.session_id == runs.c.id) & (last.c.seq == runs.c.seq))
        .join(view, (view.c.session_id == runs.c.id) & (view.c.seq == newest_view))
        .where(runs.c.outcome == "")
    )
    for row in connection.execute(statement):
        if row.is_open and now - row.at <= ABANDONED_AFTER[Channel(row.channel)]:
            continue
        found[row.guide].abandoned += 1
        if row.payload["guide"] == row.guide:
            found[row.guide].dropped[row.payload["step"]] += 1
