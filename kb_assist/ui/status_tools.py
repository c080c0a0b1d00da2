"""The tools that are watched, and the form for those that are kept in the database."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge import desk as at_desk
from kb_assist.edge.errors import in_readers_language
from kb_assist.edge.guards import require
from kb_assist.monitoring import configure, outages_store, store
from kb_assist.monitoring.definition import FaultyToolError
from kb_assist.monitoring.grouping import in_order
from kb_assist.monitoring.model import Follow, Kind, Tool
from kb_assist.monitoring.store import Stored
from kb_assist.tickets.records import store as records_store
from kb_assist.ui.status_board import read_board

blueprint = Blueprint("status_tools", __name__, url_prefix="/status/tools")

# Fields whose text is a list: one entry a line, or parted by commas where no entry has one.
_LISTS = ("status", "addresses", "depends_on", "cis", "maintenance")
_NUMBERS = ("tls_days", "interval", "timeout", "retries")
_WORDS = ("key", "name", "name_de", "group", "kind", "target", "body", "follow", "article")


@blueprint.get("")
@require(Permission.STATUS_READ)
def listing() -> str:
    with current.services().database.read() as connection:
        found = store.stored(connection)
    return render_template("status/tools.html", tools=sorted(found, key=_place))


@blueprint.get("/new")
@require(Permission.STATUS_EDIT)
def new() -> str:
    return _form(
        {"kind": "http", "status": "200", "interval": "60", "timeout": "5", "retries": "1"}
    )


@blueprint.get("/<int:tool_id>")
@require(Permission.STATUS_READ)
def show(tool_id: int) -> str:
    facts = _facts(tool_id)
    return _form(_written(facts["found"].watched.tool), **facts)


@blueprint.post("")
@require(Permission.STATUS_EDIT)
def add() -> Any:
    try:
        with at_desk.opened() as desk:
            values = _values(request.form)
            configure.add_tool(desk.connection, values, by=desk.actor.name, now=desk.now)
    except FaultyToolError as error:
        return _form(request.form, faults=_by_field(error)), 422
    flash(_("The tool is watched from the next round on."))
    return redirect(url_for("status_tools.listing"), 303)


@blueprint.post("/<int:tool_id>")
@require(Permission.STATUS_EDIT)
def change(tool_id: int) -> Any:
    try:
        with at_desk.opened() as desk:
            values, by = _values(request.form), desk.actor.name
            configure.change_tool(desk.connection, tool_id, values, by=by, now=desk.now)
    except FaultyToolError as error:
        return _form(request.form, **_facts(tool_id), faults=_by_field(error)), 422
    flash(_("Saved."))
    return redirect(url_for("status_tools.show", tool_id=tool_id), 303)


@blueprint.post("/<int:tool_id>/switch")
@require(Permission.STATUS_EDIT)
def switch(tool_id: int) -> Response:
    with at_desk.opened() as desk:
        active, by = request.form.get("active") == "yes", desk.actor.name
        configure.switch_tool(desk.connection, tool_id, active=active, by=by, now=desk.now)
    flash(_("The tool is watched again.") if active else _("The tool is no longer watched."))
    return redirect(url_for("status_tools.listing"), 303)


def _place(one: Stored) -> tuple[str, str]:
    tool = one.watched.tool
    return in_order(tool.group), in_order(tool.named(current.language()))


def _facts(tool_id: int) -> dict[str, Any]:
    """What is known about a tool besides its definition. Raises NotFoundError."""
    services = current.services()
    zone = ZoneInfo(services.settings.time_zone)
    with services.database.read() as connection:
        found = configure.found(connection, tool_id)
        now = services.clock.now().astimezone(zone)
        board = read_board(connection, now, current.language())
        return {
            "found": found,
            "changes": store.changes(connection, tool_id),
            "line": next((one for one in board.lines if one.watched.id == tool_id), None),
            "beneath": [
                one.watched
                for one in board.lines
                if one.watched.tool.key in found.watched.tool.depends_on
            ],
            "items": records_store.ids_of(connection, "cis", found.watched.tool.cis),
            "outages": outages_store.of_tool(connection, tool_id),
        }


def _form(values: Any, **shown: Any) -> str:
    defaults: dict[str, Any] = {"found": None, "changes": (), "line": None, "faults": {}}
    return render_template(
        "status/tool.html",
        values=values,
        kinds=list(Kind),
        follows=list(Follow),
        **defaults | shown,
    )


def _by_field(error: FaultyToolError) -> dict[str, list[str]]:
    """In the reader's language, to stand beside what has to be changed."""
    found: dict[str, list[str]] = {}
    for fault in error.faults:
        found.setdefault(fault.field, []).append(in_readers_language(fault.words))
    return found


def _values(form: MultiDict[str, str]) -> dict[str, Any]:
    """As the file would say it; what is empty is left to its default."""
    values: dict[str, Any] = {name: form.get(name, "").strip() for name in (*_WORDS, *_NUMBERS)}
    values |= {name: _entries(form.get(name, "")) for name in _LISTS}
    kept = {name: value for name, value in values.items() if value not in ("", [])}
    return kept | {"paused": "paused" in form}


def _entries(text: str) -> list[str]:
    return [part.strip() for line in text.splitlines() for part in line.split(",") if part.strip()]


def _written(tool: Tool) -> dict[str, Any]:
    """The fields of the form."""
    expected = tool.expected
    lists = {
        "status": [str(one) for one in expected.status],
        "addresses": expected.addresses,
        "depends_on": tool.depends_on,
        "cis": tool.cis,
    }
    return {name: ", ".join(entries) for name, entries in lists.items()} | {
        "key": tool.key,
        "name": tool.name,
        "name_de": tool.name_de,
        "group": tool.group,
        "kind": tool.kind.value,
        "target": tool.target,
        "body": expected.body,
        "tls_days": expected.tls_days,
        "interval": tool.interval_seconds,
        "timeout": tool.timeout_seconds,
        "retries": tool.retries,
        "follow": tool.follow.value,
        "article": tool.article,
        "maintenance": "\n".join(tool.maintenance),
        "paused": "on" if tool.paused else "",
    }
