"""The one clock of a ticket that matters now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kb_assist.tickets.deadlines import resolution_clock, response_clock
from kb_assist.tickets.model import Ticket
from kb_assist.tickets.targets import ClockState


@dataclass(frozen=True, slots=True)
class TicketClock:
    kind: str
    """``response`` until somebody answered, then ``resolution``."""
    state: ClockState
    due: datetime | None


def ticket_clock(ticket: Ticket, now: datetime) -> TicketClock:
    """Response first; a resolved ticket shows whether its promise was kept."""
    if ticket.first_response_at is None and ticket.is_open:
        return TicketClock("response", response_clock(ticket, now), ticket.response_due)
    return TicketClock("resolution", resolution_clock(ticket, now), ticket.resolution_due)
