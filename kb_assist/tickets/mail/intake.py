"""A mail becomes a ticket, or a comment on the ticket that it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from kb_assist.tickets import comments_store, store
from kb_assist.tickets.comments import MAX_COMMENT_CHARACTERS, Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.mail.message import Mail
from kb_assist.tickets.model import Channel, CommentKind, Draft, Ticket

SOURCE = "mail"
_NUMBER = re.compile(r"\bT-(\d{1,12})\b")
_EMPTY = "–"


@dataclass(frozen=True, slots=True)
class Taken:
    ticket_id: int
    is_new: bool
    """A new ticket; False: the mail went to a stored one."""
    is_stored: bool = True
    """False: this mail had come before."""


def take_mail(desk: Desk, mail: Mail, *, source: str = SOURCE) -> Taken:
    """Store the mail once, however often it comes."""
    known = store.by_external_id(desk.connection, source, mail.message_id)
    if known is not None:
        return Taken(known.id, is_new=False, is_stored=False)
    before = comments_store.ticket_of(desk.connection, source, mail.message_id)
    if before is not None:
        return Taken(before, is_new=False, is_stored=False)
    thread = _thread(desk, mail, source)
    if thread is not None:
        body = mail.body.strip()[:MAX_COMMENT_CHARACTERS] or _EMPTY
        words = Words(CommentKind.REQUESTER, body, source, mail.message_id)
        comment(desk, thread.id, words)
        return Taken(thread.id, is_new=False)
    # Clocks of senders are wrong at times; nothing arrives from the future.
    sent = None if mail.sent_at is None else min(mail.sent_at, desk.now)
    made = create(desk, replace(_draft(mail, source), created_at=sent))
    return Taken(made.ticket.id, is_new=made.is_new)


def _thread(desk: Desk, mail: Mail, source: str) -> Ticket | None:
    """By the mails it answers; by a number in the subject only where the sender is the requester.

    A number is easily guessed, a message id is not: strangers must not get into a conversation.
    """
    for reference in mail.answers_to:
        found = store.by_external_id(desk.connection, source, reference)
        if found is not None:
            return found
        ticket_id = comments_store.ticket_of(desk.connection, source, reference)
        if ticket_id is not None:
            return store.get(desk.connection, ticket_id)
    number = _NUMBER.search(mail.subject)
    named = store.find(desk.connection, int(number.group(1))) if number else None
    if named is not None and mail.sender_address:
        same = named.requester_email.lower() == mail.sender_address
        return named if same else None
    return None


def _draft(mail: Mail, source: str) -> Draft:
    return Draft(
        subject=mail.subject,
        body=mail.body.strip(),
        channel=Channel.MAIL,
        source=source,
        external_id=mail.message_id,
        requester_name=mail.sender_name[:200],
        requester_email=mail.sender_address[:320],
    )
