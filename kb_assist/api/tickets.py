"""``/api/v1/tickets``: create, list, read, edit, comment, move."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel

from kb_assist.api.answers import outcome_answer, seen_version, ticket_answer
from kb_assist.api.schemas import Problem
from kb_assist.api.ticket_schemas import (
    BulkOut,
    BulkTransition,
    CommentList,
    CommentOut,
    EventList,
    NewComment,
    NewTicket,
    QueueParameters,
    TicketDetail,
    TicketEdit,
    TicketOut,
    TicketPage,
    TicketPath,
    Transition,
)
from kb_assist.auth.model import Permission
from kb_assist.edge import current, desk, moves
from kb_assist.edge.guards import require
from kb_assist.edge.present_tickets import (
    action_json,
    comment_json,
    event_json,
    refused_json,
    ticket_json,
)
from kb_assist.errors import InputError
from kb_assist.tickets import comments_store, events_store, links_store, queue, store
from kb_assist.tickets.bulk import Chosen, Result
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.intake import create
from kb_assist.tickets.lifecycle import Command, Refused, allowed
from kb_assist.tickets.model import Draft, Edit, Saved
from kb_assist.tickets.queue_model import QueueQuery
from kb_assist.tickets.work import edit

TAG = Tag(name="Tickets", description="Incidents from intake to close.")
RESPONSES: dict[int | str, type[BaseModel] | dict[Any, Any] | None] = dict.fromkeys(
    (401, 403, 404, 409, 412, 422, 503), Problem
)

blueprint = APIBlueprint(
    "api_tickets",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[TAG],
    abp_security=[{"token": []}],
    abp_responses=RESPONSES,
)


@blueprint.post("/tickets", responses={200: TicketOut, 201: TicketOut}, summary="Create a ticket")
@require(Permission.TICKET_WORK)
def create_ticket(body: NewTicket) -> Response:
    """201 for a new ticket, 200 with the stored one when the external id was sent before."""
    if not (body.subject or body.body):
        raise InputError("The ticket has neither a subject nor a text.")
    with desk.opened() as opened:
        made = create(opened, Draft(**body.model_dump() | {"language": body.language or ""}))
    response = ticket_answer(made.ticket, 201 if made.is_new else 200)
    response.headers["Location"] = f"/api/v1/tickets/{made.ticket.id}"
    return response


@blueprint.get("/tickets", responses={200: TicketPage}, summary="List tickets of a queue")
@require(Permission.TICKET_READ)
def list_tickets(query: QueueParameters) -> dict[str, Any]:
    """A page in a stable order; ``next_cursor`` leads to the next one."""
    asked = QueueQuery(
        view=query.view,
        states=tuple(query.state),
        priorities=tuple(query.priority),
        levels=tuple(query.level),
        group_id=query.group_id,
        assignee_id=query.assignee_id,
        client_id=query.client_id,
        ci_id=query.ci_id,
        product=query.product,
        text=query.q,
        order=query.order,
    )
    viewer = desk.viewer()
    with current.services().database.read() as connection:
        page = queue.look(connection, asked, viewer=viewer, cursor=query.cursor, limit=query.limit)
    rows = [ticket_json(ticket, viewer.now) for ticket in page.rows]
    return {"tickets": rows, "next_cursor": page.next_cursor}


@blueprint.get("/queues", summary="Count the open tickets of every view")
@require(Permission.TICKET_READ)
def count_queues() -> dict[str, Any]:
    """Counting stops at 1000."""
    with current.services().database.read() as connection:
        counted = queue.counts(connection, desk.viewer())
    return {
        view.value: {"count": count.number, "is_more": count.is_more}
        for view, count in counted.items()
    }


@blueprint.get("/tickets/<int:ticket_id>", responses={200: TicketDetail}, summary="Get one ticket")
@require(Permission.TICKET_READ)
def get_ticket(path: TicketPath) -> Response:
    """With the actions that its state permits."""
    with current.services().database.read() as connection:
        ticket = store.get(connection, path.ticket_id)
        standing = links_store.hindrances(connection, path.ticket_id)
    return ticket_answer(ticket, actions=[action_json(a) for a in allowed(ticket, standing)])


@blueprint.patch("/tickets/<int:ticket_id>", responses={200: TicketOut}, summary="Edit fields")
@require(Permission.TICKET_WORK)
def edit_ticket(path: TicketPath, body: TicketEdit) -> Response:
    """With ``If-Match``, somebody else's change in between gives 412 and shows it."""
    seen = seen_version(path.ticket_id)
    with desk.opened() as opened:
        outcome = edit(opened, path.ticket_id, Edit(**body.model_dump()), seen=seen)
    return outcome_answer(outcome)


