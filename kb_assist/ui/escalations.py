"""Why tickets went from L1 to L2, one by one and counted; labels are corrected in place."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge import desk as at_desk
from kb_assist.edge.guards import require
from kb_assist.errors import InputError
from kb_assist.gaps import escalations, store
from kb_assist.gaps.escalations import Escalation
from kb_assist.gaps.model import EscalationLabel
from kb_assist.gaps.passages import passages_shown
from kb_assist.tickets import store as tickets_store
from kb_assist.ui import escalation_board
from kb_assist.ui.gap_view import article
from kb_assist.ui.people import people

blueprint = Blueprint("escalations", __name__, url_prefix="/gaps/escalations")

SPANS = (30, 90, 365)
_USUAL_SPAN = 90
# More are a report for a machine: ``kb-assist gaps report``.
_MOST_ROWS = 200


@blueprint.get("")
@require(Permission.GAPS_READ)
def page() -> str:
    services = current.services()
    days = request.args.get("days", _USUAL_SPAN, type=int)
    span = days if days in SPANS else _USUAL_SPAN
    with services.database.read() as connection:
        since = services.clock.now() - timedelta(days=span)
        found = escalations.of_window(connection, since, store.corrections(connection))
        shown = [one for one in found if _fits(one)][:_MOST_ROWS]
        tickets = tickets_store.many(connection, [one.ticket_id for one in shown])
        passages = passages_shown(connection, [one.ticket_id for one in shown])
        names = people(connection)
    involved = escalation_board.involved(found)
    return render_template(
        "gaps/escalations.html",
        span=span,
        spans=SPANS,
        shown=shown,
        tickets=tickets,
        passages=passages,
        people=names,
        labels=list(EscalationLabel),
        chosen=_label_asked(),
        whole=escalation_board.whole(found),
        corrected=sum(one.label is not one.computed for one in found),
        products=escalation_board.by(found, lambda one: one.product),
        groups=escalation_board.by(found, lambda one: names.group_name(one.group_id)),
        months=escalation_board.by_month(found),
        involved=[(article(name), count) for name, count in involved if article(name)],
        article=article,
    )


@blueprint.post("/<int:ticket_id>")
@require(Permission.GAPS_READ)
def correct(ticket_id: int) -> Response:
    """Somebody who was there knows better than the log."""
    label = request.form.get("label", "")
    if label not in set(EscalationLabel):
        raise InputError(_("The form is not readable."))
    with at_desk.opened() as desk:
        tickets_store.get(desk.connection, ticket_id)
        by = (desk.actor.name, desk.now)
        store.correct(desk.connection, ticket_id, EscalationLabel(label), by)
    flash(_("The label is corrected."))
    kept = {name: request.form[name] for name in ("days", "shown") if request.form.get(name)}
    there = url_for("escalations.page", **kept, _anchor=f"ticket-{ticket_id}")  # type: ignore[arg-type]
    return redirect(there, 303)


def _label_asked() -> str:
    asked = request.args.get("shown", "")
    return asked if asked in set(EscalationLabel) else ""


def _fits(one: Escalation) -> bool:
    return _label_asked() in ("", one.label.value)
