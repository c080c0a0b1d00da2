"""The only place that asks what time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Protocol


class Clock(Protocol):
    """Tests pass one that stands still."""

    def now(self) -> datetime:
        """The current instant, in UTC."""
        ...

    def today(self) -> date:
        """The current day where the server stands."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return datetime.now().astimezone().date()
