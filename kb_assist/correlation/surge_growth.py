"""Looks again at surges that got tickets: what they are about, and whether it is one thing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from kb_assist.correlation import surges_store
from kb_assist.correlation.surge_words import describe
from kb_assist.correlation.surges_store import Told
from kb_assist.monitoring.parting import Part, part
from kb_assist.monitoring.surges import Floats, Found, History, usual_count


def look_again(
    connection: Connection, model_key: str, history: History, fresh: Collection[int]
) -> list[int]:
    """Surges with one of the ``fresh`` tickets. Two things become two surges: ids of the new ones.

    The larger part keeps the surge. One that belongs to an outage is left to people.
    """
    row_of = {int(key): row for row, key in enumerate(history.ids)}
    waiting = [
        one.id
        for one in surges_store.standing(connection, model_key)
        if one.is_shown and not set(fresh).isdisjoint(one.tickets)
    ]
    made: list[int] = []
    while waiting:
        surge = surges_store.get(connection, waiting.pop())
        members = np.sort(np.array([row_of[k] for k in surge.tickets if k in row_of], np.int64))
        if not len(members):
            # All are older than what is compared.
            continue
        parts = part(history.vectors[members])
        if parts is None:
            # The title stays: people know the surge by it.
            told = tell(connection, history, surge.tickets, surge.centre)
            surges_store.change(connection, surge.id, {"words": told.words})
            continue
        kept, gone = (_found(history, members[one.rows], one) for one in parts)
        told = tell(connection, history, kept.ids, kept.centre)
        surges_store.tell_anew(connection, surge.id, told, kept)
        surges_store.leave(connection, surge.id, gone.ids)
        told = tell(connection, history, gone.ids, gone.centre)
        made.append(surges_store.add(connection, model_key, told, gone))
        waiting += [surge.id, made[-1]]
    return made


def tell(
    connection: Connection, history: History, ticket_ids: Sequence[int], centre: Floats
) -> Told:
    """What tickets around a centre are about."""
    rows = np.flatnonzero(np.isin(history.ids, ticket_ids))
    likeness = history.vectors[rows] @ centre
    return describe(
        connection, dict(zip(history.ids[rows].tolist(), likeness.tolist(), strict=True))
    )


def _found(history: History, rows: npt.NDArray[np.int64], one: Part) -> Found:
    first, newest = (datetime.fromtimestamp(history.at[rows[at]], UTC) for at in (0, -1))
    usual = usual_count(history, newest, one.centre, one.level)
    return Found(tuple(history.ids[rows].tolist()), first, usual, one.centre, one.level)
