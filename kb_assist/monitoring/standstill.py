"""Whether the watch goes on: the newest probe of a tool, and of all tools, is not too old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kb_assist.monitoring.model import Watched

# A round may be late, and a timer away for a restart.
_ROUNDS = 3
_PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Standstill:
    """No tool is probed any more."""

    newest: datetime | None
    """When the last one was; None: never."""


def standstill(found: Sequence[Watched], now: datetime) -> Standstill | None:
    """None: the watch goes on, or there is nothing to probe."""
    watched = [one for one in found if not one.tool.paused]
    if not watched:
        return None
    newest = max((one.checked_at for one in watched if one.checked_at), default=None)
    shortest = min(one.tool.interval_seconds for one in watched)
    return Standstill(newest) if newest is None or _is_old(newest, shortest, now) else None


def unprobed_since(found: Watched, now: datetime) -> datetime | None:
    """When a tool was probed last, if that is too long ago; None as well: paused, or never."""
    at = found.checked_at
    if at is None or found.tool.paused or not _is_old(at, found.tool.interval_seconds, now):
        return None
    return at


def _is_old(newest: datetime, interval_seconds: int, now: datetime) -> bool:
    return now - newest > max(_PATIENCE, _ROUNDS * timedelta(seconds=interval_seconds))
