"""Everything the database knows about a ticket, gathered for its dossier."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from kb_assist.tickets import attachments_store, comments_store, events_store, links_store, store
from kb_assist.tickets.handover import store as handover_store
from kb_assist.tickets.handover.dossier import Facts, TimelineEntry
from kb_assist.tickets.handover.model import Outside
from kb_assist.tickets.model import Comment, CommentKind, Event, EventKind, RecordRole, Ticket
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.model import Ci

# Events that say nothing to the next person.
_LEFT_OUT = frozenset({EventKind.COMMENTED, EventKind.LINKED})
# Told already by the event of the verb that caused them.
_TOLD = frozenset({EventKind.HANDED_OVER, EventKind.ACCEPTED, EventKind.RETURNED})


def gather(connection: Connection, ticket_id: int, outside: Outside) -> Facts:
    """Raises NotFoundError."""
    ticket = store.get(connection, ticket_id)
    comments = comments_store.of_ticket(connection, ticket_id)
    events = events_store.of_ticket(connection, ticket_id)
    primary, affected = _cis(connection, ticket_id)
    return Facts(
        ticket=ticket,
        client=_client(connection, ticket),
        primary_ci=primary,
        affected_cis=affected,
        articles=tuple(
            (link.article_id, link.role.value)
            for link in links_store.articles_of(connection, ticket_id)
        ),
        conversation=tuple(_said(c, ticket) for c in comments if c.kind is CommentKind.REQUESTER),
        timeline=_timeline(ticket, events, comments),
        attachments=tuple(a.name for a in attachments_store.of_ticket(connection, ticket_id)),
        guide_answers=outside.guide_answers,
        tool_status=outside.tool_status,
        steps_tried=outside.steps_tried,
        answers=handover_store.answers(connection, ticket_id),
    )


def _client(connection: Connection, ticket: Ticket) -> dict[str, str]:
    if ticket.client_id is None:
        return {}
    client = records_store.client(connection, ticket.client_id)
    facts = {
        "name": client.name,
        "email": client.email,
        "phone": client.phone,
        "site": client.site,
        "department": client.department,
        "vip": "VIP" if client.vip else "",
    }
    return {name: value for name, value in facts.items() if value}


def _cis(
    connection: Connection, ticket_id: int
) -> tuple[Mapping[str, str], tuple[Mapping[str, str], ...]]:
    roles = links_store.ci_roles(connection, ticket_id)
    found = records_store.cis_of(connection, list(roles))
    shown = {key: _ci(found[key]) for key in roles}
    primary = [shown[key] for key, role in roles.items() if role is RecordRole.PRIMARY]
    affected = [shown[key] for key, role in roles.items() if role is not RecordRole.PRIMARY]
    return (primary[0] if primary else {}), tuple(affected)


def _ci(ci: Ci) -> dict[str, str]:
    facts = {
        "name": ci.key,
        "kind": ci.kind,
        "model": ci.model,
        "serial": ci.serial,
        "version": ci.version,
        "site": ci.site,
        "status": ci.status.value,
    }
    extra = {str(k): str(v) for k, v in ci.attributes.items()}
    return {name: value for name, value in (facts | extra).items() if value}


def _said(comment: Comment, ticket: Ticket) -> TimelineEntry:
    return TimelineEntry(comment.at, comment.author.name or ticket.requester_name, comment.body)


def _timeline(
    ticket: Ticket, events: tuple[Event, ...], comments: tuple[Comment, ...]
) -> tuple[TimelineEntry, ...]:
    """Comments word for word, events in short, oldest first."""
    told = [
        TimelineEntry(event.at, event.actor.name or ticket.requester_name, _short(event))
        for event in events
        if event.kind not in _LEFT_OUT | _TOLD
        and (event.kind is not EventKind.CHANGED or "verb" in event.after)
    ]
    return tuple(sorted([*told, *(_said(c, ticket) for c in comments)], key=lambda e: e.at))


def _short(event: Event) -> str:
    what = str(event.after.get("verb", event.kind.value))
    return f"{what}: {event.note}" if event.note else what
