"""Somebody writes to a ticket: the requester, an agent, or an agent for colleagues only."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kb_assist.errors import N_, InputError
from kb_assist.tickets import comments_store, store
from kb_assist.tickets.audit import Happening, record
from kb_assist.tickets.change import Change, change
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.lifecycle import Verb
from kb_assist.tickets.model import (
    Actor,
    ActorKind,
    Comment,
    CommentKind,
    EventKind,
    PendingReason,
    State,
    Ticket,
)

MAX_COMMENT_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Words:
    """A comment that is to be written."""

    kind: CommentKind
    body: str
    source: str = "kb-assist"
    external_id: str | None = None
    """The source's own id; a second comment with the same one is not written."""


def comment(desk: Desk, ticket_id: int, words: Words) -> Comment:
    """Write it, and let the ticket follow.

    An agent's first answer stops the response clock. What a requester writes wakes a ticket that
    waited for them. Raises NotFoundError, and InputError for an empty or endless text.
    """
    _check(words)
    ticket = store.locked(desk.connection, ticket_id)
    if words.external_id is not None:
        known = comments_store.by_external_id(
            desk.connection, ticket_id, words.source, words.external_id
        )
        if known is not None:
            return known
    written = comments_store.add(desk.connection, _comment(desk, ticket, words))
    store.index_words(desk.connection, {ticket_id: ticket})
    after = {"comment_id": written.id, "kind": words.kind}
    record(desk, ticket, Happening(EventKind.COMMENTED, after=after))
    _follow(desk, ticket, words.kind)
    return written


def _check(words: Words) -> None:
    if not words.body.strip():
        raise InputError(N_("The comment is empty."))
    if len(words.body) > MAX_COMMENT_CHARACTERS:
        raise InputError(
            N_("A comment has at most %(most)s characters.", most=MAX_COMMENT_CHARACTERS)
        )


def _comment(desk: Desk, ticket: Ticket, words: Words) -> Comment:
    author = desk.actor
    if words.kind is CommentKind.REQUESTER and author.kind is ActorKind.SYSTEM:
        author = Actor(ActorKind.REQUESTER, ticket.requester_name)
    return Comment(
        id=0,
        ticket_id=ticket.id,
        at=desk.now,
        kind=words.kind,
        author=author,
        body=words.body,
        source=words.source,
        external_id=words.external_id,
    )


def _follow(desk: Desk, ticket: Ticket, kind: CommentKind) -> None:
    if kind is CommentKind.AGENT and ticket.first_response_at is None:
        answered = replace(ticket, first_response_at=desk.now, updated_at=desk.now)
        store.change(desk.connection, ticket, answered)
    elif kind is CommentKind.REQUESTER and _waits_for_requester(ticket):
        woken = {"state": State.IN_PROGRESS, "pending_reason": None}
        change(desk, ticket, Change(EventKind.MOVED, woken, verb=Verb.RESUME.value))
    else:
        store.change(desk.connection, ticket, replace(ticket, updated_at=desk.now))


def _waits_for_requester(ticket: Ticket) -> bool:
    return ticket.state is State.PENDING and ticket.pending_reason is PendingReason.CUSTOMER
