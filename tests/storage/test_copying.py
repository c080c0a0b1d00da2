"""Copies into another database: complete, resumable, verified, never over other data."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, inspect, text, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from kb_assist.bootstrap import prepare_database
from kb_assist.errors import DatabaseOutdatedError, InputError, KbError
from kb_assist.storage import copying, full_text
from kb_assist.storage.check import check
from kb_assist.storage.checksums import checksums
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.schema import complete_metadata
from kb_assist.storage.tables.accounts import account_events, users
from kb_assist.storage.tables.checklist import checklist_ticks
from kb_assist.storage.tables.monitoring import outages, surges
from kb_assist.storage.tables.records import clients
from kb_assist.storage.tables.tickets import tickets
from kb_assist.storage.upgrade import upgrade
from tests import databases
from tests.storage.test_backup import fill

NOON = datetime(2026, 11, 2, 12, 0, 0, 5, tzinfo=UTC)
_numbers = count()


def client(number: int, **further: Any) -> dict[str, Any]:
    times = {"created_at": NOON, "updated_at": NOON}
    return {"id": number, "key": f"c{number}", "kind": "person", "name": "Größe"} | times | further


def fill_all_kinds(database: Database, people: int = 5) -> None:
    """Every type of column, references to later rows, and keys of several columns."""
    fill(database)
    late = datetime(9999, 12, 31, tzinfo=UTC)
    ticket = {
        "id": 7, "source": "portal", "subject": "VPN", "body": "geht nicht\n", "language": "de",
        "channel": "web", "state": "new", "level": "l1", "impact": 3, "urgency": 3, "priority": 3,
        "created_at": NOON, "updated_at": NOON, "is_open": True, "next_due": late,
        "soon_from": late,
    }  # fmt: skip
    surge = {"title": "s", "stage": "active", "started_at": NOON, "usual": 0.1, "model_key": "m"}
    tick = {"day": date(2026, 11, 2), "title": "t", "group": "g", "state": "ok", "note": ""}
    outage = {"source": "person", "title": "o", "progress": "resolved", "started_at": NOON}
    facts = {"list": [1, 1.5, 2.0, None, True], "deep": {"ä": "„x“"}, "big": 1e16}
    with database.write() as connection:
        connection.execute(insert(tickets).values(ticket))
        connection.execute(insert(surges).values(surge | {"centre": b"\x00\xff\x01"}))
        for key in ("b", "B", "ä", "a"):
            connection.execute(
                insert(checklist_ticks).values(tick | {"key": key, "at": NOON, "actor_name": "n"})
            )
        event = {"at": NOON, "kind": "x", "facts": facts}
        connection.execute(insert(account_events), [event for _ in range(people)])
        full_text.write_words(connection, {7: ["vpn", "geht", "vpn", "größe"]})
    with database.schema_change() as connection:
        found = [client(n, organisation_id=people) for n in range(1, people)]
        connection.execute(insert(clients), [client(people), *found])
        connection.execute(insert(outages), [outage | {"id": 2}, outage | {"id": 1, "cause_id": 2}])


@pytest.fixture
def source(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "source.db"
    path.write_bytes(sqlite_template.read_bytes())
    opened = Database(sqlite_url(path))
    fill_all_kinds(opened)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A place with nothing in it, not even tables."""
    if request.param == "sqlite":
        opened = Database(sqlite_url(tmp_path / "target.db"))
    else:
        server: URL = request.getfixturevalue("postgresql_server")
        name = f"target_{next(_numbers)}"
        databases.execute(server, f"CREATE DATABASE {name}")
        opened = Database(server.set(database=name))
    yield opened
    opened.close()


def sums(database: Database) -> dict[str, Any]:
    with database.read() as connection:
        return dict(checksums(connection))


def test_a_copy_holds_every_row_of_every_table(source: Database, target: Database) -> None:
    result = copying.copy(source, target)

    assert result.differences == []
    assert set(result.tables) == {*complete_metadata().tables, full_text.TABLE}
    assert result.written == result.rows == sum(each.rows for each in sums(source).values())
    assert sums(target) == sums(source)
    assert check(target).faults == []


def test_a_copy_of_the_copy_comes_back(source: Database, target: Database, tmp_path: Path) -> None:
    back = Database(sqlite_url(tmp_path / "back.db"))
    copying.copy(source, target)
    result = copying.copy(target, back)

    assert result.differences == []
    assert sums(back) == sums(source)
    back.close()


def test_a_copy_can_be_worked_with(source: Database, target: Database) -> None:
    copying.copy(source, target)
    fill(target, "next")
    numbered = {name: value for name, value in client(0).items() if name != "id"}
    with target.write() as connection:
        fresh = connection.execute(
            insert(clients).values(numbered).returning(clients.c.id)
        ).scalar_one()
    for refused in (account_events.delete(), insert(clients).values(client(99, organisation_id=9))):
        with pytest.raises(DBAPIError), target.write() as connection:
            connection.execute(refused)

    assert fresh == 6
    with target.read() as connection:
        assert inspect(connection).has_table("kb_copy") is False


