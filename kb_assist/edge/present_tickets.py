"""Tickets and what belongs to them as plain JSON values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kb_assist.tickets.deadlines import resolution_clock, response_clock
from kb_assist.tickets.handover.model import Handover
from kb_assist.tickets.lifecycle import Action, Refused
from kb_assist.tickets.model import ArticleLink, Comment, Conflict, Event, Ticket, TicketLink
from kb_assist.tickets.records.model import Ci, Client
from kb_assist.tickets.similar import SimilarTicket


def instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def etag(ticket: Ticket) -> str:
    """Changes with every change of the ticket itself."""
    return f'"{ticket.id}-{ticket.version}"'


def ticket_json(ticket: Ticket, now: datetime) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "number": ticket.number,
        "version": ticket.version,
        "source": ticket.source,
        "external_id": ticket.external_id,
        "subject": ticket.subject,
        "body": ticket.body,
        "language": ticket.language,
        "channel": ticket.channel.value,
        "state": ticket.state.value,
        "pending_reason": None if ticket.pending_reason is None else ticket.pending_reason.value,
        "level": ticket.level.value,
        "impact": ticket.impact,
        "urgency": ticket.urgency,
        "priority": ticket.priority.value,
        "product": ticket.product,
        "reopened": ticket.reopened,
        **_people(ticket),
        **_end(ticket),
        **_times(ticket, now),
    }


def _people(ticket: Ticket) -> dict[str, Any]:
    return {
        "group_id": ticket.group_id,
        "assignee_id": ticket.assignee_id,
        "client_id": ticket.client_id,
        "requester_name": ticket.requester_name,
        "requester_email": ticket.requester_email,
    }


def _end(ticket: Ticket) -> dict[str, Any]:
    code = ticket.resolution_code
    return {
        "resolution_code": None if code is None else code.value,
        "resolution_text": ticket.resolution_text,
    }


def _times(ticket: Ticket, now: datetime) -> dict[str, Any]:
    names = ("created_at", "updated_at", "first_response_at", "resolved_at", "closed_at")
    return {name: instant(getattr(ticket, name)) for name in names} | {
        "response": {
            "due": instant(ticket.response_due),
            "state": response_clock(ticket, now).value,
        },
        "resolution": {
            "due": instant(ticket.resolution_due),
            "state": resolution_clock(ticket, now).value,
        },
    }


def action_json(action: Action) -> dict[str, Any]:
    return {
        "verb": action.verb.value,
        "needs": list(action.needs),
        "obstacle": None if action.obstacle is None else action.obstacle.value,
        "tickets": list(action.tickets),
    }


def comment_json(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "at": instant(comment.at),
        "kind": comment.kind.value,
        "author": comment.author.name,
        "author_id": comment.author.user_id,
        "body": comment.body,
        "source": comment.source,
        "external_id": comment.external_id,
    }


def event_json(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": instant(event.at),
        "kind": event.kind.value,
        "actor": {
            "kind": event.actor.kind.value,
            "name": event.actor.name,
            "user_id": event.actor.user_id,
        },
        "before": dict(event.before),
        "after": dict(event.after),
        "note": event.note,
    }


def link_json(link: TicketLink) -> dict[str, Any]:
    return {
        "relation": link.relation.value,
        "outgoing": link.outgoing,
        "ticket_id": link.other.id,
        "number": link.other.number,
        "subject": link.other.subject,
        "state": link.other.state.value,
    }


def article_link_json(link: ArticleLink) -> dict[str, Any]:
    return {
        "article_id": link.article_id,
        "role": link.role.value,
        "passage": link.passage,
        "at": instant(link.at),
        "by": link.by,
    }


def similar_json(found: SimilarTicket) -> dict[str, Any]:
    ticket = found.ticket
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject,
        "resolution_text": ticket.resolution_text,
        "resolved_at": instant(ticket.resolved_at),
        "shared": list(found.shared),
        "similarity": None if found.similarity is None else round(found.similarity, 4),
    }


def client_json(client: Client) -> dict[str, Any]:
    return {
        "id": client.id,
        "key": client.key,
        "kind": client.kind.value,
        "name": client.name,
        "email": client.email,
        "phone": client.phone,
        "site": client.site,
        "department": client.department,
        "language": client.language,
        "vip": client.vip,
        "active": client.active,
        "organisation_id": client.organisation_id,
        "notes": client.notes,
    }


def ci_json(ci: Ci) -> dict[str, Any]:
    return {
        "id": ci.id,
        "key": ci.key,
        "kind": ci.kind,
        "name": ci.name,
        "status": ci.status.value,
        "serial": ci.serial,
        "vendor": ci.vendor,
        "model": ci.model,
        "version": ci.version,
        "site": ci.site,
        "owner_id": ci.owner_id,
        "group_id": ci.group_id,
        "attributes": dict(ci.attributes),
        "notes": ci.notes,
    }


def handover_json(handover: Handover) -> dict[str, Any]:
    return {
        "number": handover.number,
        "at": instant(handover.at),
        "by": handover.by,
        "from_level": handover.origin.level.value,
        "from_group_id": handover.origin.group_id,
        "to_level": handover.to_level.value,
        "to_group_id": handover.to_group_id,
        "note": handover.note,
        "override_reason": handover.override_reason,
        "completeness": handover.completeness,
        "outcome": handover.outcome.value,
        "answered_at": instant(handover.answered_at),
        "answered_by": handover.answered_by,
        "return_reason": handover.return_reason,
        "faulty_items": list(handover.faulty_items),
    }


def refused_json(refused: Refused) -> dict[str, Any]:
    return {
        "verb": refused.verb.value,
        "reason": refused.code.value,
        "missing": list(refused.missing),
        "tickets": list(refused.tickets),
    }


def conflict_json(conflict: Conflict, now: datetime) -> dict[str, Any]:
    return {
        "ticket": ticket_json(conflict.current, now),
        "changes": [event_json(event) for event in conflict.changes],
    }
