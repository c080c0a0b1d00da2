"""Windows of maintenance: ``sun 02:00-04:00`` or ``fri 22:00-mon 04:00`` every week, or from one
instant to another.

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
_ONE_DAY, _TIME = "|".join(_DAYS), r"(?:[01]\d|2[0-3]):[0-5]\d"
_DAILY = re.compile(rf"(daily|{_ONE_DAY}) ({_TIME})-({_TIME}|24:00)")
_WEEKLY = re.compile(rf"({_ONE_DAY}) ({_TIME})-({_ONE_DAY}) ({_TIME}|24:00)")
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


def fault(window: str) -> Phrase | None:
    """What is wrong with a text that should be one; None: nothing."""
    daily, weekly = _DAILY.fullmatch(window), _WEEKLY.fullmatch(window)
    once = _written(window)
    if not (daily or weekly or once):
        return N_("“%(window)s” is no window", window=window)
    if once and not _is_comparable(*once):
        return N_("“%(window)s” has one time with a zone and one without", window=window)
    is_late = once is not None and once[0] >= once[1]
    is_never = daily is not None and daily[2] == daily[3]
    if is_late or is_never or (weekly is not None and weekly.group(1, 2) == weekly.group(3, 4)):
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
    """Those that begin on the day of ``at``, or began within the week before."""
    if daily := _DAILY.fullmatch(window):
        name, first, last = daily.groups()
        lasts, again = _since_midnight(last), _DAY
    elif weekly := _WEEKLY.fullmatch(window):
        name, first, until, last = weekly.groups()
        ahead = (_DAYS.index(until) - _DAYS.index(name)) % 7
        lasts, again = ahead * _DAY + _since_midnight(last), _WEEK
    else:
        return
    begins = _since_midnight(first)
    today = at.astimezone(zone).date()
    for day in (today - ago * _DAY for ago in range(8)):
        if name in ("daily", _DAYS[day.weekday()]):
            midnight = datetime.combine(day, time())
            # One that would end before it begins goes on into the next day or week.
            ends = lasts if lasts > begins else lasts + again
            yield _instants(midnight + begins, midnight + ends, zone)


def _since_midnight(clock: str) -> timedelta:
    hours, minutes = clock.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


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
