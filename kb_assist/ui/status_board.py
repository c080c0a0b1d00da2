"""What the board of tools shows: health now, availability, and bars of 90 days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from kb_assist.monitoring import store
from kb_assist.monitoring.grouping import by_group, in_order
from kb_assist.monitoring.model import Availability, Watched
from kb_assist.monitoring.standstill import Standstill, standstill, unprobed_since

SPANS = (7, 30, 90, 365)
BAR_DAYS = 90
# A day with fewer good probes than this is shown as bad, with fewer than all as a warning.
_GOOD_PERCENT = 99.9
_FAIR_PERCENT = 97.0


@dataclass(frozen=True, slots=True)
class Run:
    """Days in a row that look alike in the bar."""

    start: int
    """Counted from the first day of the bar."""
    length: int
    look: str
    """``good``, ``fair``, ``bad``; days without probes are left out."""


@dataclass(frozen=True, slots=True)
class Line:
    watched: Watched
    percents: tuple[float | None, ...]
    """Over ``SPANS``; None: not probed."""
    runs: tuple[Run, ...]
    unprobed_since: datetime | None
    """Its newest probe is so old that its health may be another one by now."""


@dataclass(frozen=True, slots=True)
class Board:
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    standstill: Standstill | None

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for _, lines in self.groups for line in lines)


def read_board(connection: Connection, now: datetime, language: str) -> Board:
    """All tools by group and by their name; the days are those of the zone of ``now``."""
    today, watched = now.date(), store.watched(connection)
    counted = [store.availability(connection, _first(today, span)) for span in SPANS]
    days = store.days(connection, _first(today, BAR_DAYS))
    lines = [
        Line(
            one,
            tuple(found[one.id].percent if one.id in found else None for found in counted),
            runs(days.get(one.id, {}), _first(today, BAR_DAYS)),
            unprobed_since(one, now),
        )
        for one in watched
    ]
    grouped = by_group(
        lines,
        lambda line: line.watched.tool.group,
        lambda line: in_order(line.watched.tool.named(language)),
    )
    groups = tuple((name, tuple(members)) for name, members in grouped)
    return Board(groups, standstill(watched, now))


def runs(days: Mapping[date, Availability], first: date) -> tuple[Run, ...]:
    """Alike days in a row as one: hundreds of tools stay light for the browser."""
    looks = [_look(days.get(first + timedelta(days=at))) for at in range(BAR_DAYS)]
    found: list[Run] = []
    for at, look in enumerate(looks):
        if found and found[-1].look == look and found[-1].start + found[-1].length == at:
            found[-1] = Run(found[-1].start, found[-1].length + 1, look)
        elif look:
            found.append(Run(at, 1, look))
    return tuple(found)


def _look(day: Availability | None) -> str:
    percent = None if day is None else day.percent
    if percent is None:
        return ""
    if percent >= _GOOD_PERCENT:
        return "good"
    return "fair" if percent >= _FAIR_PERCENT else "bad"


def _first(today: date, span: int) -> date:
    return today - timedelta(days=span - 1)
