"""Windows of maintenance: ``sun 02:00-04:00`` every week, or from one instant to another.

Where clocks change, a window is still one piece: from the first time its begin comes to the last
time its end does. An hour that is left out is taken to follow the change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kb_assist.errors import N_, Phrase

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(
    r"(daily|mon|tue|wed|thu|fri|sat|sun) ((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)"
)
_DAY = timedelta(days=1)


def fault(window: str) -> Phrase | None:
    """What is wrong with a text that should be one; None: nothing."""
    weekly = _WEEKLY.fullmatch(window)
    once = _written(window)
    if weekly is None and once is None:
        return N_("“%(window)s” is no window", window=window)
    # Two times of different kinds can be compared only where the zone is known.
    is_late = once is not None and _is_comparable(*once) and once[0] >= once[1]
    if is_late or (weekly is not None and weekly[2] == weekly[3]):
        return N_("“%(window)s” does not end after it begins", window=window)
    return None


def is_in_maintenance(windows: Sequence[str], at: datetime, zone: ZoneInfo) -> bool:
    """Times of windows are of ``zone``; one that ends before it begins goes on past midnight."""
    return any(
        begin <= at < end
        for window in windows
        for begin, end in (*_weekly(window, at, zone), *_once(window, zone))
    )


def ended_at(windows: Sequence[str], at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the newest of the windows that happen once was over; None: there was none yet."""
    ends = (end for window in windows for _, end in _once(window, zone))
    return max((end for end in ends if end <= at), default=None)


def _weekly(window: str, at: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Those that begin on the day of ``at``, or began on the day before."""
    if not (weekly := _WEEKLY.fullmatch(window)):
        return
    first, last = time.fromisoformat(weekly[2]), time.fromisoformat(weekly[3])
    today = at.astimezone(zone).date()
    for day in (today - _DAY, today):
        if weekly[1] in ("daily", _DAYS[day.weekday()]):
            end_day = day if first < last else day + _DAY
            begin, end = datetime.combine(day, first), datetime.combine(end_day, last)
            yield _instants(begin, end, zone)


def _once(window: str, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    if once := _written(window):
        yield _instants(*once, zone)


def _written(window: str) -> tuple[datetime, datetime] | None:
    try:
        begin, end = (datetime.fromisoformat(part) for part in window.split("/"))
    except ValueError:
        return None
    return begin, end


def _is_comparable(begin: datetime, end: datetime) -> bool:
    return (begin.tzinfo is None) == (end.tzinfo is None)


def _instants(begin: datetime, end: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """In UTC, as times of one zone are compared by what its clocks show."""
    first = _readings(begin, zone)[0]
    last = max(_readings(end, zone))
    if last <= first and _is_comparable(begin, end) and begin < end:
        # It begins in an hour that is left out: as long as it is written, and after the change.
        last = first + (end - begin)
    return first, last


def _readings(clock: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the second time that clocks show this, where they go back; in an hour that is
    left out, what it would be by the clocks before the change and by those after it."""
    if clock.tzinfo is not None:
        return _utc(clock), _utc(clock)
    return _utc(clock.replace(tzinfo=zone, fold=0)), _utc(clock.replace(tzinfo=zone, fold=1))


def _utc(clock: datetime) -> datetime:
    try:
        return clock.astimezone(UTC)
    except OverflowError:
        # "For ever" in a zone where the last of all days is already over elsewhere.
        return clock.replace(tzinfo=UTC)
