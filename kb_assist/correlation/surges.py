"""Looks at new tickets for surges, and what people do with one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from sqlalchemy import Connection

from kb_assist.correlation import outages, surges_store
from kb_assist.correlation.alike import find_alike
from kb_assist.correlation.explained import explain
from kb_assist.correlation.outages import Texts
from kb_assist.correlation.surge_growth import look_again, tell
from kb_assist.correlation.surges_store import Arrival, Surge
from kb_assist.errors import N_, InputError
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.outage_model import Outage
from kb_assist.monitoring.surges import (
    Floats,
    History,
    Lesson,
    SurgeRules,
    belongs,
    detect,
    newest_rows,
    stage,
)
from kb_assist.redaction import redact
from kb_assist.tickets import store
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import Ticket

KEPT = timedelta(days=90)
# The prior mean of a language counts as much as this many tickets, as for similar tickets.
_PRIOR_TICKETS = 20.0


@dataclass(frozen=True, slots=True)
class Space:
    """Where a model puts tickets."""

    key: str
    """Equal keys, comparable vectors."""
    prior: Callable[[str], Floats]
    """The expected mean of a language."""


def look(desk: Desk, space: Space, fresh: Sequence[Arrival]) -> tuple[tuple[Surge, ...], int]:
    """Keep new tickets and look for surges that they complete; new surges, and tickets looked at.

    Every surge's stage follows, also when there is no new ticket.
    """
    connection = desk.connection
    surges_store.forget(connection, space.key, desk.now - KEPT)
    kept = frozenset(surges_store.keep(connection, space.key, fresh))
    known = surges_store.arrivals(connection, space.key) if kept else ()
    found: list[int] = []
    if known:
        vectors = centred(known, space)
        history = History(
            np.array([one.ticket_id for one in known], dtype=np.int64),
            np.array([one.at.timestamp() for one in known]),
            vectors,
        )
        found = _detected(desk, space.key, (known, history), kept)
        found += look_again(connection, space.key, history, kept)
        for surge_id in found:
            explain(connection, surge_id)
        find_alike(connection, known, vectors)
    for one in surges_store.standing(connection):
        reached = stage(surges_store.moments(connection, one.id), desk.now)
        if reached is not one.stage:
            surges_store.change(connection, one.id, {"stage": reached.value})
    made = tuple(surges_store.get(connection, key) for key in found)
    return tuple(one for one in made if one.is_shown), len(kept)


def dismiss(desk: Desk, surge_id: int) -> None:
    """It is none; the next one alike needs twice as many tickets.

    Raises NotFoundError, and InputError where it belongs to an outage.
    """
    if surges_store.get(desk.connection, surge_id).outage_id is not None:
        raise InputError(N_("The surge belongs to an outage."))
    surges_store.change(desk.connection, surge_id, {"dismissed_at": desk.now})


def reinstate(desk: Desk, surge_id: int) -> None:
    """It is one after all, and teaches nothing. Raises NotFoundError."""
    surges_store.get(desk.connection, surge_id)
    surges_store.change(desk.connection, surge_id, {"dismissed_at": None})


def choose(desk: Desk, surge_id: int, chosen: Collection[int]) -> None:
    """Of its open tickets only these belong together. Raises NotFoundError, InputError for none."""
    waiting = {one.id for one in _waiting(desk, surges_store.get(desk.connection, surge_id))}
    if waiting.isdisjoint(chosen):
        raise InputError(N_("No ticket is selected."))
    surges_store.leave(desk.connection, surge_id, sorted(waiting - set(chosen)))


def join(desk: Desk, surge_id: int, ticket_id: int) -> None:
    """Somebody says that a ticket is about the same. Raises NotFoundError."""
    surges_store.get(desk.connection, surge_id)
    store.get(desk.connection, ticket_id)
    surges_store.join(desk.connection, surge_id, ticket_id)


def open_outage(desk: Desk, surge_id: int) -> Outage:
    """An outage with all its open tickets, called by what they share; the one it has when it has
    one."""
    found = surges_store.locked(desk.connection, surge_id)
    if found.outage_id is not None:
        return outages_store.get(desk.connection, found.outage_id)
    # Everybody reads it; a surge of before may have the very words of a requester.
    people = [one.requester_name for one in store.many(desk.connection, found.tickets).values()]
    title = redact(found.words or found.title, names=people).text
    outage = outages.report(desk, title, Texts(), began=found.started_at)
    belongs_to(desk, surge_id, outage.id)
    return outage


def stand_alone(desk: Desk, surge_id: int) -> None:
    """No outage explains it after all; its tickets stay linked. Raises NotFoundError."""
    surges_store.get(desk.connection, surge_id)
    surges_store.change(desk.connection, surge_id, {"outage_id": None})


def belongs_to(desk: Desk, surge_id: int, outage_id: int) -> None:
    """A known outage explains it, with all its open tickets.

    Raises NotFoundError, and InputError where the outage is over.
    """
    found = surges_store.get(desk.connection, surge_id)
    outage = outages_store.get(desk.connection, outage_id)
    if not outage.is_open:
        raise InputError(N_("The outage is over."))
    for ticket in _waiting(desk, found):
        outages.link(desk, outage.id, ticket.id)
    # Whoever said that it is none was wrong.
    changes = {"outage_id": outage.id, "dismissed_at": None}
    surges_store.change(desk.connection, surge_id, changes)


def _waiting(desk: Desk, surge: Surge) -> list[Ticket]:
    """Its open tickets, oldest first."""
    known = store.many(desk.connection, surge.tickets)
    return [known[key] for key in surge.tickets if key in known and known[key].is_open]


def centred(arrivals: Sequence[Arrival], space: Space) -> Floats:
    """Directions from the mean of each language, one row each, of length 1.

    ``arrivals``: oldest first. The newest are left out of the means: a surge would move them
    towards itself, and so hide in a desk of few tickets. What sets the desk apart from the expected
    is alike in all languages: where one is rare its mean follows the others, or tickets of it would
    lie apart from those about the same in the usual language.
    """
    matrix = np.stack([one.vector for one in arrivals])
    languages = np.array([one.language for one in arrivals])
    begin, _ = newest_rows(np.array([one.at.timestamp() for one in arrivals]), arrivals[-1].at)
    earlier = np.arange(len(arrivals)) < begin
    for language in sorted(set(languages.tolist())):
        matrix[languages == language] -= space.prior(language)
    apart = _mean(matrix[earlier], np.zeros_like(matrix[0]))
    for language in sorted(set(languages.tolist())):
        own = languages == language
        matrix[own] -= _mean(matrix[own & earlier], apart)
    matrix /= np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
    return matrix


def _mean(known: Floats, expected: Floats) -> Floats:
    """Of few, it leans on what is expected."""
    total = known.sum(axis=0) + _PRIOR_TICKETS * expected
    mean: Floats = total / (len(known) + _PRIOR_TICKETS)
    return mean


def _detected(
    desk: Desk, model_key: str, stored: tuple[Sequence[Arrival], History], fresh: frozenset[int]
) -> list[int]:
    connection = desk.connection
    known, history = stored
    vectors = history.vectors
    lessons = [
        Lesson(one.centre, len(one.tickets), one.level)
        for one in surges_store.dismissed(connection, model_key, desk.now - KEPT)
    ]
    # After a change of the model everything is looked at again, and what was told is no news.
    told_before = surges_store.of_other_models(connection, model_key)
    open_outages = {one.id for one in outages_store.open_ones(connection)}
    found: list[int] = []
    for row, one in enumerate(known):
        if one.ticket_id not in fresh or one.ticket_id in told_before:
            continue
        standing = [
            surge
            for surge in surges_store.standing(connection, model_key)
            if surge.dismissed_at is None
        ]
        # Somebody opened its page before.
        if any(one.ticket_id in surge.tickets for surge in standing):
            continue
        # What comes after the end of an outage is news.
        growing = [s for s in standing if s.outage_id is None or s.outage_id in open_outages]
        if _joined(connection, growing, one, vectors[row]):
            continue
        taken = [*told_before, *(key for surge in standing for key in surge.tickets)]
        new = (one.ticket_id, one.at, vectors[row])
        surge = detect(history, new, lessons, taken=taken)
        if surge is not None:
            told = tell(connection, history, surge.ids, surge.centre)
            found.append(surges_store.add(connection, model_key, told, surge))
    return found


def _joined(connection: Connection, growing: Sequence[Surge], one: Arrival, vector: Floats) -> bool:
    """Whether the ticket belongs to a surge: to the nearest, where several would have it."""
    near: dict[int, float] = {}
    for surge in growing:
        over_at = surge.newest_at + SurgeRules().resolved_after
        in_time = surge.started_at <= one.at < over_at
        if in_time and belongs(vector, surge.centre, surge.level):
            near[surge.id] = float(vector @ surge.centre)
    if near:
        surges_store.join(connection, max(near, key=near.__getitem__), one.ticket_id)
    return bool(near)
