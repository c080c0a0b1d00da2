"""Whether a group of tickets is one event told many times rather than a lasting gap; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

# Outages are reported within hours; a gap's tickets come over weeks.
_WINDOW = timedelta(hours=6)
_FEWEST = 4
_MOST_OF_THEM = 0.6


def is_burst(moments: Sequence[datetime]) -> bool:
    """Whether most of a group's tickets (four at least) arrived within six hours."""
    ordered = sorted(moments)
    densest = max(
        (sum(start <= moment <= start + _WINDOW for moment in ordered) for start in ordered),
        default=0,
    )
    return densest >= _FEWEST and densest >= _MOST_OF_THEM * len(ordered)
