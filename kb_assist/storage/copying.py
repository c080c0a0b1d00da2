"""Carries everything from one database into another; a killed copy goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKeyConstraint,
    MetaData,
    Table,
    Text,
    func,
    inspect,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import AddConstraint, DropConstraint

from kb_assist.errors import DatabaseOutdatedError, InputError
from kb_assist.storage import full_text, rows
from kb_assist.storage.checksums import Sum, checksums, differences
from kb_assist.storage.db import Database
from kb_assist.storage.schema import complete_metadata
from kb_assist.storage.tables.metadata import NAMES
from kb_assist.storage.types import Json
from kb_assist.storage.upgrade import create_tables, newest_revision, require_current, revision_of

# Rows between two commits: what a killed copy does again at most.
BATCH = 1_000
# The row of the progress table that says whose copy it is.
_HEAD = ""
_AGAIN = "Run the same command again: it goes on after the last batch that was kept."

# Only in a target whose copy has not been found equal yet: how far each table is.
_progress = Table(
    "kb_copy",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("facts", Json, nullable=False),
)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """``differences`` empty: both hold the same."""

    tables: dict[str, Sum]
    """Of the target."""
    written: int
    """Rows this run wrote; fewer than there are when it went on with an interrupted copy."""
    differences: list[str]

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.tables.values())


def label(url: URL) -> str:
    """An address without user and password."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{Path(url.database or '').resolve()}"
    host = url.host or url.query.get("host", "")
    return f"postgresql://{host}{f':{url.port}' if url.port else ''}/{url.database}"


def copy(
    source: Database, target: Database, *, progress: Progress = lambda done, total: None
) -> Copied:
    """Copy every row, then compare both. ``progress`` is told after every committed batch, and of
    every table that was read again; each row counts three times.

    Raises InputError when the target holds anything but an interrupted copy of this source, and
    DatabaseOutdatedError when the two are of different versions.
    """
    _insist_on_source(source, target)
    _begin(source, target)
    with source.read() as origin:
        count = sum(rows.count_rows(origin).values()) + full_text.count(origin)
        carrier = _Carrier(target, 3 * count, progress)
        for table in complete_metadata().sorted_tables:
            carrier.carry_table(origin, table)
        carrier.carry_words(origin)
        _finish(target)
        found = _compare(origin, target, lambda done: progress(count + done, 3 * count))
    if not found.differences:
        with target.schema_change() as connection:
            _progress.drop(connection, checkfirst=True)
    return Copied(found.tables, carrier.written, found.differences)


def compare(
    source: Database, target: Database, *, progress: Progress = lambda done, total: None
) -> Copied:
    """Compare a finished copy with its source, and change nothing."""
    require_current(source)
    require_current(target)
    with source.read() as origin:
        count = sum(rows.count_rows(origin).values()) + full_text.count(origin)
        return _compare(origin, target, lambda done: progress(done, 2 * count))


def interrupted_copy(database: Database) -> str | None:
    """The source of a copy into this database that has not ended well; None when there is none."""
    with database.read() as connection:
        if not inspect(connection).has_table(_progress.name):
            return None
        return str(_facts(connection, _HEAD).get("source", ""))


def require_whole(database: Database) -> None:
    """Raises DatabaseOutdatedError for the target of a copy that has not ended well."""
    source = interrupted_copy(database)
    if source is not None:
        raise DatabaseOutdatedError(
            f"The database holds an unfinished copy of {source}.",
            remedy="Run 'kb-assist db copy' again from there: it goes on where it was.",
        )


class _Carrier:
    def __init__(self, target: Database, total: int, progress: Progress) -> None:
        self._target = target
        self._total = total
        self._progress = progress
        self._done = 0
        self.written = 0

    def carry_table(self, origin: Connection, table: Table) -> None:
        names = [column.name for column in rows.stored_columns(table)]
        key = [column.name for column in table.primary_key.columns]
        after = self._after(table.name)

        def write(connection: Connection, part: Sequence[Any]) -> list[Any]:
            values = [dict(zip(names, row, strict=True)) for row in part]
            connection.execute(table.insert(), values)
            return [rows.plain(values[-1][name]) for name in key]

        self._carry(table.name, rows.read(origin, table, after=after), write)

    def carry_words(self, origin: Connection) -> None:
        """The full-text search, which no MetaData describes."""
        after = self._after(full_text.TABLE)
        last = int(after[0]) if after else 0

        def write(connection: Connection, part: Sequence[Any]) -> list[Any]:
            full_text.write_words(connection, dict(part))
            return [part[-1][0]]

        found = (pair for pair in full_text.all_words(origin) if pair[0] > last)
        self._carry(full_text.TABLE, found, write)

    def _after(self, name: str) -> list[Any]:
        """The key of the last row that was kept, empty before the first."""
        with self._target.read() as connection:
            facts = _facts(connection, name)
        self._done += int(facts.get("rows", 0))
        self._progress(self._done, self._total)
        return list(facts.get("after", []))

    def _carry(
        self,
        name: str,
        found: Iterable[Any],
        write: Callable[[Connection, Sequence[Any]], list[Any]],
    ) -> None:
        """Rows and how far they are get there in one transaction, batch by batch."""
        reader = iter(found)
        while part := list(islice(reader, BATCH)):
            with _loading(self._target, name) as connection:
                after = write(connection, part)
                before = int(_facts(connection, name).get("rows", 0))
                _note(connection, name, {"after": after, "rows": before + len(part)})
            self.written += len(part)
            self._done += len(part)
            self._progress(self._done, self._total)


