"""Resolved tickets that nobody objected to are closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kb_assist.tickets import queue_store
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import Saved
from kb_assist.tickets.work import move

# One transaction stays short; the command calls again until nothing is left.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Closed:
    count: int
    last_id: int | None
    """Go on after this ticket; None when all have been looked at."""


def close_resolved(desk: Desk, quiet: timedelta, *, after_id: int = 0) -> Closed:
    """Close a batch of tickets that were resolved ``quiet`` ago or earlier.

    One with open children or blockers stays resolved and is looked at again next time.
    """
    waiting = queue_store.resolved_before(
        desk.connection, desk.now - quiet, after_id=after_id, limit=BATCH
    )
    outcomes = [move(desk, ticket_id, Command(Verb.CLOSE)) for ticket_id in waiting]
    count = sum(isinstance(outcome, Saved) for outcome in outcomes)
    return Closed(count, waiting[-1] if len(waiting) == BATCH else None)
