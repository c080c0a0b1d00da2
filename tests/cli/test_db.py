"""``kb-assist db``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb_assist.auth.passwords import Passwords
from kb_assist.bootstrap import prepare_database
from kb_assist.cli import users
from kb_assist.cli.main import cli
from kb_assist.errors import DatabaseOutdatedError
from kb_assist.storage.db import Database, sqlite_url
from tests import databases

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passwords: Passwords) -> Run:
    monkeypatch.setenv("KB_ASSIST_VAR", str(tmp_path / "var"))
    monkeypatch.setattr(users, "Passwords", lambda: passwords)

    def invoke(*arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(cli, list(arguments), input=text)

    return invoke


def logins(run: Run) -> list[str]:
    listed = json.loads(run("users", "list", "--json").stdout)
    return [user["login"] for user in listed["users"]]


def test_upgrading_twice_is_harmless(run: Run) -> None:
    assert "0001" in run("db", "upgrade").stdout
    assert "Nothing to do" in run("db", "upgrade").stdout


def test_one_command_brings_a_backup_back_and_keeps_what_was_there(
    run: Run, tmp_path: Path
) -> None:
    run("users", "add", "lena", "--generate")
    made = json.loads(run("db", "backup", "--json").stdout)
    run("users", "add", "emil", "--generate")
    result = run("db", "restore", made["file"], "--yes")
    kept = next((tmp_path / "var/backups").glob("before-restore-*.zip"))
    after = logins(run)
    run("db", "restore", str(kept), "--yes")

    assert result.exit_code == 0, result.output
    assert (after, logins(run)) == (["lena"], ["emil", "lena"])


def test_restoring_asks_first(run: Run) -> None:
    run("users", "add", "lena", "--generate")
    made = json.loads(run("db", "backup", "--json").stdout)
    run("users", "add", "emil", "--generate")

    assert run("db", "restore", made["file"], text="n\n").exit_code == 1
    assert logins(run) == ["emil", "lena"]


def test_a_backup_restores_an_empty_installation(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("users", "add", "lena", "--generate")
    (tmp_path / "var/reports.jsonl").write_text("{}\n")
    run("db", "backup", "--to", str(tmp_path / "b.zip"))
    monkeypatch.setenv("KB_ASSIST_VAR", str(tmp_path / "new"))
    result = run("db", "restore", str(tmp_path / "b.zip"), "--yes")

    assert result.exit_code == 0, result.output
    assert logins(run) == ["lena"]
    assert (tmp_path / "new/reports.jsonl").read_text() == "{}\n"


def test_check_tells_sick_from_healthy(run: Run, tmp_path: Path) -> None:
    sick = run("db", "check")
    run("db", "upgrade")
    healthy = run("db", "check", "--json")

    assert (sick.exit_code, healthy.exit_code) == (1, 0)
    assert json.loads(healthy.stdout)["rows"]["users"] == 0


def test_check_verifies_a_backup(run: Run, tmp_path: Path) -> None:
    run("db", "upgrade")
    made = json.loads(run("db", "backup", "--json").stdout)
    whole = run("db", "check", "--backup", made["file"])
    Path(made["file"]).write_bytes(b"broken")
    broken = run("db", "check", "--backup", made["file"])

    assert (whole.exit_code, broken.exit_code) == (0, 10)
    assert "Take another backup" in broken.stderr


def test_keep_deletes_the_oldest(run: Run, tmp_path: Path) -> None:
    run("db", "upgrade")
    folder = tmp_path / "var/backups"
    folder.mkdir()
    old = folder / "kb-assist-20200101-000000.zip"
    old.touch()
    run("db", "backup", "--keep", "1")

    assert not old.exists()
    assert len(list(folder.iterdir())) == 1


def test_the_embedded_database_is_upgraded_by_itself(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "new.db"))

    assert prepare_database(database) != []
    assert prepare_database(database) == []
    database.close()


def test_a_server_is_upgraded_only_when_somebody_says_so(request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("postgresql_server")
    databases.execute(server, "CREATE DATABASE kb_old")
    database = Database(server.set(database="kb_old"))
    with pytest.raises(DatabaseOutdatedError) as caught:
        prepare_database(database)
    database.close()
    databases.execute(server, "DROP DATABASE kb_old WITH (FORCE)")

    assert "kb-assist db upgrade" in caught.value.remedy


def test_copying_says_what_to_do_next_and_comparing_finds_what_changed(
    run: Run, tmp_path: Path
) -> None:
    run("users", "add", "lena", "--generate")
    address = f"sqlite:///{tmp_path / 'other.db'}"
    copied = run("db", "copy", "--to", address)
    again = run("db", "copy", "--to", address)
    equal = json.loads(run("db", "copy", "--to", address, "--compare", "--json").stdout)
    run("users", "add", "emil", "--generate")
    changed = run("db", "copy", "--to", address, "--compare")

    assert copied.exit_code == 0, copied.output
    assert "KB_ASSIST_DATABASE_URL" in copied.stdout
    assert str(tmp_path / "var/attachments") in copied.stdout
    assert again.exit_code == 4
    assert equal["tables"]["users"]["rows"] == 1
    assert changed.exit_code == 1
    assert "users: 2 rows here, 1 there" in changed.stdout


def test_copying_from_nowhere_makes_nothing(run: Run, tmp_path: Path) -> None:
    result = run("db", "copy", "--to", f"sqlite:///{tmp_path / 'other.db'}")

    assert result.exit_code == 4
    assert "There is no database" in result.stderr
    assert not (tmp_path / "other.db").exists()
