"""Migrations: they agree with the tables, run once, and wait for each other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.engine import URL

from kb_assist.errors import DatabaseOutdatedError
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.full_text import belongs_to_search
from kb_assist.storage.schema import complete_metadata
from kb_assist.storage.upgrade import pending, require_current, revision_of, upgrade
from tests import databases

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    if request.param == "sqlite":
        made = Database(sqlite_url(tmp_path / "empty.db"))
        yield made
        made.close()
        return
    server: URL = request.getfixturevalue("postgresql_server")
    databases.execute(server, "CREATE DATABASE kb_empty")
    made = Database(server.set(database="kb_empty"))
    yield made
    made.close()
    databases.execute(server, "DROP DATABASE kb_empty WITH (FORCE)")


def test_migrations_and_tables_agree(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": False, "include_name": _is_described}
        )
        assert compare_metadata(context, complete_metadata()) == []


def _is_described(name: str | None, kind: str, parents: object) -> bool:
    """Full-text tables differ between the databases and are not in the MetaData."""
    return kind != "table" or not belongs_to_search(name or "")


def test_constraints_carry_the_same_names(database: Database) -> None:
    with database.read() as connection:
        inspector = inspect(connection)
        for table in complete_metadata().sorted_tables:
            expected = {str(key.name) for key in table.foreign_key_constraints}
            found = {str(key["name"]) for key in inspector.get_foreign_keys(table.name)}
            assert found == expected, table.name
            checks = {str(check["name"]) for check in inspector.get_check_constraints(table.name)}
            wanted = {c.name for c in table.constraints if type(c).__name__ == "CheckConstraint"}
            assert checks == wanted, table.name


def test_an_upgrade_runs_once(empty: Database) -> None:
    missing = pending(empty)

    assert upgrade(empty) == missing != []
    assert upgrade(empty) == pending(empty) == []
    assert revision_of(empty) == missing[-1]


def test_revisions_are_numbered_without_gaps(empty: Database) -> None:
    missing = pending(empty)

    assert missing == [f"{number:04}" for number in range(1, len(missing) + 1)]


_UPGRADE = """
import sys
from kb_assist.storage.db import Database
from kb_assist.storage.upgrade import upgrade
print(len(upgrade(Database(sys.argv[1]))))
"""


def test_two_processes_at_once_upgrade_once(empty: Database) -> None:
    url = empty.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", _UPGRADE, url]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) for _ in range(2)]
    done = sorted(int(process.communicate()[0]) for process in both)

    assert done == [0, len(complete_revisions())]


def complete_revisions() -> list[Path]:
    return sorted((ROOT / "kb_assist/storage/migrations/versions").glob("[0-9]*.py"))


def test_an_old_database_is_refused_with_the_remedy(empty: Database) -> None:
    with pytest.raises(DatabaseOutdatedError) as caught:
        require_current(empty)

    assert "kb-assist db upgrade" in caught.value.remedy


def test_a_database_of_a_newer_version_is_left_alone(empty: Database) -> None:
    upgrade(empty)
    with empty.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseOutdatedError, match="9999"):
        upgrade(empty)