@blueprint.get(
    "/tickets/<int:ticket_id>/events", responses={200: EventList}, summary="Get a ticket's audit"
)
@require(Permission.TICKET_READ)
def list_events(path: TicketPath) -> dict[str, Any]:
    """Everything that was ever done to the ticket, oldest first."""
    with current.services().database.read() as connection:
        store.get(connection, path.ticket_id)
        events = events_store.of_ticket(connection, path.ticket_id)
    return {"events": [event_json(event) for event in events]}


@blueprint.get(
    "/tickets/<int:ticket_id>/comments", responses={200: CommentList}, summary="List comments"
)
@require(Permission.TICKET_READ)
def list_comments(path: TicketPath) -> dict[str, Any]:
    """Oldest first."""
    with current.services().database.read() as connection:
        store.get(connection, path.ticket_id)
        comments = comments_store.of_ticket(connection, path.ticket_id)
    return {"comments": [comment_json(one) for one in comments]}


@blueprint.post(
    "/tickets/<int:ticket_id>/comments", responses={201: CommentOut}, summary="Write a comment"
)
@require(Permission.TICKET_WORK)
def add_comment(path: TicketPath, body: NewComment) -> Response:
    """An answer to the requester stops the response clock."""
    words = Words(body.kind, body.body, body.source, body.external_id)
    with desk.opened() as opened:
        written = comment(opened, path.ticket_id, words)
    response = jsonify(comment_json(written))
    response.status_code = 201
    return response


@blueprint.post(
    "/tickets/<int:ticket_id>/transitions", responses={200: TicketOut}, summary="Move a ticket"
)
@require(Permission.TICKET_WORK)
def move_ticket(path: TicketPath, body: Transition) -> Response:
    """409 says why it may not move and what is missing. Escalating has a path of its own.

    Where it stands for an outage, resolving it ends that and resolves the other tickets of it.
    """
    command = Command(**body.model_dump())
    outcome, _followed = moves.move(path.ticket_id, command, seen=seen_version(path.ticket_id))
    return outcome_answer(outcome)


@blueprint.post("/tickets/transitions", responses={200: BulkOut}, summary="Move many tickets")
@require(Permission.TICKET_WORK, Permission.BULK)
def move_tickets(body: BulkTransition) -> dict[str, Any]:
    """Each has its own result: ``saved``, ``changed`` by others, ``refused``, ``unknown``."""
    chosen = [Chosen(item.id, item.version) for item in body.tickets]
    results, _followed = moves.move_all(chosen, Command(**body.model_dump(exclude={"tickets"})))
    return {"results": [_result(result) for result in results]}


def _result(result: Result) -> dict[str, Any]:
    outcome = result.outcome
    found: dict[str, Any] = {"id": result.ticket_id}
    if outcome is None:
        return found | {"result": "unknown"}
    if isinstance(outcome, Saved):
        return found | {"result": "saved", "version": outcome.ticket.version}
    if isinstance(outcome, Refused):
        return found | {"result": "refused", "refused": refused_json(outcome)}
    return found | {"result": "changed", "version": outcome.current.version}
