"""Finds tickets that mean the same as those of an open outage or of a surge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from kb_assist.correlation import surges_store
from kb_assist.correlation.surges_store import Arrival, Surge
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.outage_model import Outage
from kb_assist.monitoring.surges import Floats, SurgeRules, belongs, circle
from kb_assist.tickets.model import Ticket
from kb_assist.tickets.suggest import Question, question

# The newest tickets of an outage or a surge say what it is about.
_MOST_LINKED = 8


Groups = Mapping[int, Sequence[Question]]
"""Tickets by the outage or surge that they belong to."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A ticket, and those of the open outages and the surges that it may be about."""

    asked: Question
    outages: Groups
    surges: Groups


@dataclass(frozen=True, slots=True)
class Resembled:
    outages: Mapping[int, float]
    """With the cosine."""
    surge: int | None
    """The nearest of them."""


def comparison(connection: Connection, ticket_id: int) -> Comparison | None:
    """What to compare a ticket with before a round has looked at it; None: with nothing.

    Raises NotFoundError.
    """
    standing = outages_store.open_ones(connection)
    surges = surges_store.standing(connection)
    if not standing and not surges:
        return None
    asked = question(connection, ticket_id)
    if not asked.ticket.is_open or outages_store.of_own_tickets(connection, [ticket_id]):
        return None
    made = Comparison(
        asked,
        _of_outages(connection, asked.ticket, standing),
        _of_surges(connection, asked.ticket, surges),
    )
    return made if made.outages or made.surges else None


def _of_outages(connection: Connection, ticket: Ticket, standing: Sequence[Outage]) -> Groups:
    known = surges_store.alike_outages(connection, ticket.id)
    linked: dict[int, Sequence[Question]] = {}
    for outage in standing:
        linked_to_it = outages_store.tickets_of(connection, outage.id)
        members = [key for key in linked_to_it if key != outage.ticket_id]
        early = ticket.created_at < outage.started_at - SurgeRules().window
        if early or outage.id in known or ticket.id in members:
            continue
        if len(members) >= SurgeRules().sizes[0] - 1:
            linked[outage.id] = _newest(connection, members)
    return linked


def _of_surges(connection: Connection, ticket: Ticket, surges: Sequence[Surge]) -> Groups:
    """None for a ticket that belongs to one, also where an outage speaks for it."""
    if any(ticket.id in one.tickets and one.dismissed_at is None for one in surges):
        return {}
    return {
        one.id: _newest(connection, one.tickets)
        for one in surges
        if one.is_shown and one.may_hold(ticket)
    }


def _newest(connection: Connection, members: Sequence[int]) -> Sequence[Question]:
    return [question(connection, key) for key in sorted(members)[-_MOST_LINKED:]]


def resembled(compared: Comparison, direction: Callable[[Question], Floats | None]) -> Resembled:
    """Outages whose tickets mean the same, and the surge.

    ``direction``: as in ``History``; None for a ticket whose meaning cannot be had right now.
    """
    own = direction(compared.asked)
    if own is None:
        return Resembled({}, None)
    surges = _near(own, compared.surges, direction)
    return Resembled(
        _near(own, compared.outages, direction),
        max(surges, key=surges.__getitem__) if surges else None,
    )


def note(connection: Connection, ticket_id: int, found: Resembled) -> None:
    """Keep what a ticket resembles; it belongs to its surge from then on."""
    for outage_id, cosine in found.outages.items():
        surges_store.resemble(connection, outage_id, {ticket_id: cosine})
    if found.surge is not None:
        surges_store.join(connection, found.surge, ticket_id)


def _near(
    own: Floats, groups: Groups, direction: Callable[[Question], Floats | None]
) -> dict[int, float]:
    found: dict[int, float] = {}
    for key, members in groups.items():
        known = [vector for vector in map(direction, members) if vector is not None]
        drawn = circle(np.stack(known)) if known else None
        if drawn is not None and belongs(own, *drawn):
            found[key] = float(own @ drawn[0])
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
