"""How often something may be asked for within a minute."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime
from typing import Protocol


class Limits(Protocol):
    """Counted in this process, or in the database for all web nodes."""

    def take(self, key: str, per_minute: int, *, at: datetime) -> bool:
        """False when the key has been used up for this minute."""
        ...


class RequestLimits:
    """Counts by key and minute. Safe to share between threads; forgets when a minute is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = ""
        self._counts: Counter[str] = Counter()

    def take(self, key: str, per_minute: int, *, at: datetime) -> bool:
        """False when the key has been used up for this minute."""
        minute = at.strftime("%Y-%m-%d %H:%M")
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._counts.clear()
            self._counts[key] += 1
            return self._counts[key] <= per_minute
