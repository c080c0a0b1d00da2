"""Handing a ticket over: the dossier before, during and after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection

from kb_assist.auth.model import Group, Permission
from kb_assist.correlation.status import tool_status
from kb_assist.edge import current
from kb_assist.edge import desk as at_desk
from kb_assist.edge.guards import require
from kb_assist.errors import NotFoundError
from kb_assist.tickets import store
from kb_assist.tickets.guide_facts import outside
from kb_assist.tickets.handover import escalate
from kb_assist.tickets.handover import store as handover_store
from kb_assist.tickets.handover.dossier import Dossier, as_json, as_markdown, compose
from kb_assist.tickets.handover.facts import gather
from kb_assist.tickets.handover.model import HandedOver, Handover, Outcome, Outside, Request, Return
from kb_assist.tickets.handover.words import happened
from kb_assist.tickets.lifecycle import Refused
from kb_assist.tickets.model import Conflict, Level, Saved, Ticket
from kb_assist.ui.people import people
from kb_assist.ui.ticket_work import answer

blueprint = Blueprint("handover", __name__, url_prefix="/tickets/<int:ticket_id>/hand-over")


@blueprint.get("")
@require(Permission.ESCALATE)
def prepare(ticket_id: int) -> str:
    """What the chosen group wants to know, what is known, what is missing."""
    return _prepare(ticket_id)


@blueprint.post("/answers")
@require(Permission.ESCALATE)
def answers(ticket_id: int) -> Any:
    """Keep what was typed for missing items and corrected of known ones; nothing is handed over
    yet."""
    group_id = request.form.get("group_id", 0, type=int)
    _keep_answers(ticket_id)
    if request.form.get("then") == "hand_over":
        return _hand_over(ticket_id, group_id)
    flash(_("Kept."))
    return redirect(url_for("handover.prepare", ticket_id=ticket_id, group=group_id), 303)


@blueprint.post("/accept")
@require(Permission.TICKET_WORK)
def accept(ticket_id: int) -> Any:
    with at_desk.opened() as desk:
        at_desk.insist_to_accept(store.get(desk.connection, ticket_id))
        outcome = escalate.accept(desk, ticket_id, seen=request.form.get("version", type=int))
    return answer(ticket_id, outcome)


@blueprint.post("/return")
@require(Permission.TICKET_WORK)
def give_back(ticket_id: int) -> Any:
    """Send it back with a reason; the items named count against the template."""
    back = Return(request.form.get("reason", ""), tuple(request.form.getlist("item")))
    with at_desk.opened() as desk:
        at_desk.insist_to_accept(store.get(desk.connection, ticket_id))
        outcome = escalate.give_back(
            desk, ticket_id, back, seen=request.form.get("version", type=int)
        )
    if isinstance(outcome, Saved):
        flash(_("The ticket is sent back."))
        return redirect(url_for("tickets.show", ticket_id=ticket_id), 303)
    return answer(ticket_id, outcome, opened="return")


@blueprint.get("/<int:number>")
@require(Permission.TICKET_READ)
def dossier(ticket_id: int, number: int) -> str:
    """The dossier as it was handed over; prints on paper."""
    with current.services().database.read() as connection:
        ticket = store.get(connection, ticket_id)
        found = _numbered(connection, ticket_id, number)
        faults = handover_store.fault_counts(connection, found.to_group_id)
        names = people(connection)
    waits = found.outcome in (Outcome.WAITING, Outcome.ACCEPTED) and ticket.is_open
    return render_template(
        "handover/dossier.html",
        ticket=ticket,
        handover=found,
        dossier=found.dossier,
        people=names,
        faults={fault.item_key: fault for fault in faults},
        may_accept=found.outcome is Outcome.WAITING and ticket.is_open and _allowed(ticket),
        may_return=waits and _allowed(ticket),
        happened=happened,
    )


@blueprint.get("/<int:number>.md")
@require(Permission.TICKET_READ)
def markdown(ticket_id: int, number: int) -> Response:
    with current.services().database.read() as connection:
        found = _numbered(connection, ticket_id, number)
    text = as_markdown(found.dossier, current.language())
    return Response(text, content_type="text/markdown; charset=utf-8")


@blueprint.get("/<int:number>.json")
@require(Permission.TICKET_READ)
def plain(ticket_id: int, number: int) -> Response:
    with current.services().database.read() as connection:
        found = _numbered(connection, ticket_id, number)
    return jsonify(as_json(found.dossier))


def _prepare(ticket_id: int, refused: Refused | Conflict | None = None) -> str:
    chosen = request.values.get("group", type=int) or request.values.get("group_id", type=int)
    with current.services().database.read() as connection:
        ticket = store.get(connection, ticket_id)
        names = people(connection)
        groups = [g for g in names.above(ticket.level.value) if g.id != ticket.group_id]
        group = next((g for g in groups if g.id == chosen), None) or _only_next(groups)
        filled = _composed(connection, ticket_id, group.id) if group else None
    return render_template(
        "handover/prepare.html",
        ticket=ticket,
        people=names,
        groups=groups,
        group=group,
        dossier=filled,
        refused=refused if isinstance(refused, Refused) else None,
        conflict=refused if isinstance(refused, Conflict) else None,
        kept=request.form,
    )


def _only_next(groups: list[Group]) -> Group | None:
    """The group of the next level, where there is but one: nothing to choose then."""
    nearest = [g for g in groups if g.support_level == groups[0].support_level]
    return nearest[0] if len(nearest) == 1 else None


def _composed(connection: Connection, ticket_id: int, group_id: int) -> Dossier:
    facts = gather(connection, ticket_id, _outside(connection, ticket_id, group_id))
    return compose(facts, handover_store.template_of(connection, group_id))


def _outside(connection: Connection, ticket_id: int, group_id: int) -> Outside:
    """What was answered in guides at this ticket, and how the tools stand."""
    guides = current.services().guides.now().guides
    said = outside(connection, ticket_id, group_id, guides, lang=current.language())
    return replace(said, tool_status=tool_status(connection, ticket_id))


def _keep_answers(ticket_id: int) -> None:
    given = {}
    for name, value in request.form.items():
        kind, _sep, key = name.partition("-")
        # A fact that is not corrected stays as it is.
        if kind == "item" or (kind == "fix" and value.strip()):
            given[key] = value.replace("\r\n", "\n")
    with at_desk.opened() as desk:
        known = handover_store.answers(desk.connection, ticket_id)
        for key, value in given.items():
            if value.strip() != known.get(key, ""):
                escalate.answer_item(desk, ticket_id, key, value)


def _hand_over(ticket_id: int, group_id: int) -> Any:
    form = request.form
    with at_desk.opened() as desk:
        said = _outside(desk.connection, ticket_id, group_id)
        wanted = Request(group_id, form.get("note", ""), form.get("override_reason", ""), said)
        outcome = escalate.hand_over(desk, ticket_id, wanted)
    if isinstance(outcome, HandedOver):
        flash(_("Handed over, with dossier %(number)s.", number=outcome.number))
        return redirect(url_for("tickets.show", ticket_id=ticket_id), 303)
    return _prepare(ticket_id, outcome), 409 if isinstance(outcome, Conflict) else 422


def _numbered(connection: Connection, ticket_id: int, number: int) -> Handover:
    for found in handover_store.of_ticket(connection, ticket_id):
        if found.number == number:
            return found
    raise NotFoundError(_("There is no such dossier."))


def _allowed(ticket: Ticket) -> bool:
    """Whoever works on the level may answer; L3 needs the right of its own."""
    needed = Permission.ACCEPT_ESCALATION if ticket.level is Level.L3 else Permission.TICKET_WORK
    return current.principal().may(needed)
