"""The status of tools, and outages: what is down, since when, and the tickets that wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission
from kb_assist.correlation import outage_edit, outages, surges, surges_store
from kb_assist.correlation.outage_edit import Said
from kb_assist.correlation.outages import Texts
from kb_assist.edge import current
from kb_assist.edge import desk as at_desk
from kb_assist.edge.guards import require
from kb_assist.errors import InputError
from kb_assist.monitoring import configure, outages_store, store
from kb_assist.monitoring.outage_model import WATCH, Progress
from kb_assist.tickets import store as tickets_store
from kb_assist.tickets.records import store as records_store
from kb_assist.ui.resolved_words import resolved_words
from kb_assist.ui.status_board import read_board
from kb_assist.ui.ticket_view import Shown, is_fragment, render_work, toast_header

blueprint = Blueprint("status", __name__, url_prefix="/status")

_PAST = timedelta(days=90)


@blueprint.get("")
@require(Permission.STATUS_READ)
def board() -> str:
    services = current.services()
    now = services.clock.now()
    local = now.astimezone(ZoneInfo(services.settings.time_zone))
    with services.database.read() as connection:
        shown = read_board(connection, local, current.language())
        standing = outages_store.open_ones(connection)
        past = outages_store.ended(connection, now - _PAST)
        found = surges_store.shown(connection)
        waiting = outages.waiting(connection, (*standing, *past))
        causes = outages.causes(connection, standing)
    return render_template(
        "status/page.html",
        board=shown,
        standing=standing,
        past=past,
        surges=found,
        waiting=waiting,
        causes=causes,
    )


@blueprint.get("/outages/<int:outage_id>")
@require(Permission.STATUS_READ)
def outage(outage_id: int) -> str:
    return _page(outage_id)


@blueprint.get("/surges/<int:surge_id>")
@require(Permission.STATUS_READ)
def surge(surge_id: int) -> str:
    with current.services().database.read() as connection:
        found = surges_store.get(connection, surge_id)
        known = tickets_store.many(connection, found.tickets)
        standing = outages_store.open_ones(connection)
    return render_template(
        "status/surge.html", surge=found, tickets=list(known.values()), standing=standing
    )


@blueprint.post("/surges/<int:surge_id>/dismiss")
@require(Permission.STATUS_EDIT)
def dismiss_surge(surge_id: int) -> Response:
    with at_desk.opened() as desk:
        surges.dismiss(desk, surge_id)
    flash(_("Noted. The next one alike needs twice as many tickets."))
    return redirect(url_for("status.surge", surge_id=surge_id), 303)


@blueprint.post("/surges/<int:surge_id>/reinstate")
@require(Permission.STATUS_EDIT)
def reinstate_surge(surge_id: int) -> Response:
    """Undo the dismissal."""
    with at_desk.opened() as desk:
        surges.reinstate(desk, surge_id)
    flash(_("Noted. It is a surge again."))
    return redirect(url_for("status.surge", surge_id=surge_id), 303)


@blueprint.post("/surges/<int:surge_id>/outage")
@require(Permission.STATUS_EDIT)
def outage_of_surge(surge_id: int) -> Response:
    """A new outage with the selected tickets, or a known one where the form says so."""
    form = request.form
    known = form.get("outage_id", 0, type=int)
    with at_desk.opened() as desk:
        before = surges_store.locked(desk.connection, surge_id).outage_id
        if before is not None:
            # Somebody else was faster.
            flash(_("The surge belongs to an outage."))
            return redirect(url_for("status.outage", outage_id=before), 303)
        surges.choose(desk, surge_id, form.getlist("ticket", type=int))
        if "known" in form:
            surges.belongs_to(desk, surge_id, known)
        else:
            known = surges.open_outage(desk, surge_id).id
    return redirect(url_for("status.outage", outage_id=known), 303)


@blueprint.post("/surges/<int:surge_id>/alone")
@require(Permission.STATUS_EDIT)
def part_surge(surge_id: int) -> Response:
    """It does not belong to the outage that seemed to explain it."""
    with at_desk.opened() as desk:
        surges.stand_alone(desk, surge_id)
    return redirect(url_for("status.surge", surge_id=surge_id), 303)


@blueprint.post("/surges/<int:surge_id>/tickets/<int:ticket_id>")
@require(Permission.TICKET_WORK)
def join(surge_id: int, ticket_id: int) -> Any:
    with at_desk.opened() as desk:
        surges.join(desk, surge_id, ticket_id)
    return _ticket(ticket_id, _("The ticket belongs to the surge."))


@blueprint.post("/outages")
@require(Permission.STATUS_EDIT)
def report() -> Response:
    """An outage that no probe sees."""
    form = request.form
    with at_desk.opened() as desk:
        tool_id = form.get("tool_id", type=int)
        title, title_de = form.get("title", ""), form.get("title_de", "")
        made = outages.report(desk, title, _texts(), tool_id=tool_id, title_de=title_de)
    return redirect(url_for("status.outage", outage_id=made.id), 303)


@blueprint.post("/outages/<int:outage_id>")
@require(Permission.STATUS_EDIT)
def update(outage_id: int) -> Any:
    form = request.form
    if form.get("progress") not in set(Progress):
        raise InputError(_("The form is not readable."))
    titles = (form.get("title", ""), form.get("title_de", ""))
    has_titles = "title" in form or "title_de" in form
    said = Said(
        Progress(form["progress"]),
        _texts(),
        form.get("note", ""),
        titles if has_titles else None,
        form.get("tool_id", 0, type=int) if "tool_id" in form else None,
    )
    with at_desk.opened() as desk:
        done = outage_edit.edit(desk, outage_id, said, seen=form.get("seen"))
    if not done:
        return _page(outage_id, form, said), 409
    return _back(outage_id, _("Saved."))


@blueprint.post("/outages/<int:outage_id>/summary")
@require(Permission.STATUS_EDIT)
def summarise(outage_id: int) -> Any:
    form = request.form
    summary = form.get("summary", "").replace("\r\n", "\n")
    with at_desk.opened() as desk:
        done = outage_edit.summarise(desk, outage_id, summary, seen=form.get("seen"))
    if not done:
        return _page(outage_id, form), 409
    return _back(outage_id, _("Saved."))


@blueprint.post("/outages/<int:outage_id>/ticket")
@require(Permission.STATUS_EDIT)
def raise_ticket(outage_id: int) -> Response:
    """The outage's own ticket; the linked ones become its children."""
    with at_desk.opened() as desk:
        ticket = outages.raise_ticket(desk, outage_id, language=current.language())
    return redirect(url_for("tickets.show", ticket_id=ticket.id), 303)


