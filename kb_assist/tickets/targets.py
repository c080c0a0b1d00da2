"""When a ticket must be answered and resolved: business hours, holidays, pauses.

Pure functions over intervals. All instants are aware and in UTC; opening hours are local, so a day
of the change to summer time has its true length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from kb_assist.tickets.model import Pause, Priority

# A target that lies further ahead than this is a mistake in the opening hours.
_HORIZON_DAYS = 3 * 366
# "Due soon" begins when this part of the time is left.
_SOON = 0.25

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Hours:
    """When people work."""

    opens: time = time(8)
    closes: time = time(18)
    weekdays: frozenset[int] = frozenset(range(5))
    """0 is Monday."""
    zone: str = "Europe/Berlin"
    region: str = ""
    """Whose holidays are days off: a German state (``NW``), ``DE`` for those of all, or none."""

    def span(self, day: date) -> Span | None:
        """The opening hours of a local day in UTC, None for a day off."""
        return _span(self, day)


@dataclass(frozen=True, slots=True)
class Target:
    """How long answering and resolving may take."""

    response: timedelta
    resolution: timedelta
    around_the_clock: bool = False
    """Counted without regard to opening hours."""


DEFAULT_TARGETS: Mapping[Priority, Target] = {
    Priority.P1: Target(timedelta(minutes=15), timedelta(hours=4), around_the_clock=True),
    Priority.P2: Target(timedelta(minutes=30), timedelta(hours=8)),
    Priority.P3: Target(timedelta(hours=2), timedelta(hours=20)),
    Priority.P4: Target(timedelta(hours=4), timedelta(hours=50)),
    Priority.P5: Target(timedelta(hours=10), timedelta(hours=100)),
}


class ClockState(StrEnum):
    RUNNING = "running"
    DUE_SOON = "due_soon"
    BREACHED = "breached"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    """Stopped, but too late."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The house's promise."""

    hours: Hours = Hours()
    targets: Mapping[Priority, Target] = field(default_factory=lambda: DEFAULT_TARGETS)

    def dues(
        self, priority: Priority, start: datetime, pauses: Sequence[Pause] = ()
    ) -> tuple[datetime | None, datetime | None]:
        """Response and resolution; None while the clock stands before the target was reached."""
        target = self.targets[priority]
        hours = None if target.around_the_clock else self.hours
        return (
            due(start, target.response, hours, pauses),
            due(start, target.resolution, hours, pauses),
        )

    def elapsed(
        self, priority: Priority, start: datetime, until: datetime, pauses: Sequence[Pause] = ()
    ) -> timedelta:
        """How much of the target's time has been used."""
        hours = None if self.targets[priority].around_the_clock else self.hours
        spans = _working(start, hours, pauses)
        return sum((min(b, until) - a for a, b in _before(spans, until)), timedelta())


def due(
    start: datetime, allowance: timedelta, hours: Hours | None, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """The instant at which ``allowance`` of working time has passed since ``start``.

    ``hours`` None counts around the clock. None when an open pause begins before that instant.
    """
    left = allowance
    for begin, end in _working(start, hours, pauses):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return None


def clock_state(
    deadline: datetime | None,
    now: datetime,
    *,
    started: datetime,
    stopped: datetime | None = None,
    paused: bool = False,
) -> ClockState:
    """How a clock stands; ``stopped`` is when the promise was kept (or not)."""
    if stopped is not None:
        late = deadline is not None and stopped > deadline
        return ClockState.MISSED if late else ClockState.MET
    if deadline is None:
        return ClockState.PAUSED
    if now > deadline:
        return ClockState.BREACHED
    if paused:
        return ClockState.PAUSED
    return ClockState.DUE_SOON if now >= soon_from(started, deadline) else ClockState.RUNNING


def soon_from(started: datetime, deadline: datetime) -> datetime:
    """From when on a deadline is close: the last quarter of the way to it."""
    return deadline - (deadline - started) * _SOON


def _before(spans: Iterator[Span], until: datetime) -> Iterator[Span]:
    for begin, end in spans:
        if begin >= until:
            return
        yield begin, end


def _working(start: datetime, hours: Hours | None, pauses: Sequence[Pause]) -> Iterator[Span]:
    """Spans of counted time from ``start`` on, without pauses; ends at an open pause."""
    closed = sorted((p.start, p.end) for p in pauses if p.end is not None)
    still_open = [p.start for p in pauses if p.end is None]
    limit = min(still_open, default=None)
    for begin, end in _spans(start, hours):
        for piece in _without((begin, end), closed):
            if limit is not None and piece[1] > limit:
                if piece[0] < limit:
                    yield piece[0], limit
                return
            yield piece


def _without(span: Span, gaps: Sequence[tuple[datetime, datetime]]) -> Iterator[Span]:
    begin, end = span
    for gap_start, gap_end in gaps:
        if gap_end <= begin:
            continue
        if gap_start >= end:
            break
        if gap_start > begin:
            yield begin, gap_start
        begin = max(begin, gap_end)
    if begin < end:
        yield begin, end


def _spans(start: datetime, hours: Hours | None) -> Iterator[Span]:
    if hours is None:
        yield start, start + timedelta(days=_HORIZON_DAYS)
        return
    day = start.astimezone(ZoneInfo(hours.zone)).date()
    for ahead in range(_HORIZON_DAYS):
        span = hours.span(day + timedelta(days=ahead))
        if span is not None and span[1] > start:
            yield max(span[0], start), span[1]


@lru_cache(maxsize=4096)
def _span(hours: Hours, day: date) -> Span | None:
    if day.weekday() not in hours.weekdays or day in _days_off(hours.region, day.year):
        return None
    zone = ZoneInfo(hours.zone)
    opens = datetime.combine(day, hours.opens, zone).astimezone(UTC)
    closes = datetime.combine(day, hours.closes, zone).astimezone(UTC)
    return opens, closes


@lru_cache(maxsize=64)
def _days_off(region: str, year: int) -> frozenset[date]:
    if not region:
        return frozenset()
    state = None if region.upper() == "DE" else region.upper()
    return frozenset(holidays.country_holidays("DE", subdiv=state, years=year))
