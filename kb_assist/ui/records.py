"""Pages of clients and configuration items, and finding them while somebody types."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template, request

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.errors import NotFoundError
from kb_assist.tickets.records import store as records_store
from kb_assist.ui.people import people

blueprint = Blueprint("records", __name__, url_prefix="/records")

_TICKETS_SHOWN = 20


@blueprint.get("/find/<kind>")
@require(Permission.RECORDS_READ)
def find(kind: str) -> Any:
    """The first ten that fit, as ``value`` and ``label`` for a field's list."""
    typed = request.args.get("q", "").strip()
    if kind not in ("clients", "cis"):
        raise NotFoundError(kind)
    if not typed:
        return jsonify([])
    with current.services().database.read() as connection:
        if kind == "clients":
            found = records_store.search_clients(connection, typed)
            return jsonify([_choice(c.email or c.key, c.name, c.site) for c in found])
        items = records_store.search_cis(connection, typed)
    return jsonify([_choice(ci.key, ci.name, ci.model, ci.site) for ci in items])


@blueprint.get("/clients/<int:client_id>")
@require(Permission.RECORDS_READ)
def client(client_id: int) -> str:
    with current.services().database.read() as connection:
        found = records_store.client(connection, client_id)
        organisation = (
            records_store.client(connection, found.organisation_id)
            if found.organisation_id is not None
            else None
        )
        recent = records_store.recent_tickets_of_client(connection, client_id, limit=_TICKETS_SHOWN)
    return render_template(
        "records/client.html", client=found, organisation=organisation, recent=recent
    )


@blueprint.get("/cis/<int:ci_id>")
@require(Permission.RECORDS_READ)
def ci(ci_id: int) -> str:
    with current.services().database.read() as connection:
        found = records_store.get_ci(connection, ci_id)
        owner = (
            records_store.client(connection, found.owner_id) if found.owner_id is not None else None
        )
        recent = records_store.recent_tickets_of_ci(connection, ci_id, limit=_TICKETS_SHOWN)
        names = people(connection)
    return render_template("records/ci.html", ci=found, owner=owner, recent=recent, people=names)


def _choice(value: str, *parts: str) -> dict[str, str]:
    return {"value": value, "label": " · ".join(part for part in parts if part)}
