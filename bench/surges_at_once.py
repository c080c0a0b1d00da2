"""``python -m bench.surges_at_once``: two outages that begin together, by the way tickets take.

Two of the invented outages of one kind, about different services, begin in the same hour among 500
complaints (see ``bench.surges``); every ticket is looked at as it comes, in SQLite. Of each outage
it is told with which of its tickets a surge was there that is mostly its own; of each pair whether
at the end a surge still holds three tickets or more of both; and, where an outage is alone, how
often it was parted nevertheless. With ``--never-parted`` as if nothing ever was. Prints one JSON
object.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, update
from threadpoolctl import threadpool_limits

from bench.surges import BEFORE, HERE, Outage, Words, embedded, lines, working_hours
from kb_assist.correlation import surges, surges_store
from kb_assist.correlation.surges import Space
from kb_assist.correlation.surges_store import Arrival
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.tables.tickets import tickets
from kb_assist.storage.upgrade import upgrade
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import SYSTEM, Draft
from kb_assist.tickets.targets import Policy

_ORDERS = 60
_BOTH = 3
_MEMBERS = 10


class _UndoneError(Exception):
    """Nothing of one order is there for the next."""


def main() -> None:
    threadpool_limits(limits=1, user_api="blas")
    if "--never-parted" in sys.argv[1:]:
        surges.look_again = lambda *_: []
    complaints, outages, space = embedded(lines(HERE / "complaints.jsonl"))
    with tempfile.TemporaryDirectory() as folder:
        database = _database(Path(folder) / "bench.db", BEFORE + 2 * _MEMBERS)
        measured = {
            kind: _measured(
                complaints, [one for one in outages if one.kind == kind], space, database
            )
            for kind in dict.fromkeys(one.kind for one in outages)
        }
        database.close()
    print(json.dumps(measured, indent=2))


def _database(path: Path, count: int) -> Database:
    database = Database(sqlite_url(path))
    upgrade(database)
    at = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
    with database.write() as connection:
        for _ in range(count):
            create(Desk(connection, SYSTEM, at, Policy()), Draft("x", "y", language="en"))
    return database


def _measured(
    ordinary: Sequence[Words], outages: Sequence[Outage], space: Space, database: Database
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, count in (("one", 1), ("two", 2)):
        within: Counter[int] = Counter()
        mixed = parted = 0
        for seed in range(_ORDERS):
            chosen = _drawn(outages, count, seed)
            found, held = _order(ordinary, chosen, space, database, seed)
            within.update(at for at in found.values())
            counts = [sorted(one.values(), reverse=True) for one in held]
            mixed += any(len(one) > 1 and one[1] >= _BOTH for one in counts)
            parted += any(sum(one[name] >= _BOTH for one in held) > 1 for name in found)
        told[name] = {
            "orders": _ORDERS,
            "within": {
                str(most): round(
                    100 * sum(n for at, n in within.items() if 0 < at <= most) / within.total(), 1
                )
                for most in (4, 5, 6, 10)
            },
            "mixed": round(100 * mixed / _ORDERS, 1),
            "parted": round(100 * parted / _ORDERS, 1),
        }
    return told


def _drawn(outages: Sequence[Outage], count: int, seed: int) -> list[Outage]:
    """About different services."""
    random = np.random.default_rng(seed)
    while True:
        chosen = [outages[at] for at in random.choice(len(outages), count, replace=False)]
        if count == 1 or not chosen[0].related & chosen[1].related:
            return chosen


def _order(
    ordinary: Sequence[Words],
    outages: Sequence[Outage],
    space: Space,
    database: Database,
    seed: int,
) -> tuple[dict[str, int], list[Counter[str]]]:
    """With which of its tickets each outage was found, 0 for not at all; and at the end, for each
    surge, how many tickets of which outage it has."""
    mixed = _mixed(ordinary, outages, seed)
    begin = next(row for row, (_, one) in enumerate(mixed) if one.surge)
    arrivals = [
        Arrival(row + 1, at, one.language, one.vector) for row, (at, one) in enumerate(mixed)
    ]
    names = [one.surge for _, one in mixed]
    found = {one.name: 0 for one in outages}
    held: list[Counter[str]] = []
    with suppress(_UndoneError), database.write() as connection:
        _date(connection, arrivals)
        surges_store.keep(connection, space.key, arrivals[:begin])
        seen: Counter[str] = Counter()
        for one in arrivals[begin:]:
            seen[names[one.ticket_id - 1]] += 1
            surges.look(Desk(connection, SYSTEM, one.at, Policy()), space, [one])
            held = [
                Counter(names[key - 1] for key in surge.tickets)
                for surge in surges_store.standing(connection)
            ]
            for name in (name for name, at in found.items() if at == 0):
                if any(2 * counts[name] > counts.total() for counts in held):
                    found[name] = seen[name]
        raise _UndoneError
    return found, [Counter({k: n for k, n in one.items() if k}) for one in held]


def _date(connection: Connection, arrivals: Sequence[Arrival]) -> None:
    statement = update(tickets).where(tickets.c.id == bindparam("key"))
    dated = statement.values(created_at=bindparam("at"), language=bindparam("code"))
    connection.execute(
        dated, [{"key": one.ticket_id, "at": one.at, "code": one.language} for one in arrivals]
    )


def _mixed(
    ordinary: Sequence[Words], outages: Sequence[Outage], seed: int
) -> list[tuple[datetime, Words]]:
    random = np.random.default_rng(seed)
    related = frozenset[str]().union(*(one.related for one in outages))
    pool = [one for one in ordinary if one.topic not in related]
    before = [pool[at] for at in random.permutation(len(pool))[:BEFORE]]
    moments = working_hours(random, len(before))
    begin = moments[400].replace(hour=9, minute=0)
    mixed = list(zip(moments, before, strict=True))
    for one in outages:
        order = [one.members[at] for at in random.permutation(len(one.members))]
        minutes = random.uniform(0, 60, len(order))
        mixed += [(begin + timedelta(minutes=m), w) for m, w in zip(minutes, order, strict=True)]
    return sorted(mixed, key=lambda pair: pair[0])


if __name__ == "__main__":
    main()
