"""Looks at new tickets for surges, and what people do with one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import numpy as np

from kb_assist.correlation import outages, surges_store
from kb_assist.correlation.outages import Texts
from kb_assist.correlation.surges_store import Arrival, Surge
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.outage_model import Outage
from kb_assist.monitoring.surges import Floats, Found, History, Lesson, belongs, detect, stage
from kb_assist.tickets import store
from kb_assist.tickets.desk import Desk

KEPT = timedelta(days=90)
# The prior mean of a language counts as much as this many tickets, as for similar tickets.
_PRIOR_TICKETS = 20.0
Prior = Callable[[str], Floats]
"""The expected mean of a language."""


def look(
    desk: Desk, model_key: str, fresh: Sequence[Arrival], prior: Prior
) -> tuple[tuple[Surge, ...], int]:
    """Keep new tickets and look for surges that they complete; new surges, and tickets looked at.

    Every surge's stage follows, also when there is no new ticket.
    """
    connection = desk.connection
    surges_store.forget(connection, model_key, desk.now - KEPT)
    kept = frozenset(surges_store.keep(connection, model_key, fresh))
    known = surges_store.arrivals(connection, model_key) if kept else ()
    found = _detected(desk, model_key, known, kept, prior) if known else []
    for one in surges_store.standing(connection):
        reached = stage(surges_store.moments(connection, one.id), desk.now)
        if reached is not one.stage:
            surges_store.change(connection, one.id, {"stage": reached.value})
    return tuple(surges_store.get(connection, key) for key in found), len(kept)


def dismiss(desk: Desk, surge_id: int) -> None:
    """It is none; the next one alike needs twice as many tickets. Raises NotFoundError."""
    surges_store.get(desk.connection, surge_id)
    surges_store.change(desk.connection, surge_id, {"dismissed_at": desk.now})


def open_outage(desk: Desk, surge_id: int) -> Outage:
    """An outage with all its open tickets; the one it has when it has one."""
    found = surges_store.get(desk.connection, surge_id)
    if found.outage_id is not None:
        return outages_store.get(desk.connection, found.outage_id)
    outage = outages.report(desk, found.title[:300], Texts())
    members = store.many(desk.connection, found.tickets)
    for key in found.tickets:
        if key in members and members[key].is_open:
            outages.link(desk, outage.id, key)
    surges_store.change(desk.connection, surge_id, {"outage_id": outage.id})
    return outage


def centred(arrivals: Sequence[Arrival], prior: Prior) -> Floats:
    """Directions from the mean of each language, one row each."""
    matrix = np.stack([one.vector for one in arrivals])
    languages = np.array([one.language for one in arrivals])
    for language in sorted(set(languages.tolist())):
        own = languages == language
        total = matrix[own].sum(axis=0) + _PRIOR_TICKETS * prior(language)
        matrix[own] -= total / (np.count_nonzero(own) + _PRIOR_TICKETS)
    lengths = np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
    directions: Floats = (matrix / lengths).astype(np.float32)
    return directions


def _detected(
    desk: Desk, model_key: str, known: Sequence[Arrival], fresh: frozenset[int], prior: Prior
) -> list[int]:
    connection = desk.connection
    vectors = centred(known, prior)
    history = History(
        np.array([one.ticket_id for one in known], dtype=np.int64),
        np.array([one.at.timestamp() for one in known]),
        vectors,
    )
    lessons = [
        Lesson(one.centre, len(one.tickets))
        for one in surges_store.dismissed(connection, model_key, desk.now - KEPT)
    ]
    # Tickets of a known outage are no news.
    explained = outages_store.linked_ids(connection, list(fresh))
    found: list[int] = []
    for row, one in enumerate(known):
        if one.ticket_id not in fresh or one.ticket_id in explained:
            continue
        if _joined(desk, model_key, one, vectors[row]):
            continue
        surge = detect(history, (one.ticket_id, one.at, vectors[row]), lessons)
        if surge is not None:
            title = _title(desk, surge, known, vectors)
            found.append(surges_store.add(connection, model_key, title, surge))
    return found


def _joined(desk: Desk, model_key: str, one: Arrival, vector: Floats) -> bool:
    """Whether the ticket belongs to a surge that stands already."""
    for surge in surges_store.standing(desk.connection, model_key):
        if surge.dismissed_at is None and _in_time(surge, one.at) and belongs(vector, surge.centre):
            surges_store.join(desk.connection, surge.id, one.ticket_id)
            return True
    return False


def _in_time(surge: Surge, at: datetime) -> bool:
    return at >= surge.started_at


def _title(desk: Desk, surge: Found, known: Sequence[Arrival], vectors: Floats) -> str:
    """The subject of the ticket that is most like all of them."""
    rows = [row for row, one in enumerate(known) if one.ticket_id in surge.ids]
    typical = max(rows, key=lambda row: float(vectors[row] @ surge.centre))
    return store.get(desk.connection, known[typical].ticket_id).subject
