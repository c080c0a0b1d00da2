"""Brings a database up to the tables this version knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection, text

from kb_assist.errors import DatabaseOutdatedError
from kb_assist.storage.db import Database

_MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do, as long as no other program on the server uses it.
_ADVISORY_LOCK = 7_525_001


def upgrade(database: Database) -> list[str]:
    """Run the missing migrations in one transaction; returns their ids, empty for none.

    Two processes may do this at once: the second waits and then finds nothing left to do. After
    a failure the database is as before. Raises DatabaseOutdatedError when the database was
    written by a newer version.
    """
    with _alone(database), database.schema_change() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        missing = _missing(connection)
        if missing:
            _migrate(connection, "head")
        return missing


def create_tables(connection: Connection, revision: str) -> None:
    """Run all migrations up to ``revision`` in an empty database, inside its transaction."""
    _migrate(connection, revision)


def newest_revision() -> str:
    """The revision of the tables this version works with."""
    return _known_revisions()[-1]


def pending(database: Database) -> list[str]:
    """The ids of the migrations that have not run yet, oldest first."""
    with database.read() as connection:
        return _missing(connection)


def revision_of(database: Database) -> str | None:
    """The id of the last migration that ran, None for an empty database."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_current(database: Database) -> None:
    """Raises DatabaseOutdatedError, with the remedy, unless every migration has run."""
    missing = pending(database)
    if missing:
        raise DatabaseOutdatedError(
            f"The database lacks {len(missing)} migration(s): {', '.join(missing)}.",
            remedy="Back it up, then run: kb-assist db upgrade",
        )


def _missing(connection: Connection) -> list[str]:
    known = _known_revisions()
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        return known
    if current not in known:
        raise DatabaseOutdatedError(
            f"The database is at revision {current}, which this version does not know.",
            remedy="It was written by a newer kb-assist: run that version.",
        )
    return known[known.index(current) + 1 :]


def _known_revisions() -> list[str]:
    """Oldest first."""
    script = ScriptDirectory.from_config(_config())
    return [revision.revision for revision in script.walk_revisions()][::-1]


def _migrate(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """SQLite's own lock would make a second process give up; this one makes it wait."""
    if database.path is None:
        yield
        return
    with FileLock(f"{database.path}.upgrade.lock"):
        yield