_KILLED = """
import os, signal, sys
from kb_assist.storage import copying
from kb_assist.storage.db import Database
copying.BATCH = 2
def progress(done, total):
    if done >= 12:
        os.kill(os.getpid(), signal.SIGKILL)
copying.copy(Database(sys.argv[1]), Database(sys.argv[2]), progress=progress)
"""


def test_a_killed_copy_goes_on_after_its_last_batch(
    source: Database, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [d.url.render_as_string(hide_password=False) for d in (source, target)]
    killed = subprocess.run([sys.executable, "-c", _KILLED, *addresses], check=False)
    with pytest.raises(DatabaseOutdatedError, match="unfinished copy"):
        prepare_database(target)
    before = check(target)
    monkeypatch.setattr(copying, "BATCH", 2)
    result = copying.copy(source, target)

    assert killed.returncode == -signal.SIGKILL
    assert any("unfinished" in fault for fault in before.faults)
    kept = sum(before.rows.values())
    assert kept >= 12
    assert result.written == result.rows - kept
    assert result.differences == []
    assert prepare_database(target) == []


def test_a_batch_that_fails_is_not_half_there(
    source: Database, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 2)
    note = copying._note

    def failing(connection: Any, name: str, facts: dict[str, Any]) -> None:
        if name == "account_events" and facts["rows"] == 4:
            raise KbError("pulled the plug")
        note(connection, name, facts)

    monkeypatch.setattr(copying, "_note", failing)
    with pytest.raises(KbError, match="plug"):
        copying.copy(source, target)
    held = sums(target)["account_events"].rows
    monkeypatch.setattr(copying, "_note", note)

    assert held == 2
    assert copying.copy(source, target).differences == []


def test_a_changed_cell_in_the_copy_is_found(source: Database, target: Database) -> None:
    copying.copy(source, target)
    equal = copying.compare(source, target)
    with target.write() as connection:
        connection.execute(update(users).values(display_name="somebody else"))
        full_text.erase_words(connection, [7])
    found = copying.compare(source, target).differences

    assert equal.differences == []
    assert found == [
        "ticket_words: 1 rows here, 0 there",
        "users: 1 rows in both, with another content",
    ]


def test_what_changed_in_the_source_between_two_runs_is_found(
    source: Database, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, total: int) -> None:
        if 3 * done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copying.copy(source, target, progress=stop)
    with source.write() as connection:
        connection.execute(update(users).values(display_name="changed meanwhile"))
    result = copying.copy(source, target)

    assert result.differences == ["users: 1 rows in both, with another content"]
    with pytest.raises(DatabaseOutdatedError):
        copying.require_whole(target)


def test_a_target_with_rows_is_refused_and_stays_as_it_is(
    source: Database, target: Database
) -> None:
    upgrade(target)
    fill(target, "somebody")
    before = sums(target)
    with pytest.raises(InputError, match="other data: the table"):
        copying.copy(source, target)

    assert sums(target) == before


def test_a_target_of_another_program_is_refused(source: Database, target: Database) -> None:
    with target.write() as connection:
        connection.execute(text("CREATE TABLE invoices (id integer)"))
    with pytest.raises(InputError, match="invoices"):
        copying.copy(source, target)


def test_a_target_with_empty_tables_will_do(source: Database, target: Database) -> None:
    upgrade(target)

    assert copying.copy(source, target).differences == []


def test_an_interrupted_copy_of_another_source_is_refused(
    source: Database, target: Database, tmp_path: Path
) -> None:
    other = Database(sqlite_url(tmp_path / "other.db"))
    upgrade(other)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copying.copy(other, target, progress=stop)
    with pytest.raises(InputError, match=r"interrupted copy of sqlite:///.*other\.db"):
        copying.copy(source, target)
    other.close()


def test_other_versions_are_refused(source: Database, target: Database) -> None:
    upgrade(target)
    change = text("UPDATE alembic_version SET version_num = '0001'")
    with target.write() as connection:
        connection.execute(change)
    with pytest.raises(DatabaseOutdatedError, match="0001"):
        copying.copy(source, target)
    with source.write() as connection:
        connection.execute(change)
    with pytest.raises(DatabaseOutdatedError, match="lacks"):
        copying.copy(source, target)


def test_a_database_is_not_copied_into_itself(source: Database) -> None:
    with pytest.raises(InputError, match="itself"):
        copying.copy(source, Database(source.url))


def test_the_address_is_shown_without_its_password() -> None:
    url = URL.create("postgresql", "kb", "secret", "db.example.com", 5433, "kb")

    assert copying.label(url) == "postgresql://db.example.com:5433/kb"
