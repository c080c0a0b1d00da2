"""Moves of the person who sends the request, and what follows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kb_assist.auth.model import Permission
from kb_assist.correlation import outages
from kb_assist.edge import current
from kb_assist.edge.desk import insist, opened
from kb_assist.errors import ForbiddenError
from kb_assist.monitoring import outages_store
from kb_assist.tickets import bulk, work
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import Saved
from kb_assist.tickets.work import Outcome


def move(
    ticket_id: int, command: Command, *, seen: int | None
) -> tuple[Outcome, outages.Resolved | None]:
    """In one transaction; second what was resolved with it, where it stands for an outage.

    Raises ForbiddenError where the role does not include the verb or ending the outage.
    """
    insist(command.verb)
    with opened() as desk:
        outcome = work.move(desk, ticket_id, command, seen=seen)
        return outcome, _follow(desk, command, [ticket_id] if isinstance(outcome, Saved) else [])


def move_all(
    chosen: Sequence[bulk.Chosen], command: Command
) -> tuple[tuple[bulk.Result, ...], outages.Resolved | None]:
    """``move`` for many, each with its own result. Raises InputError for too many."""
    insist(command.verb)
    with opened() as desk:
        results = bulk.move_all(desk, chosen, command)
        done = [one.ticket_id for one in results if isinstance(one.outcome, Saved)]
        return results, _follow(desk, command, done)


def _follow(desk: Desk, command: Command, moved: Iterable[int]) -> outages.Resolved | None:
    if command.verb is not Verb.RESOLVE:
        return None
    owned = outages_store.of_own_tickets(desk.connection, tuple(moved))
    if any(one.is_open for one in owned) and not current.principal().may(Permission.STATUS_EDIT):
        raise ForbiddenError("Your role does not allow to end the outage of this ticket.")
    return outages.follow(desk, owned)
