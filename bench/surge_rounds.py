"""``python -m bench.surge_rounds``: what a round that looks for surges costs at 100,000 stored.

In SQLite, without the model; vectors lie around random topics. Prints seconds for a round with one
new ticket and with as many as are looked at in one transaction: what is stored is read in both.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import insert
from threadpoolctl import threadpool_limits

from bench.surges import NOW, STORED
from kb_assist.cli.surges import AT_ONCE
from kb_assist.correlation import surges
from kb_assist.correlation.surges import Space
from kb_assist.correlation.surges_store import Arrival
from kb_assist.monitoring.surges import Floats
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.tables.monitoring import ticket_arrivals
from kb_assist.storage.tables.tickets import tickets
from kb_assist.storage.upgrade import upgrade
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import SYSTEM, Draft
from kb_assist.tickets.targets import Policy

_DIMENSION = 384
_SPAN = timedelta(days=89)
_BATCH = 5_000
_ROUNDS = 5
_SPACE = Space("bench", lambda _: np.zeros(_DIMENSION, dtype=np.float32))


def main() -> None:
    threadpool_limits(limits=1, user_api="blas")
    random = np.random.default_rng(1)
    centres = random.normal(size=(1_000, _DIMENSION))
    with tempfile.TemporaryDirectory() as folder:
        database = Database(sqlite_url(Path(folder) / "bench.db"))
        upgrade(database)
        _fill(database, centres, random)
        number = STORED
        measured: dict[str, float] = {}
        for count in (1, AT_ONCE):
            spent = []
            for _ in range(_ROUNDS):
                number += count
                fresh = [
                    Arrival(number - n, NOW, "en", _near(centres, random)) for n in range(count)
                ]
                begin = time.perf_counter()
                with database.write() as connection:
                    surges.look(Desk(connection, SYSTEM, NOW, Policy()), _SPACE, fresh)
                spent.append(time.perf_counter() - begin)
            measured[f"seconds_with_{count}"] = round(statistics.median(spent), 2)
        database.close()
    print(json.dumps({"stored": STORED} | measured, indent=2))


def _fill(database: Database, centres: Floats, random: np.random.Generator) -> None:
    """So many tickets are looked at already, and some more are there."""
    spare = _ROUNDS * (1 + AT_ONCE)
    with database.write() as connection:
        create(Desk(connection, SYSTEM, NOW, Policy()), Draft("x", "y", language="en"))
        first = dict(connection.execute(tickets.select()).mappings().one())
        for begin in range(2, STORED + spare + 1, _BATCH):
            ids = range(begin, min(begin + _BATCH, STORED + spare + 1))
            connection.execute(insert(tickets), [first | {"id": key} for key in ids])
        for begin in range(1, STORED + 1, _BATCH):
            rows = [
                {
                    "ticket_id": key,
                    "at": NOW - _SPAN + _SPAN * (key / STORED),
                    "language": ("de", "en")[key % 2],
                    "model_key": _SPACE.key,
                    "vector": _near(centres, random).astype("<f4").tobytes(),
                }
                for key in range(begin, begin + _BATCH)
            ]
            connection.execute(insert(ticket_arrivals), rows)


def _near(centres: Floats, random: np.random.Generator) -> Floats:
    drawn = centres[random.integers(0, len(centres))] + random.normal(size=_DIMENSION)
    return np.asarray(drawn, dtype=np.float32)


if __name__ == "__main__":
    main()
