"""``/api/v1/tickets/…/dossier`` and ``/escalations``: the hand-over to a higher level."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, jsonify, request
from flask_openapi3 import APIBlueprint
from sqlalchemy import Connection

from kb_assist.api.answers import (
    conflict_answer,
    outcome_answer,
    refusal_answer,
    seen_version,
    ticket_answer,
)
from kb_assist.api.ticket_schemas import (
    Acceptance,
    Anything,
    DossierAnswer,
    DossierParameters,
    Escalation,
    HandoverList,
    HandoverReturn,
    TicketOut,
    TicketPath,
)
from kb_assist.api.tickets import RESPONSES, TAG
from kb_assist.auth.model import Permission
from kb_assist.correlation.status import tool_status
from kb_assist.edge import current, desk
from kb_assist.edge.guards import require
from kb_assist.edge.present_tickets import handover_json
from kb_assist.tickets import store
from kb_assist.tickets.guide_facts import outside
from kb_assist.tickets.handover import escalate
from kb_assist.tickets.handover import store as handover_store
from kb_assist.tickets.handover.dossier import as_json, as_markdown
from kb_assist.tickets.handover.model import Outside, Request, Return
from kb_assist.tickets.lifecycle import Refused
from kb_assist.tickets.model import Conflict

blueprint = APIBlueprint(
    "api_handover",
    __name__,
    url_prefix="/api/v1/tickets/<int:ticket_id>",
    abp_tags=[TAG],
    abp_security=[{"token": []}],
    abp_responses=RESPONSES,
)


@blueprint.get("/dossier", responses={200: Anything}, summary="Get the dossier as of now")
@require(Permission.TICKET_READ)
def get_dossier(path: TicketPath, query: DossierParameters) -> Response:
    """JSON with completeness and missing facts, or Markdown with ``Accept: text/markdown``."""
    with current.services().database.read() as connection:
        store.get(connection, path.ticket_id)
        said = _outside(connection, path.ticket_id, query.group_id)
        made = escalate.dossier(connection, path.ticket_id, query.group_id, said)
    wanted = request.accept_mimetypes.best_match(["application/json", "text/markdown"])
    if wanted == "text/markdown":
        return Response(as_markdown(made, current.language()), mimetype="text/markdown")
    return jsonify(as_json(made))


@blueprint.put("/dossier", responses={204: None}, summary="Answer a missing fact")
@require(Permission.TICKET_WORK)
def answer_dossier(path: TicketPath, body: DossierAnswer) -> Response:
    """An empty value takes the answer away."""
    with desk.opened() as opened:
        escalate.answer_item(opened, path.ticket_id, body.key, body.value)
    return Response(status=204)


@blueprint.get("/escalations", responses={200: HandoverList}, summary="List hand-overs")
@require(Permission.TICKET_READ)
def list_escalations(path: TicketPath) -> dict[str, Any]:
    """Oldest first, each with the dossier as it was then."""
    with current.services().database.read() as connection:
        store.get(connection, path.ticket_id)
        handovers = handover_store.of_ticket(connection, path.ticket_id)
    return {
        "escalations": [handover_json(one) | {"dossier": as_json(one.dossier)} for one in handovers]
    }


@blueprint.post("/escalations", responses={201: TicketOut}, summary="Hand over to a higher level")
@require(Permission.ESCALATE)
def hand_over(path: TicketPath, body: Escalation) -> Response:
    """409 names the required facts that are missing; ``override_reason`` goes without them."""
    seen = seen_version(path.ticket_id)
    with desk.opened() as opened:
        store.get(opened.connection, path.ticket_id)
        said = _outside(opened.connection, path.ticket_id, body.group_id)
        wanted = Request(body.group_id, body.note, body.override_reason, said)
        outcome = escalate.hand_over(opened, path.ticket_id, wanted, seen=seen)
    if isinstance(outcome, Refused):
        return refusal_answer(outcome)
    if isinstance(outcome, Conflict):
        return conflict_answer(outcome)
    return ticket_answer(outcome.ticket, 201, escalation=outcome.number)


@blueprint.post("/escalations/accept", responses={200: TicketOut}, summary="Accept a hand-over")
@require(Permission.TICKET_WORK)
def accept(path: TicketPath, body: Acceptance) -> Response:
    """To L3 it needs the right to accept escalations; to L2 whoever works there may."""
    seen = seen_version(path.ticket_id)
    with desk.opened() as opened:
        desk.insist_to_accept(store.get(opened.connection, path.ticket_id))
        outcome = escalate.accept(opened, path.ticket_id, assignee_id=body.assignee_id, seen=seen)
    return outcome_answer(outcome)


@blueprint.post("/escalations/return", responses={200: TicketOut}, summary="Return a hand-over")
@require(Permission.TICKET_WORK)
def give_back(path: TicketPath, body: HandoverReturn) -> Response:
    """The items that were no use are counted against the template."""
    back = Return(body.reason, tuple(body.faulty_items))
    seen = seen_version(path.ticket_id)
    with desk.opened() as opened:
        desk.insist_to_accept(store.get(opened.connection, path.ticket_id))
        outcome = escalate.give_back(opened, path.ticket_id, back, seen=seen)
    return outcome_answer(outcome)


def _outside(connection: Connection, ticket_id: int, group_id: int) -> Outside:
    """What was answered in guides at this ticket, and how the tools stand."""
    guides = current.services().guides.now().guides
    said = outside(connection, ticket_id, group_id, guides, lang=current.language())
    return replace(said, tool_status=tool_status(connection, ticket_id))
