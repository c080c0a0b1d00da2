"""Windows of maintenance: ``sun 02:00-04:00`` every week, or from one instant to another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(
    r"^(daily|mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$"
)


def is_window(text: str) -> bool:
    """Whether it can be read as one."""
    return bool(_WEEKLY.match(text)) or _once(text, ZoneInfo("UTC")) is not None


def is_in_maintenance(windows: Sequence[str], at: datetime, zone: ZoneInfo) -> bool:
    """Times of windows are of ``zone``; one that ends before it begins goes on past midnight."""
    return any(_covers(window, at.astimezone(zone), zone) for window in windows)


def ended_at(windows: Sequence[str], at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the newest of the windows that happen once was over; None: there was none yet."""
    once = (_once(window, zone) for window in windows)
    return max((window[1] for window in once if window and window[1] <= at), default=None)


def _covers(window: str, at: datetime, zone: ZoneInfo) -> bool:
    weekly = _WEEKLY.match(window)
    if weekly is None:
        once = _once(window, zone)
        return once is not None and once[0] <= at < once[1]
    day, *numbers = weekly.groups()
    hours = [int(number) for number in numbers]
    begin, end = time(hours[0], hours[1]), time(hours[2], hours[3])
    if begin < end:
        return _is_day(day, at) and begin <= at.time() < end
    late = _is_day(day, at) and at.time() >= begin
    early = _is_day(day, at - timedelta(days=1)) and at.time() < end
    return late or early


def _is_day(day: str, at: datetime) -> bool:
    return day in ("daily", _DAYS[at.weekday()])


def _once(window: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    try:
        begin, end = (datetime.fromisoformat(part) for part in window.split("/"))
    except ValueError:
        return None
    return tuple(t if t.tzinfo else t.replace(tzinfo=zone) for t in (begin, end))  # type: ignore[return-value]
