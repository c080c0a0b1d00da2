"""The desk of the request: who works on tickets, and what they see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.errors import ForbiddenError
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.lifecycle import Verb
from kb_assist.tickets.model import Actor, ActorKind, Level, Ticket
from kb_assist.tickets.queue_model import Viewer
from kb_assist.tickets.suggest import Reader

# What a verb needs beyond the right to work on tickets.
_NEEDED = {
    Verb.ASSIGN: Permission.TICKET_ASSIGN,
    Verb.RESOLVE: Permission.TICKET_CLOSE,
    Verb.CLOSE: Permission.TICKET_CLOSE,
}


def actor() -> Actor:
    """Whoever sends the request."""
    user = current.signed_in_user()
    return Actor(ActorKind.USER, user.display_name, user.id)


def viewer() -> Viewer:
    """Whose queues are shown, as of now."""
    user = current.signed_in_user()
    groups = tuple(group.id for group in user.groups)
    return Viewer(current.services().clock.now(), user.id, groups)


def reader() -> Reader:
    """For whom articles are chosen."""
    return Reader(current.audience(), current.language())


@contextmanager
def opened() -> Iterator[Desk]:
    """One transaction of the person who sends the request."""
    with current.services().desk(actor()) as desk:
        yield desk


def may(verb: Verb) -> bool:
    """Whether the person may use the verb at all; for buttons."""
    needed = _NEEDED.get(verb, Permission.TICKET_WORK)
    return current.principal().may(needed)


def insist_to_accept(ticket: Ticket) -> None:
    """Raises ForbiddenError for somebody who may not answer hand-overs to L3."""
    if ticket.level is Level.L3 and not current.principal().may(Permission.ACCEPT_ESCALATION):
        raise ForbiddenError("Your role does not allow to accept or return what goes to L3.")


def insist(verb: Verb) -> None:
    """Raises ForbiddenError when the person's role does not include the verb."""
    if not may(verb):
        raise ForbiddenError(f"Your role does not allow to {verb.value} tickets.")
