"""``/healthz``, ``/readyz`` and ``/metrics``, for operators and load balancers."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from kb_assist.correlation import surges_store
from kb_assist.edge import current, draining
from kb_assist.errors import DatabaseUnavailableError, KbError
from kb_assist.monitoring import outages_store, store

blueprint = Blueprint("health", __name__)
log = logging.getLogger(__name__)


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    """The process runs."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> tuple[dict[str, Any], int]:
    """Requests can be answered; says with which index, and what is worse than usual."""
    services = current.services()
    engine, node = services.engine, services.settings.node
    if draining.of(current_app).is_begun:
        return {"status": "stopping", "node": node}, 503
    try:
        searcher = engine.searcher()
    except KbError as error:
        return {
            "status": "unavailable",
            "node": node,
            "detail": error.message,
            "remedy": error.remedy,
        }, 503
    faults = [f.message for f in (engine.index_fault, engine.model_fault) if f is not None]
    return {
        "status": "degraded" if faults else "ready",
        "node": node,
        "index": searcher.snapshot.generation,
        "mode": searcher.mode.value,
        "faults": faults,
    }, 200


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus text format."""
    measured = current.metrics()
    services = current.services()
    measured.update_index(services.engine)
    try:
        with services.database.read() as connection:
            measured.update_tools(
                store.watched(connection),
                outages_store.open_ones(connection),
                surges=len(surges_store.shown(connection)),
            )
    except DatabaseUnavailableError as error:
        # The other figures are wanted most while the database is away.
        log.warning("The figures of tools are old: %s", error.message)
    return Response(generate_latest(measured.registry), content_type=CONTENT_TYPE_LATEST)