@blueprint.post("/outages/<int:outage_id>/resolve")
@require(Permission.STATUS_EDIT, Permission.TICKET_CLOSE)
def resolve(outage_id: int) -> Response:
    """End it and answer everybody who waits."""
    with at_desk.opened() as desk:
        done = outages.resolve(desk, outage_id, _texts(), note=request.form.get("note", ""))
    return _back(outage_id, resolved_words(done))


@blueprint.post("/outages/<int:outage_id>/tickets/<int:ticket_id>")
@require(Permission.TICKET_WORK)
def link(outage_id: int, ticket_id: int) -> Any:
    with at_desk.opened() as desk:
        outages.link(desk, outage_id, ticket_id)
    return _ticket(ticket_id, _("The ticket belongs to the outage."))


@blueprint.post("/outages/<int:outage_id>/tickets/<int:ticket_id>/remove")
@require(Permission.TICKET_WORK)
def unlink(outage_id: int, ticket_id: int) -> Any:
    with at_desk.opened() as desk:
        outages.unlink(desk, outage_id, ticket_id)
    return _ticket(ticket_id, _("The link is removed."))


def _page(
    outage_id: int, kept: Mapping[str, str] = MappingProxyType({}), unsaid: Said | None = None
) -> str:
    """``kept``: what somebody typed who did not see the newest change, ``unsaid``: how it goes."""
    with current.services().database.read() as connection:
        found = outages_store.get(connection, outage_id)
        linked = outages_store.tickets_of(connection, outage_id)
        known = tickets_store.many(connection, linked)
        stored = configure.found(connection, found.tool_id) if found.tool_id else None
        tool = stored.watched if stored else None
        values = {
            "outage": found,
            "tool": tool,
            "is_watched": stored is not None and stored.active,
            "tools": store.watched(connection) if found.source != WATCH else (),
            "items": records_store.ids_of(connection, "cis", tool.tool.cis if tool else ()),
            "cause": outages_store.get(connection, found.cause_id) if found.cause_id else None,
            "events": outages_store.events(connection, outage_id),
            "surges": surges_store.of_outage(connection, outage_id),
            "tickets": [known[key] for key in linked if key in known],
            "version": outage_edit.version(found),
            "kept": kept,
            "changed": outage_edit.differing(found, unsaid) if unsaid else frozenset(),
        }
    return render_template("status/outage.html", **values, progresses=list(Progress)[:-1])


def _texts() -> Texts:
    de, en = request.form.get("text_de", ""), request.form.get("text_en", "")
    return Texts(de.replace("\r\n", "\n"), en.replace("\r\n", "\n"))


def _back(outage_id: int, message: str) -> Response:
    flash(message)
    return redirect(url_for("status.outage", outage_id=outage_id), 303)


def _ticket(ticket_id: int, message: str) -> Any:
    if is_fragment():
        return render_work(ticket_id, Shown()), 200, toast_header(message)
    flash(message)
    return redirect(url_for("tickets.show", ticket_id=ticket_id), 303)
