"""What a ticket's stored times follow from: state, priority, pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from kb_assist.tickets.model import Pause, State, Ticket
from kb_assist.tickets.targets import ClockState, Policy, clock_state, soon_from

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for "no deadline", so that queues sort without NULL."""


def stamp(before: Ticket, after: Ticket, now: datetime) -> Ticket:
    """``after`` with the instants that its new state brings or takes away."""
    times: dict[str, datetime | None] = {"updated_at": now}
    if after.state is State.RESOLVED and before.state is not State.RESOLVED:
        times["resolved_at"] = now
    if after.state is State.CLOSED and before.state is not State.CLOSED:
        times["closed_at"] = now
    if after.is_open and not before.is_open:
        times |= {"resolved_at": None, "closed_at": None}
    # Somebody took it up: that is an answer too where nothing was written yet.
    if after.state is State.RESOLVED and after.first_response_at is None:
        times["first_response_at"] = now
    return replace(after, **times)  # type: ignore[arg-type]


def with_deadlines(ticket: Ticket, pauses: Sequence[Pause], policy: Policy) -> Ticket:
    """``ticket`` with the deadlines of its priority."""
    response, resolution = policy.dues(ticket.priority, ticket.created_at, pauses)
    return replace(ticket, response_due=response, resolution_due=resolution)


def queue_columns(ticket: Ticket) -> dict[str, Any]:
    """The columns kept for queues only."""
    running = [
        due
        for due, stopped in (
            (ticket.response_due, ticket.first_response_at),
            (ticket.resolution_due, ticket.resolved_at),
        )
        if due is not None and stopped is None
    ]
    nearest = min(running, default=NEVER) if ticket.is_open else NEVER
    soon = NEVER if nearest == NEVER else soon_from(ticket.created_at, nearest)
    return {"is_open": ticket.is_open, "next_due": nearest, "soon_from": soon}


def response_clock(ticket: Ticket, now: datetime) -> ClockState:
    return clock_state(
        ticket.response_due,
        now,
        started=ticket.created_at,
        stopped=ticket.first_response_at,
        paused=ticket.state is State.PENDING,
    )


def resolution_clock(ticket: Ticket, now: datetime) -> ClockState:
    return clock_state(
        ticket.resolution_due,
        now,
        started=ticket.created_at,
        stopped=ticket.resolved_at,
        paused=ticket.state is State.PENDING,
    )
