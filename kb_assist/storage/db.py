"""Opens the database and owns its transactions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from kb_assist.errors import N_, DatabaseUnavailableError, InputError, SettingsError

# How long a writer waits for another one before it gives up.
BUSY_TIMEOUT_MS = 10_000
_POOL_SIZE = 10
_POOL_OVERFLOW = 30
# Seconds after which a PostgreSQL that does not react counts as away.
_CONNECT_SECONDS = 5
_WATCHED = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
_WRITES = "kb_writes"
_DIALECTS = ("sqlite", "postgresql")
# PostgreSQL's code for it.
_OUT_OF_RANGE = "22003"
_TOO_LARGE = N_("A number is too large.")


class Database:
    """One SQLite file or one PostgreSQL database; safe to share between threads.

    Connections are pooled, and nothing is opened before the first use.
    """

    def __init__(self, url: str | URL) -> None:
        """``url`` as in SQLAlchemy: ``sqlite:////path/file.db`` or ``postgresql://user@host/name``.

        Raises SettingsError for any other kind and for a missing driver.
        """
        self.url = _known_url(url)
        self._engine = _sqlite(self.url) if self.dialect == "sqlite" else _postgresql(self.url)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.url.get_backend_name()

    @property
    def path(self) -> Path | None:
        """The SQLite file, None for a server."""
        return Path(self.url.database or "") if self.dialect == "sqlite" else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The database as it is at one moment, however long it takes; writing through it fails."""
        if self.dialect == "postgresql":
            options = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
            with self._transaction(**options) as connection:
                yield connection
            return
        with self._transaction() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("PRAGMA query_only = OFF")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back by an exception.

        On SQLite it holds the write lock from its first line, so what it reads stays true until
        it commits. Keep it short: no model, no network inside.
        """
        with self._transaction(**{_WRITES: True}) as connection:
            yield connection

    @contextmanager
    def _transaction(self, **options: Any) -> Iterator[Connection]:
        """Raises DatabaseUnavailableError when it cannot begin, or the server goes away in it, and
        InputError for a number that no row can have."""
        try:
            connection = self._engine.connect().execution_options(**options)
        except (DBAPIError, PoolTimeoutError) as error:
            raise _unavailable(error) from error
        with connection:
            try:
                transaction = connection.begin()
            except DBAPIError as error:
                raise _unavailable(error) from error
            try:
                with transaction:
                    yield connection
            except OverflowError as error:
                # From sqlite3, for a number that does not fit into 64 bits.
                raise InputError(_TOO_LARGE) from error
            except DBAPIError as error:
                if self._is_away(error):
                    raise _unavailable(error) from error
                if getattr(error.orig, "sqlstate", "") == _OUT_OF_RANGE:
                    raise InputError(_TOO_LARGE) from error
                raise

    def _is_away(self, error: DBAPIError) -> bool:
        """Whether to try again later; PostgreSQL's operational errors are of that kind."""
        away = self.dialect == "postgresql" and isinstance(error, OperationalError)
        return away or error.connection_invalidated

    @contextmanager
    def schema_change(self, *, whole: bool = True) -> Iterator[Connection]:
        """Like ``write``, with SQLite's foreign keys checked at the end instead of row by row.

        Rebuilding a table, as SQLite needs for most changes, would else delete what refers to it.
        ``whole`` False leaves the check to a later one: rows come in that refer to later rows.
        """
        if self.dialect != "sqlite":
            with self.write() as connection:
                yield connection
            return
        with self._engine.connect().execution_options(**{_WRITES: True}) as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.execute("PRAGMA foreign_keys = OFF")
            try:
                with connection.begin():
                    yield connection
                    if whole:
                        _check_foreign_keys(connection)
            finally:
                driver.execute("PRAGMA foreign_keys = ON")

    def close(self) -> None:
        """Close all pooled connections; a later use opens new ones."""
        self._engine.dispose()


def sqlite_url(path: Path) -> URL:
    """The address of a SQLite file."""
    return URL.create("sqlite", database=str(path))


def _known_url(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError(
            "The database address cannot be read.",
            remedy="Write sqlite:///file.db or postgresql://user@host/name.",
        ) from error
    if parsed.get_backend_name() not in _DIALECTS:
        raise SettingsError(
            f"kb-assist does not know the database {parsed.get_backend_name()}.",
            remedy="Use sqlite:///file.db or postgresql://user@host/name.",
        )
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if not parsed.database or parsed.database == ":memory:":
        raise SettingsError("SQLite needs a file: a database in memory would be lost at the end.")
    return parsed


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=_POOL_SIZE, max_overflow=_POOL_OVERFLOW)

    @event.listens_for(engine, "do_connect")
    def create_for_the_owner_only(*_: object) -> None:
        # SQLite gives the files beside it the same rights. They hold hashes of passwords.
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        # We begin transactions ourselves; the driver would begin them too late.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        # WAL with NORMAL survives a killed process, not a power cut; FULL survives both.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(
            url,
            pool_size=_POOL_SIZE,
            max_overflow=_POOL_OVERFLOW,
            pool_pre_ping=True,
            # The address may say otherwise.
            connect_args={"connect_timeout": _CONNECT_SECONDS} | _WATCHED | dict(url.query),
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise SettingsError(
            "The driver for PostgreSQL is not installed.",
            remedy="Install it: pip install 'kb-assist[postgresql]'.",
        ) from error


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = sorted({str(row[0]) for row in broken})
        raise DatabaseUnavailableError(
            f"{len(broken)} rows of {', '.join(tables)} would refer to nothing; nothing is changed."
        )


def _unavailable(error: DBAPIError | PoolTimeoutError) -> DatabaseUnavailableError:
    # The driver's words, without the address, which may hold a password.
    said = str(error.orig if isinstance(error, DBAPIError) else "all connections are in use")
    reason = said.strip().splitlines()[0] if said.strip() else "no reason"
    return DatabaseUnavailableError(
        N_("The database does not answer: %(reason)s.", reason=reason),
        remedy=N_("Check KB_ASSIST_DATABASE_URL, that the server runs, and free disk space."),
    )
