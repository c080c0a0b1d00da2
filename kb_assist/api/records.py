"""``/api/v1/clients`` and ``/api/v1/cis``: search, read, import."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, Field

from kb_assist.api.schemas import Problem
from kb_assist.api.ticket_schemas import Anything, Id, RecordList, Request, TypedQuery
from kb_assist.auth.model import Permission
from kb_assist.edge import current, desk
from kb_assist.edge.guards import require
from kb_assist.edge.present_tickets import ci_json, client_json, ticket_json
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.importing import apply_import, plan_import
from kb_assist.tickets.records.model import ImportPlan

MAX_CSV_CHARACTERS = 10_000_000

blueprint = APIBlueprint(
    "api_records",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="Records", description="Clients and configuration items.")],
    abp_security=[{"token": []}],
    abp_responses={401: Problem, 403: Problem, 404: Problem, 422: Problem, 503: Problem},
)


class RecordPath(BaseModel):
    record_id: Id


class KindPath(BaseModel):
    kind: Literal["clients", "cis"]


class ImportRequest(Request):
    csv: Annotated[str, Field(max_length=MAX_CSV_CHARACTERS, examples=["key,name\nNB-1,Notebook"])]
    dry_run: bool = Field(True, description="Only say what would change.")


@blueprint.get("/clients", responses={200: RecordList}, summary="Search clients as you type")
@require(Permission.RECORDS_READ)
def search_clients(query: TypedQuery) -> dict[str, Any]:
    """Every word begins a word of the record."""
    with current.services().database.read() as connection:
        found = records_store.search_clients(connection, query.q, limit=query.limit)
    return {"records": [client_json(client) for client in found]}


@blueprint.get("/clients/<int:record_id>", responses={200: Anything}, summary="Get a client")
@require(Permission.RECORDS_READ)
def get_client(path: RecordPath) -> dict[str, Any]:
    """With their recent tickets."""
    services = current.services()
    with services.database.read() as connection:
        client = records_store.client(connection, path.record_id)
        recent = records_store.recent_tickets_of_client(connection, path.record_id)
    now = services.clock.now()
    return client_json(client) | {"recent_tickets": [ticket_json(t, now) for t in recent]}


@blueprint.get("/cis", responses={200: RecordList}, summary="Search items as you type")
@require(Permission.RECORDS_READ)
def search_cis(query: TypedQuery) -> dict[str, Any]:
    """Those in use first."""
    with current.services().database.read() as connection:
        found = records_store.search_cis(connection, query.q, limit=query.limit)
    return {"records": [ci_json(ci) for ci in found]}


@blueprint.get("/cis/<int:record_id>", responses={200: Anything}, summary="Get an item")
@require(Permission.RECORDS_READ)
def get_ci(path: RecordPath) -> dict[str, Any]:
    """With its recent tickets."""
    services = current.services()
    with services.database.read() as connection:
        ci = records_store.get_ci(connection, path.record_id)
        recent = records_store.recent_tickets_of_ci(connection, path.record_id)
    now = services.clock.now()
    return ci_json(ci) | {"recent_tickets": [ticket_json(t, now) for t in recent]}


@blueprint.post("/<string:kind>/import", responses={200: Anything}, summary="Import records")
@require(Permission.RECORDS_IMPORT)
def import_records(path: KindPath, body: ImportRequest) -> dict[str, Any]:
    """Says what is created, changed (field by field), unchanged and rejected."""
    with desk.opened() as opened:
        plan = plan_import(opened, path.kind, body.csv)
        if not body.dry_run:
            apply_import(opened, plan)
    return plan_json(plan) | {"applied": not body.dry_run}


def plan_json(plan: ImportPlan) -> dict[str, Any]:
    return {
        "created": list(plan.created),
        "changed": [
            {
                "key": one.key,
                "changes": [
                    {"field": c.field, "before": c.before, "after": c.after} for c in one.changes
                ],
            }
            for one in plan.changed
        ],
        "unchanged": plan.unchanged,
        "rejected": [{"line": one.line, "reason": one.reason} for one in plan.rejected],
    }
