"""Finds tickets that mean the same as those of an open outage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from kb_assist.correlation import surges_store
from kb_assist.correlation.surges_store import Arrival
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.outage_model import Outage
from kb_assist.monitoring.surges import Floats, SurgeRules, belongs, circle


def find_alike(connection: Connection, known: Sequence[Arrival], vectors: Floats) -> None:
    """Keep which tickets resemble which open outage; ``vectors``: one centred row per ticket.

    Tickets that came before somebody noticed the outage are looked at as well.
    """
    for outage in outages_store.open_ones(connection):
        _keep(connection, outage, known, vectors)


def _keep(
    connection: Connection, outage: Outage, known: Sequence[Arrival], vectors: Floats
) -> None:
    linked = frozenset(outages_store.tickets_of(connection, outage.id))
    rows = [row for row, one in enumerate(known) if one.ticket_id in linked]
    found = circle(vectors[np.array(rows, dtype=np.int64)])
    if found is None:
        return
    centre, level = found
    since = outage.started_at - SurgeRules().window
    near = {
        one.ticket_id: float(vectors[row] @ centre)
        for row, one in enumerate(known)
        if one.at >= since and one.ticket_id not in linked and belongs(vectors[row], centre, level)
    }
    surges_store.resemble(connection, outage.id, near)
