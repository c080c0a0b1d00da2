"""Says whether a database is healthy."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from kb_assist.errors import KbError
from kb_assist.storage import rows
from kb_assist.storage.backup import faults_of_sqlite, sqlite_copy
from kb_assist.storage.copying import interrupted_copy
from kb_assist.storage.db import Database
from kb_assist.storage.upgrade import pending, revision_of


@dataclass(frozen=True, slots=True)
class Health:
    """``faults`` empty: all is well. ``rows`` by table, empty when it cannot be read."""

    dialect: str
    revision: str | None
    pending: list[str]
    rows: dict[str, int]
    faults: list[str]


def check(database: Database) -> Health:
    """Look at everything that can be looked at without changing anything."""
    if database.path is not None and not database.path.exists():
        return Health(database.dialect, None, [], {}, ["There is no database file yet."])
    faults: list[str] = []
    if database.path is not None:
        with sqlite_copy(database.path) as copy:
            faults += faults_of_sqlite(copy)
    revision, missing, counts = None, [], {}
    try:
        revision, missing = revision_of(database), pending(database)
        with database.read() as connection:
            counts = rows.count_rows(connection)
        unfinished = interrupted_copy(database)
        if unfinished is not None:
            faults.append(f"It holds an unfinished copy of {unfinished}.")
    except KbError as error:
        faults.append(error.message)
    except DBAPIError as error:
        faults.append(str(error.orig))
    if missing:
        faults.append(f"Migrations have not run: {', '.join(missing)}. Run: kb-assist db upgrade")
    return Health(database.dialect, revision, missing, counts, faults)
