"""How long people worked on a ticket, from its log alone; pure.

Counted is the time between two things that agents did one after the other while the ticket was in
progress, 30 minutes at most each: whoever leaves no trace for longer was on the phone about
something else, or at lunch. So the sum is rather too small than too large.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_BETWEEN = timedelta(minutes=30)
_IN_PROGRESS = "in_progress"


@dataclass(frozen=True, slots=True)
class Trace:
    """One event of a ticket's log."""

    at: datetime
    by_agent: bool
    state: str
    """That the ticket has from then on; empty when it stays as it was."""


def handled(log: Iterable[Trace]) -> timedelta:
    """``log``: the events of one ticket, oldest first; zero when nothing tells."""
    total = timedelta()
    state = ""
    before: Trace | None = None
    for trace in log:
        if before is not None and before.by_agent and trace.by_agent and state == _IN_PROGRESS:
            total += min(max(trace.at - before.at, timedelta()), MOST_BETWEEN)
        state = trace.state or state
        before = trace
    return total
