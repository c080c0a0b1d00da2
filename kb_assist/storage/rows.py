"""Tables as lines of JSON that every database can take in."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKeyConstraint,
    LargeBinary,
    MetaData,
    Table,
    func,
    inspect,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.schema import AddConstraint, DropConstraint

from kb_assist.storage import full_text
from kb_assist.storage.schema import complete_metadata
from kb_assist.storage.types import Json

_BATCH = 1_000


def stored_tables(connection: Connection) -> list[Table]:
    """Our tables that exist in the database, those that are referred to first."""
    there = set(inspect(connection).get_table_names())
    return [table for table in complete_metadata().sorted_tables if table.name in there]


def count_rows(connection: Connection) -> dict[str, int]:
    return {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in stored_tables(connection)
    }


def dump(connection: Connection, table: Table) -> Iterator[bytes]:
    """One line a row: a JSON array, in the order of ``columns``; the first line names these."""
    yield _line([column.name for column in stored_columns(table)])
    for row in read(connection, table):
        yield _line([plain(value) for value in row])


def stored_columns(table: Table) -> list[Column[Any]]:
    """Without those that the database computes itself."""
    return [column for column in table.columns if column.computed is None]


def read(
    connection: Connection, table: Table, *, after: Sequence[Any] = (), ordered: bool = True
) -> Iterator[Any]:
    """Rows of ``stored_columns`` in the order of their keys, a batch at a time in memory.

    ``after``: only what follows this key, whose values are as from ``plain``.
    """
    key = list(table.primary_key.columns)
    query = select(*stored_columns(table))
    if ordered:
        query = query.order_by(*key)
    if after:
        last = [literal(_typed(v, c), c.type) for v, c in zip(after, key, strict=True)]
        query = query.where(tuple_(*key) > tuple_(*last))
    yield from connection.execute(query, execution_options={"yield_per": _BATCH})


def dump_words(connection: Connection) -> Iterator[bytes]:
    """The full-text search as lines of id and terms, after a line with the names."""
    yield _line(["ticket_id", "words"])
    for ticket, words in full_text.all_words(connection):
        yield _line([ticket, words])


def load_words(connection: Connection, lines: Iterable[bytes]) -> int:
    """Fill the full-text search with what ``dump_words`` wrote."""
    reader = (json.loads(line) for line in lines)
    next(reader)
    count = 0
    while batch := list(islice(reader, _BATCH)):
        full_text.write_words(connection, dict(batch))
        count += len(batch)
    return count


class Loader:
    """Fills empty tables; between entering and leaving, rows may come in any order.

    The tables are read from the database and not from the program, so that a backup of an
    older version can be loaded before the migrations run.
    """

    def __init__(self, connection: Connection, names: Iterable[str]) -> None:
        self._connection = connection
        self._tables = MetaData()
        self._tables.reflect(connection, only=list(names))
        for table in self._tables.tables.values():
            for column in table.columns:
                if isinstance(column.type, JSON):
                    column.type = Json

    def __enter__(self) -> Loader:
        for constraint in self._foreign_keys():
            self._connection.execute(DropConstraint(constraint))
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            return
        for constraint in self._foreign_keys():
            self._connection.execute(AddConstraint(constraint))
        for table in self._tables.tables.values():
            continue_numbering(self._connection, table)

    def load(self, name: str, lines: Iterable[bytes]) -> int:
        """Insert the lines that ``dump`` wrote; returns the number of rows."""
        table = self._tables.tables[name]
        reader = (json.loads(line) for line in lines)
        columns = [table.columns[column] for column in next(reader)]
        count = 0
        # Migrations may have put rows of their own there.
        self._connection.execute(table.delete())
        while batch := list(islice(reader, _BATCH)):
            rows = [
                {c.name: _typed(value, c) for c, value in zip(columns, row, strict=True)}
                for row in batch
            ]
            self._connection.execute(table.insert(), rows)
            count += len(rows)
        return count

    def _foreign_keys(self) -> list[ForeignKeyConstraint]:
        # SQLite cannot drop them; there they are off while tables change.
        if self._connection.dialect.name == "sqlite":
            return []
        tables = self._tables.tables.values()
        return [key for table in tables for key in sorted(table.foreign_key_constraints, key=str)]


def continue_numbering(connection: Connection, table: Table) -> None:
    """Rows came with their numbers; the next one must get a new number. SQLite sees to it."""
    if connection.dialect.name == "sqlite" or "id" not in table.columns:
        return
    sequence = connection.execute(
        text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name}
    ).scalar_one()
    if sequence is not None:
        highest = connection.execute(select(func.max(table.c.id))).scalar_one()
        connection.execute(
            text("SELECT setval(:sequence, :value, :used)"),
            {"sequence": sequence, "value": highest or 1, "used": highest is not None},
        )


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def plain(value: Any) -> Any:
    """A value of the database as JSON can hold it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value


def _typed(value: Any, column: Column[Any]) -> Any:
    """Back from ``plain``, as the database's own column wants it."""
    if value is None:
        return None
    if isinstance(column.type, DateTime):
        instant = datetime.fromisoformat(value)
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return aware if column.type.timezone else aware.astimezone(UTC).replace(tzinfo=None)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value)
    return value
