"""The same command for many tickets, each with its own result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb_assist.errors import N_, InputError, NotFoundError
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.lifecycle import Command
from kb_assist.tickets.work import Outcome, move

MAX_TICKETS = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """A ticket of the selection, as the person saw it."""

    ticket_id: int
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    ticket_id: int
    outcome: Outcome | None
    """None: there is no such ticket."""


def move_all(desk: Desk, chosen: Sequence[Chosen], command: Command) -> tuple[Result, ...]:
    """One refused ticket stops none of the others. Raises InputError for too many."""
    if len(chosen) > MAX_TICKETS:
        raise InputError(N_("At most %(most)s tickets at once.", most=MAX_TICKETS))
    return tuple(_one(desk, item, command) for item in chosen)


def _one(desk: Desk, item: Chosen, command: Command) -> Result:
    try:
        return Result(item.ticket_id, move(desk, item.ticket_id, command, seen=item.seen))
    except NotFoundError:
        return Result(item.ticket_id, None)