def _insist_on_source(source: Database, target: Database) -> None:
    if label(source.url) == label(target.url):
        raise InputError("The database cannot be copied into itself.")
    if source.path is not None and not source.path.exists():
        raise InputError(f"There is no database {source.path} to copy.")
    require_current(source)


def _begin(source: Database, target: Database) -> None:
    """Make the tables and the one that keeps the progress, unless an earlier run has."""
    head = {"source": label(source.url), "revision": revision_of(source)}
    revision = revision_of(target)
    if revision not in (None, newest_revision()):
        raise DatabaseOutdatedError(
            f"The target is at revision {revision}, the source at {head['revision']}.",
            remedy="Give an empty database.",
        )
    with target.schema_change() as connection:
        if inspect(connection).has_table(_progress.name):
            _insist_on_same(_facts(connection, _HEAD), head)
            return
        _insist_on_empty(connection)
        if revision is None:
            create_tables(connection, newest_revision())
        for constraint in _inner_references(connection):
            connection.execute(DropConstraint(constraint))
        _progress.create(connection)
        _note(connection, _HEAD, head)


def _insist_on_same(found: dict[str, Any], head: dict[str, Any]) -> None:
    if found != head:
        raise InputError(
            f"The target holds an interrupted copy of {found.get('source')} at revision"
            f" {found.get('revision')}.",
            remedy="Give an empty database, or finish that copy first.",
        )


def _insist_on_empty(connection: Connection) -> None:
    ours = {table.name: table for table in complete_metadata().sorted_tables}
    for name in inspect(connection).get_table_names():
        if name in ours:
            count = select(func.count()).select_from(ours[name])
            used = bool(connection.execute(count).scalar_one())
        else:
            used = name != "alembic_version" and not full_text.belongs_to_search(name)
        if used:
            raise InputError(
                f"The target holds other data: the table {name}.",
                remedy="Give an empty database. If it is a finished copy, set"
                " KB_ASSIST_DATABASE_URL to it.",
            )


def _inner_references(connection: Connection) -> list[ForeignKeyConstraint]:
    """References of a table to itself, which rows in the order of their keys cannot keep.

    SQLite cannot drop them; there they are off while rows come in.
    """
    if connection.dialect.name == "sqlite":
        return []
    # A copy: dropping a constraint marks it as not to be created.
    meta = MetaData(naming_convention=NAMES)
    tables = [table.to_metadata(meta) for table in complete_metadata().sorted_tables]
    return [
        key
        for table in tables
        for key in sorted(table.foreign_key_constraints, key=str)
        if key.referred_table is table
    ]


def _finish(target: Database) -> None:
    """What had to wait for the last row; SQLite checks its foreign keys here."""
    with _naming("a reference"), target.schema_change() as connection:
        there = {
            str(key["name"])
            for table in complete_metadata().sorted_tables
            for key in inspect(connection).get_foreign_keys(table.name)
        }
        for constraint in _inner_references(connection):
            if constraint.name not in there:
                connection.execute(AddConstraint(constraint))
        for table in complete_metadata().sorted_tables:
            rows.continue_numbering(connection, table)


def _compare(origin: Connection, target: Database, read: Callable[[int], None]) -> Copied:
    with target.read() as connection:
        found = checksums(connection, read)
    there = sum(each.rows for each in found.values())
    wanted = checksums(origin, lambda done: read(there + done))
    return Copied(found, 0, differences(wanted, found))


@contextmanager
def _loading(target: Database, name: str) -> Iterator[Connection]:
    with _naming(name), target.schema_change(whole=False) as connection:
        yield connection


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """A refusal of the database says of which table; of its words only the first line, which
    holds no values."""
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no reason"
        raise InputError(f"The target does not take {name}: {reason}", remedy=_AGAIN) from error


def _facts(connection: Connection, name: str) -> dict[str, Any]:
    found = connection.execute(select(_progress.c.facts).where(_progress.c.name == name)).scalar()
    return dict(found or {})


def _note(connection: Connection, name: str, facts: dict[str, Any]) -> None:
    connection.execute(_progress.delete().where(_progress.c.name == name))
    connection.execute(_progress.insert().values(name=name, facts=facts))
