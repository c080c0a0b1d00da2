"""A ticket comes in: from the portal, the API, a mail, another helpdesk."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from textwrap import shorten

from kb_assist.text import UNKNOWN_LANGUAGE, detect_language
from kb_assist.tickets import store
from kb_assist.tickets.audit import Happening, record
from kb_assist.tickets.deadlines import with_deadlines
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import Created, Draft, EventKind, Level, State, Ticket
from kb_assist.tickets.priority import priority_of
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.model import Client
from kb_assist.tickets.targets import Policy

MAX_SUBJECT_CHARACTERS = 500
_NO_SUBJECT = "–"
_LONGEST_MADE_UP = 120


def create(desk: Desk, draft: Draft) -> Created:
    """Store a draft; a second one with the same source and external id gives the first ticket.

    Raises NotFoundError for an unknown client, group or person.
    """
    if draft.external_id is not None:
        known = store.by_external_id(desk.connection, draft.source, draft.external_id)
        if known is not None:
            return Created(known, is_new=False)
    made = new_ticket(_known_client(desk, draft), desk.now, desk.policy)
    if draft.assignee_id is not None:
        store.require_user(desk.connection, draft.assignee_id)
    if draft.group_id is not None:
        made = replace(made, level=store.level_of_group(desk.connection, draft.group_id))
    ticket = replace(made, id=store.add(desk.connection, made))
    record(desk, ticket, Happening(EventKind.CREATED, after=first_values(ticket)))
    return Created(ticket, is_new=True)


def new_ticket(draft: Draft, now: datetime, policy: Policy) -> Ticket:
    """The ticket that a draft becomes, without an id."""
    created = draft.created_at or now
    given = {f.name: getattr(draft, f.name) for f in fields(draft) if f.name != "created_at"}
    given |= {"subject": _subject(draft), "language": draft.language or _language(draft)}
    assigned = draft.assignee_id is not None or draft.group_id is not None
    ticket = Ticket(
        **given,
        id=0,
        state=State.ASSIGNED if assigned else State.NEW,
        pending_reason=None,
        level=Level.L1,
        priority=priority_of(draft.impact, draft.urgency),
        resolution_code=None,
        resolution_text="",
        reopened=0,
        created_at=created,
        updated_at=created,
        first_response_at=None,
        resolved_at=None,
        closed_at=None,
        response_due=None,
        resolution_due=None,
        version=1,
    )
    return with_deadlines(ticket, (), policy)


def first_values(ticket: Ticket) -> dict[str, object]:
    """What the audit keeps of a new ticket; its texts are in the ticket itself."""
    names = ("state", "priority", "level", "channel", "source", "group_id", "assignee_id")
    return {name: getattr(ticket, name) for name in names}


def _known_client(desk: Desk, draft: Draft) -> Draft:
    """The requester's record, found by address, and its name where the source gave none."""
    client: Client | None = None
    if draft.client_id is not None:
        client = records_store.client(desk.connection, draft.client_id)
    elif draft.requester_email:
        client = records_store.client_by_email(desk.connection, draft.requester_email)
    if client is None:
        return draft
    return replace(
        draft,
        client_id=client.id,
        requester_name=draft.requester_name or client.name,
        requester_email=draft.requester_email or client.email,
        language=draft.language or client.language,
    )


def _subject(draft: Draft) -> str:
    """One line; the beginning of the text's first line where there is no subject."""
    said = draft.subject.strip() or draft.body.strip()
    first = said.splitlines()[0].strip() if said else _NO_SUBJECT
    if not draft.subject.strip():
        # A paragraph without a break is no subject: lists of tickets would show all of it.
        return shorten(first, _LONGEST_MADE_UP, placeholder=" …")
    return first[:MAX_SUBJECT_CHARACTERS]


def _language(draft: Draft) -> str:
    guess = detect_language(f"{draft.subject}\n{draft.body}")
    return guess.language or UNKNOWN_LANGUAGE
