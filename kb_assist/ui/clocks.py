"""The one clock of a ticket that matters now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kb_assist.tickets.model import State, Ticket
from kb_assist.tickets.targets import ClockState, clock_state


@dataclass(frozen=True, slots=True)
class TicketClock:
    kind: str
    """``response`` until somebody answered, then ``resolution``."""
    state: ClockState
    due: datetime | None


def ticket_clock(ticket: Ticket, now: datetime) -> TicketClock:
    """Response first; a resolved ticket shows whether its promise was kept."""
    answered = ticket.first_response_at is not None
    if not answered and ticket.is_open:
        state = clock_state(ticket.response_due, now, started=ticket.created_at)
        return TicketClock("response", state, ticket.response_due)
    state = clock_state(
        ticket.resolution_due,
        now,
        started=ticket.created_at,
        stopped=None if ticket.is_open else ticket.resolved_at,
        paused=ticket.state is State.PENDING,
    )
    return TicketClock("resolution", state, ticket.resolution_due)
