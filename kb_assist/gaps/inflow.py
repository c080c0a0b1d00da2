"""Tickets of a gap per week, before its article came out and since; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_WEEK = timedelta(days=7)
# A rate over less than a week would jump.
_SHORTEST = timedelta(days=7)
TREND_WEEKS = 13


@dataclass(frozen=True, slots=True)
class Inflow:
    """Tickets that no article answered, per week."""

    published_at: datetime
    before_per_week: float
    since_per_week: float
    before: int
    since: int
    is_early: bool
    """Not a week yet since then: the count says more than the rate."""

    def as_json(self) -> dict[str, object]:
        return {
            "published_at": self.published_at.isoformat(),
            "before_per_week": round(self.before_per_week, 2),
            "since_per_week": round(self.since_per_week, 2),
            "before": self.before,
            "since": self.since,
        }


def around(moments: Sequence[datetime], published_at: datetime, now: datetime) -> Inflow:
    """``moments``: when the gap's tickets came, those after its publication too."""
    before = [moment for moment in moments if moment <= published_at]
    since = len(moments) - len(before)
    known_for = max(published_at - min(before, default=published_at), _SHORTEST)
    watched = max(now - published_at, _SHORTEST)
    return Inflow(
        published_at=published_at,
        before_per_week=len(before) / (known_for / _WEEK),
        since_per_week=since / (watched / _WEEK),
        before=len(before),
        since=since,
        is_early=now - published_at < _SHORTEST,
    )


def weekly(moments: Sequence[datetime], until: datetime) -> list[int]:
    """Tickets in each of the last thirteen weeks, the oldest first."""
    counts = [0] * TREND_WEEKS
    for moment in moments:
        weeks_ago = (until - moment) // _WEEK
        if 0 <= weeks_ago < TREND_WEEKS:
            counts[TREND_WEEKS - 1 - weeks_ago] += 1
    return counts
