"""A million tickets in PostgreSQL: what agents wait for.

    python -m bench.many_tickets [--count 1000000]

Part of them are imported; the rest are copies of those, made in the server with other ids and
further back in time. A server of its own is started for the purpose.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from sqlalchemy import Connection, Integer, String, Table, cast, func, null, select, text, true

from bench.tickets import fill, line, measurements, prepare
from kb_assist.storage.db import Database
from kb_assist.storage.full_text import TABLE as WORDS
from kb_assist.storage.tables.tickets import ticket_comments, ticket_events, tickets
from kb_assist.storage.types import UtcDateTime
from tests import databases

_OPTIONS = "-c shared_buffers=2GB -c max_wal_size=8GB"
_IMPORTED = 20_000
# In so many days the imported ones came.
_DAYS = 73
_COPIED = (tickets, ticket_comments, ticket_events)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    count = parser.parse_args().count
    with databases.postgresql_server(_OPTIONS) as server:
        database = Database(server.set(database=databases.SHARED))
        prepare(database)
        seconds = fill(database, _IMPORTED)
        print(f"import: {_IMPORTED} tickets in {seconds:.0f} s, {_IMPORTED / seconds:.0f} a second")
        started = time.perf_counter()
        with database.write() as connection:
            _multiply(connection, count // _IMPORTED - 1)
        with database.write() as connection:
            connection.execute(text("ANALYZE"))
            size = connection.execute(text("SELECT pg_database_size(current_database())"))
            print(
                f"copied in {time.perf_counter() - started:.0f} s; {size.scalar_one() / 1e6:.0f} MB"
            )
        for name, measured in measurements(database, count):
            print(line(name, measured), flush=True)
        database.close()


def _multiply(connection: Connection, copies: int) -> None:
    if copies < 1:
        return
    numbers = func.generate_series(1, copies).table_valued("copy").render_derived()
    copy = cast(numbers.c.copy, Integer)
    for table in _COPIED:
        highest = connection.execute(select(func.max(table.c.id))).scalar_one()
        columns = [_copied(column, table, copy, highest) for column in table.c]
        made = select(*columns).select_from(table.join(numbers, true()))
        connection.execute(table.insert().from_select(list(table.c.keys()), made))
        sequence = func.pg_get_serial_sequence(table.name, "id")
        connection.execute(select(func.setval(sequence, func.max(table.c.id))))
    words = (
        f"INSERT INTO {WORDS} SELECT ticket_id + copy * {_IMPORTED}, words"
        f" FROM {WORDS}, generate_series(1, {copies}) AS copy"
    )
    connection.execute(text(words))


def _copied(column: Any, table: Table, copy: Any, highest: int) -> Any:
    """The value of a column in a copy."""
    name = column.name
    if name == "id":
        return column + copy * highest
    if name == "ticket_id":
        return column + copy * _IMPORTED
    if name == "external_id" and table is tickets:
        return func.concat(column, "-", cast(copy, String))
    if name == "external_id":
        return null()
    if isinstance(column.type, UtcDateTime):
        return column.op("-")(func.make_interval(0, 0, 0, copy * _DAYS))
    return column


if __name__ == "__main__":
    main()
