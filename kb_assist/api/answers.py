"""Outcomes of ticket use cases as HTTP answers: ETags, conflicts, refusals."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, jsonify, request

from kb_assist.edge import current
from kb_assist.edge.errors import problem
from kb_assist.edge.present_tickets import conflict_json, etag, refused_json, ticket_json
from kb_assist.errors import InputError
from kb_assist.tickets.lifecycle import Refused
from kb_assist.tickets.model import Conflict, Saved, Ticket

_ETAG = re.compile(r'^\s*(?:W/)?"(\d{1,15})-(\d{1,9})"\s*$')

PRECONDITION_FAILED = 412
CONFLICT = 409


def seen_version(ticket_id: int) -> int | None:
    """The version that ``If-Match`` names; None without the header or with ``*``.

    Raises InputError for a header that is no ETag of this ticket.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    found = _ETAG.match(header)
    if found is None or int(found.group(1)) != ticket_id:
        raise InputError("If-Match is not an ETag of this ticket.")
    return int(found.group(2))


def ticket_answer(ticket: Ticket, status: int = 200, **more: Any) -> Response:
    response = jsonify(ticket_json(ticket, current.services().clock.now()) | more)
    response.status_code = status
    response.headers["ETag"] = etag(ticket)
    return response


def outcome_answer(outcome: Saved | Conflict | Refused) -> Response:
    """The ticket, or a problem document that says what stands in the way."""
    if isinstance(outcome, Saved):
        return ticket_answer(outcome.ticket)
    if isinstance(outcome, Conflict):
        return conflict_answer(outcome)
    return refusal_answer(outcome)


def conflict_answer(conflict: Conflict) -> Response:
    """412 where the caller named a version, 409 where two were at it in the same moment."""
    status = PRECONDITION_FAILED if "If-Match" in request.headers else CONFLICT
    detail = "Somebody has changed the ticket meanwhile. Nothing was saved."
    more = conflict_json(conflict, current.services().clock.now())
    response = _with(problem(status, "ticket_changed", detail), more)
    response.headers["ETag"] = etag(conflict.current)
    return response


def refusal_answer(refused: Refused) -> Response:
    detail = f"The ticket cannot be changed in this way now: {refused.code.value}."
    return _with(
        problem(CONFLICT, "transition_refused", detail), {"refused": refused_json(refused)}
    )


def _with(answer: Response, more: dict[str, Any]) -> Response:
    """A problem document with further members."""
    body = answer.get_json() | more
    made = jsonify(body)
    made.status_code = answer.status_code
    made.content_type = answer.content_type
    return made
