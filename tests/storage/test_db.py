"""Transactions and column types, on both databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DBAPIError, StatementError

from kb_assist.errors import DatabaseUnavailableError, SettingsError
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.tables.accounts import account_events, groups, users
from kb_assist.storage.tables.records import cis
from kb_assist.storage.upgrade import upgrade

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


def add_group(connection: Connection, name: str) -> None:
    connection.execute(insert(groups).values(name=name, support_level="l1"))


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(groups)).scalar_one()


def test_a_write_is_seen_by_the_next_read(database: Database) -> None:
    with database.write() as connection:
        add_group(connection, "Service Desk")

    assert count(database) == 1


def test_an_exception_rolls_everything_back(database: Database) -> None:
    def fail_after_writing() -> None:
        with database.write() as connection:
            add_group(connection, "Service Desk")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()

    assert count(database) == 0


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as connection:
        add_group(connection, "Service Desk")
    with database.write() as connection:
        add_group(connection, "Second Level")

    assert count(database) == 1


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.write() as connection:
        add_group(connection, "Service Desk")
        assert count(database) == 0


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(DBAPIError), database.write() as connection:
        connection.execute(
            insert(account_events).values(at=NOON, kind="x", user_id=99, facts={"a": 1})
        )


def test_twenty_threads_lose_no_write(database: Database) -> None:
    def work(number: int) -> None:
        with database.write() as connection:
            seen = connection.execute(select(func.count()).select_from(groups)).scalar_one()
            add_group(connection, f"{number} after {seen}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count(database) == 20


def _event(database: Database, **values: Any) -> Any:
    with database.write() as connection:
        connection.execute(insert(account_events).values({"kind": "x", "facts": {}} | values))
    with database.read() as connection:
        return connection.execute(select(account_events)).one()


def test_an_instant_comes_back_in_utc(database: Database) -> None:
    berlin = timezone(timedelta(hours=2))
    kept = _event(database, at=NOON.astimezone(berlin))

    assert kept.at == NOON
    assert kept.at.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"):
        _event(database, at=NOON.replace(tzinfo=None))


def test_json_keeps_its_values(database: Database) -> None:
    facts = {"text": "Größe", "list": [1, 2.5, None, True], "nested": {"a": {}}}

    assert _event(database, at=NOON, facts=facts).facts == facts


@pytest.mark.parametrize("statement", [update(account_events).values(kind="y"), None])
def test_the_log_cannot_be_rewritten(database: Database, statement: Any) -> None:
    _event(database, at=NOON)
    forging = account_events.delete() if statement is None else statement
    with pytest.raises(DBAPIError, match="append-only"), database.write() as connection:
        connection.execute(forging)


def test_support_levels_are_checked_by_the_database(database: Database) -> None:
    with pytest.raises(DBAPIError), database.write() as connection:
        connection.execute(insert(groups).values(name="x", support_level="l9"))


def test_defaults_are_the_databases(database: Database) -> None:
    with database.write() as connection:
        row = {"login": "a", "display_name": "A", "role": "admin", "created_at": NOON}
        connection.execute(insert(users).values(row))
        kept = connection.execute(select(users)).one()

    assert (kept.active, kept.email) == (True, "")


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        Database(url)


def test_only_its_owner_can_read_a_new_database(tmp_path: Path) -> None:
    made = Database(sqlite_url(tmp_path / "new.db"))
    upgrade(made)
    with made.read() as connection:
        connection.exec_driver_sql("SELECT 1")
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("new.db*")}
    made.close()

    assert modes["new.db"] == modes["new.db-wal"] == 0o600


def test_a_server_that_does_not_answer_is_an_expected_error(tmp_path: Path) -> None:
    away = Database(f"postgresql://somebody:secret@/x?host={tmp_path}")
    with pytest.raises(DatabaseUnavailableError) as caught, away.read():
        pass

    assert "secret" not in caught.value.message + caught.value.remedy


_WRITER = """
import sys
from sqlalchemy import insert
from kb_assist.storage.db import Database
from kb_assist.storage.tables.accounts import groups
database = Database(sys.argv[1])
for number in range(100000):
    with database.write() as connection:
        connection.execute(insert(groups).values(name=str(number), support_level="l1"))
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "killed.db")
    database = Database(url)
    upgrade(database)
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(url)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert writer.stdout is not None
    acknowledged = [writer.stdout.readline() for _ in range(30)]
    os.kill(writer.pid, signal.SIGKILL)
    acknowledged += writer.stdout.readlines()
    writer.wait()
    writer.stdout.close()
    complete = [line for line in acknowledged if line.endswith("\n")]

    assert len(complete) <= count(database) <= len(complete) + 1
    database.close()


def test_what_no_database_takes_is_left_out(database: Database) -> None:
    values = {"key": "a", "kind": "x", "name": "N\x00B\ud800", "attributes": {"a\x00": ["b\x00"]}}
    with database.write() as connection:
        connection.execute(insert(cis).values(values | {"created_at": NOON, "updated_at": NOON}))
        kept = connection.execute(select(cis.c.name, cis.c.attributes)).one()

    assert kept == ("NB", {"a": ["b"]})
