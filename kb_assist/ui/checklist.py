"""The morning checklist: today's lines with their ticks, and past days to read."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission
from kb_assist.correlation import checklist
from kb_assist.correlation.checklist_ticket import raise_ticket
from kb_assist.edge import current
from kb_assist.edge import desk as at_desk
from kb_assist.edge.guards import require
from kb_assist.errors import InputError, NotFoundError
from kb_assist.monitoring import checklist_store
from kb_assist.monitoring.checklist_store import TickState

blueprint = Blueprint("checklist", __name__, url_prefix="/status/checklist")


@blueprint.get("")
@require(Permission.STATUS_READ)
def today() -> str:
    return _page()


@blueprint.get("/<day>")
@require(Permission.STATUS_READ)
def past_day(day: str) -> str:
    try:
        wanted = date.fromisoformat(day)
    except ValueError as error:
        raise InputError(_("That is no day.")) from error
    with current.services().database.read() as connection:
        ticks = list(checklist_store.ticks(connection, wanted).values())
    return render_template("status/checklist_day.html", day=wanted, ticks=ticks)


@blueprint.post("")
@require(Permission.STATUS_EDIT)
def tick() -> Any:
    """Looks good, is a problem, or is a problem with a ticket.

    409 with the list as it is now, and what was typed, when the line has gone meanwhile.
    """
    form = request.form
    wanted, key = form.get("state", ""), form.get("key", "")
    if wanted not in {*TickState, "ticket"}:
        raise InputError(_("The form is not readable."))
    note = form.get("note", "").replace("\r\n", "\n")
    try:
        _tick(key, wanted, note)
    except NotFoundError:
        return _page(gone=True, note=note), 409
    return redirect(url_for("checklist.today") + f"#{key.replace(':', '-')}", 303)


@blueprint.post("/items")
@require(Permission.STATUS_EDIT)
def add_item() -> Response:
    form = request.form
    with at_desk.opened() as desk:
        texts = (form.get("text_de", ""), form.get("text_en", ""))
        checklist.add_item(desk, texts, form.get("group", ""))
    return redirect(url_for("checklist.today"), 303)


@blueprint.post("/items/<int:item_id>/remove")
@require(Permission.STATUS_EDIT)
def remove_item(item_id: int) -> Response:
    with at_desk.opened() as desk:
        checklist.remove_item(desk, item_id)
    flash(_("The line is gone. What was ticked stays."))
    return redirect(url_for("checklist.today"), 303)


def _tick(key: str, wanted: str, note: str) -> None:
    """Raises NotFoundError."""
    language = current.language()
    with at_desk.opened() as desk:
        entry = checklist.entry_of(checklist.today(desk, _zone(), language), key)
        if wanted == "ticket":
            ticket = raise_ticket(desk, entry, note=note, day=_day(), language=language)
            flash(_("%(number)s is opened.", number=ticket.number))
        else:
            checklist.tick(desk, entry, TickState(wanted), note=note, day=_day())


def _page(**shown: Any) -> str:
    with at_desk.opened() as desk:
        found = checklist.today(desk, _zone(), current.language())
        past = checklist_store.days(desk.connection, _day())
    return render_template("status/checklist.html", checklist=found, past=past, day=_day(), **shown)


def _zone() -> ZoneInfo:
    return ZoneInfo(current.services().settings.time_zone)


def _day() -> date:
    return current.services().clock.now().astimezone(_zone()).date()
