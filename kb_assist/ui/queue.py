"""The queue: views that everybody has, filters of one's own, changes to many tickets at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission
from kb_assist.edge import current, moves
from kb_assist.edge import desk as at_desk
from kb_assist.edge.guards import require
from kb_assist.errors import InputError
from kb_assist.tickets import bulk, queue
from kb_assist.tickets.lifecycle import Command, Refusal, Refused, Verb
from kb_assist.tickets.model import Priority, Saved, State
from kb_assist.tickets.queue_model import Order, QueueQuery, View
from kb_assist.ui.people import people

blueprint = Blueprint("queue", __name__, url_prefix="/queue")

_FIELDS = (
    "states",
    "priorities",
    "levels",
    "group_id",
    "assignee_id",
    "client_id",
    "ci_id",
    "text",
    "order",
)
_LISTS = frozenset({"states", "priorities", "levels"})


@blueprint.get("")
@require(Permission.TICKET_READ)
def page() -> str:
    """A view narrowed by filters; every state of the page has an address."""
    query = _query(request.args)
    who = at_desk.viewer()
    with current.services().database.read() as connection:
        found = queue.look(connection, query, viewer=who, cursor=request.args.get("cursor") or None)
        counts = queue.counts(connection, who)
        saved = queue.saved_filters(connection, who.user_id or 0)
        names = people(connection)
    return render_template(
        "queue/page.html",
        query=query,
        page=found,
        counts=counts,
        saved=saved,
        people=names,
        views=list(View),
        states=list(State),
        priorities=list(Priority),
        orders=list(Order),
        next_page=queue_address(query, found.next_cursor) if found.next_cursor else None,
        narrowed=query != QueueQuery(view=query.view),
        plain=queue_values(query),
    )


@blueprint.post("/filters")
@require(Permission.TICKET_READ)
def save_filter() -> Response:
    query = _query(request.form)
    user = current.signed_in_user()
    with current.services().database.write() as connection:
        queue.save_filter(connection, user.id, request.form.get("name", ""), query)
    flash(_("The filter is kept."))
    return redirect(queue_address(query), 303)


@blueprint.post("/filters/<int:filter_id>/delete")
@require(Permission.TICKET_READ)
def forget_filter(filter_id: int) -> Response:
    user = current.signed_in_user()
    with current.services().database.write() as connection:
        queue.forget_filter(connection, user.id, filter_id)
    flash(_("The filter is deleted."))
    return redirect(url_for("queue.page"), 303)


@blueprint.post("/bulk")
@require(Permission.TICKET_READ, Permission.BULK)
def change_many() -> Response:
    """Assign or close the selected tickets; each one succeeds or is refused by itself."""
    chosen = [_chosen(value) for value in request.form.getlist("ticket")]
    if not chosen:
        raise InputError(_("No ticket is selected."))
    results, _followed = moves.move_all(chosen, _command())
    done = sum(isinstance(result.outcome, Saved) for result in results)
    flash(ngettext("%(num)s ticket changed.", "%(num)s tickets changed.", done))
    waiting = sum(_needs_hand_over(result) for result in results)
    if waiting:
        flash(
            ngettext(
                "%(num)s ticket goes to the third level with a dossier only: hand it over.",
                "%(num)s tickets go to the third level with a dossier only: hand them over.",
                waiting,
            )
        )
    if done + waiting < len(results):
        left = len(results) - done - waiting
        flash(
            ngettext(
                "%(num)s ticket could not be changed: its state does not allow it, or somebody"
                " changed it meanwhile.",
                "%(num)s tickets could not be changed: their state does not allow it, or somebody"
                " changed them meanwhile.",
                left,
            )
        )
    return redirect(queue_address(_query(request.form)), 303)


def _needs_hand_over(result: bulk.Result) -> bool:
    outcome = result.outcome
    return isinstance(outcome, Refused) and outcome.code is Refusal.NEEDS_HAND_OVER


def _chosen(value: str) -> bulk.Chosen:
    """``17:4``: ticket 17 as seen in version 4."""
    ticket, _separator, version = value.partition(":")
    if not (ticket.isdigit() and version.isdigit()):
        raise InputError(_("The selection is not readable."))
    return bulk.Chosen(int(ticket), int(version))


def _command() -> Command:
    note = request.form.get("reason", "")
    if request.form.get("verb") == Verb.CLOSE.value:
        return Command(Verb.CLOSE, reason=note)
    return Command(
        Verb.ASSIGN,
        group_id=request.form.get("to_group", type=int),
        assignee_id=request.form.get("to_person", type=int),
        reason=note,
    )


def _query(given: MultiDict[str, str]) -> QueueQuery:
    """What the address or form asks for; unreadable parts raise InputError."""
    values: dict[str, Any] = {"view": given.get("view") or View.OPEN.value}
    for name in _FIELDS:
        found = [value for value in given.getlist(name) if value]
        if found:
            values[name] = found if name in _LISTS else found[0]
    return queue.parse_query(values)


def queue_values(query: QueueQuery) -> list[tuple[str, str]]:
    """A query as form fields, defaults left out."""
    pairs = [("view", query.view.value)]
    for name in _FIELDS:
        value = getattr(query, name)
        if value != getattr(QueueQuery(), name):
            several = value if isinstance(value, tuple) else (value,)
            pairs += [(name, str(getattr(one, "value", one))) for one in several]
    return pairs


def queue_address(query: QueueQuery, cursor: str | None = None) -> str:
    pairs: dict[str, Any] = {}
    for name, value in queue_values(query):
        pairs.setdefault(name, []).append(value)
    return url_for("queue.page", **pairs, cursor=cursor)
