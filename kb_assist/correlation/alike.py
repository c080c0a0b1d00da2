"""Finds tickets that mean the same as those of an open outage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from kb_assist.correlation import surges_store
from kb_assist.correlation.surges_store import Arrival
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.outage_model import Outage
from kb_assist.monitoring.surges import Floats, SurgeRules, belongs, circle
from kb_assist.tickets.suggest import Question, question

# The newest tickets of an outage say what it is about.
_MOST_LINKED = 8


@dataclass(frozen=True, slots=True)
class Comparison:
    """A ticket, and those of the open outages that it may be about."""

    asked: Question
    linked: Mapping[int, Sequence[Question]]
    """By outage."""


def comparison(connection: Connection, ticket_id: int) -> Comparison | None:
    """What to compare a ticket with before a round has looked at it; None: with nothing.

    Raises NotFoundError.
    """
    standing = outages_store.open_ones(connection)
    if not standing:
        return None
    asked = question(connection, ticket_id)
    known = surges_store.alike_outages(connection, ticket_id)
    linked: dict[int, list[Question]] = {}
    for outage in standing:
        members = outages_store.tickets_of(connection, outage.id)
        early = asked.ticket.created_at < outage.started_at - SurgeRules().window
        if early or outage.id in known or ticket_id in members:
            continue
        if len(members) >= SurgeRules().sizes[0] - 1:
            newest = sorted(members)[-_MOST_LINKED:]
            linked[outage.id] = [question(connection, key) for key in newest]
    return Comparison(asked, linked) if linked and asked.ticket.is_open else None


def resembled(
    compared: Comparison, direction: Callable[[Question], Floats | None]
) -> dict[int, float]:
    """Outages whose tickets mean the same, with the cosine.

    ``direction``: as in ``History``; None for a ticket whose meaning cannot be had right now.
    """
    own = direction(compared.asked)
    found: dict[int, float] = {}
    if own is None:
        return found
    for outage_id, members in compared.linked.items():
        known = [vector for vector in map(direction, members) if vector is not None]
        drawn = circle(np.stack(known)) if known else None
        if drawn is not None and belongs(own, *drawn):
            found[outage_id] = float(own @ drawn[0])
    return found


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
