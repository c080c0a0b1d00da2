"""The commands that work on stored tickets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kb_assist.cli.main import cli
from kb_assist.monitoring.store import watched
from kb_assist.storage.db import Database, sqlite_url


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs a command over an empty database."""
    monkeypatch.setenv("KB_ASSIST_VAR", str(tmp_path / "var"))

    def command(*words: str, expect: int = 0, **options: Any) -> Result:
        result = CliRunner().invoke(cli, words, **options)
        assert result.exit_code == expect, result.output
        return result

    return command


def _tickets(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.jsonl"
    lines = [
        {"id": 1, "subject": "VPN", "body": "Fehler 809", "email": "jana@nordwind.example"},
        {"id": 2, "subject": "x", "state": "closed", "resolution": "ok", "created": "2020-01-01"},
        {"id": 3},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_import_reports_rejected_rows_and_export_gives_the_rest_back(
    run: Any, tmp_path: Path
) -> None:
    rejected = tmp_path / "rejected.csv"
    path = str(_tickets(tmp_path))
    first = run("tickets", "import", path, "--rejected", str(rejected), expect=1)
    second = run("tickets", "import", path, expect=1)
    rows = [json.loads(line) for line in run("tickets", "export").stdout.splitlines()]
    table = run("tickets", "export", "--format", "csv", "--with-personal-data").stdout

    assert "2 tickets stored, 0 were known, 1 rows rejected" in first.output
    assert "0 tickets stored, 2 were known" in second.output
    assert rejected.read_text(encoding="utf-8").splitlines()[1].startswith("tickets.jsonl,3,")
    assert [row["external_id"] for row in rows] == ["1", "2"]
    assert rows[0]["requester_email"] == ""
    assert "jana@nordwind.example" in table


def test_a_client_is_imported_and_forgotten(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_text("key,name,email\nP-1,Jana Beispiel,jana@nordwind.example\n", encoding="utf-8")
    planned = run("clients", "import", str(path), "--dry-run").output
    run("clients", "import", str(path))
    run("tickets", "import", str(_tickets(tmp_path)), expect=1)
    forgotten = run("clients", "erase", "jana@nordwind.example", "--yes").output
    left = run("tickets", "export", "--with-personal-data").stdout

    assert "1 would be created" in planned
    assert "texts of 1 tickets" in forgotten
    assert "jana" not in left
    run("clients", "erase", "jana@nordwind.example", "--yes", expect=4)


def test_items_are_imported(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "cis.csv"
    path.write_text("key,name,status\nA,Eins,in_use\nB,Zwei,kaputt\n", encoding="utf-8")

    assert "1 created" in run("cis", "import", str(path), expect=1).output


def test_timers_end_and_say_what_they_did(run: Any, tmp_path: Path) -> None:
    run("tickets", "import", str(_tickets(tmp_path)), expect=1)

    assert "0 tickets closed" in run("tickets", "auto-close").output
    assert "retention is off" in run("tickets", "retention").output
    env = {"KB_ASSIST_RETENTION_DAYS": "365"}
    assert "1 tickets emptied" in run("tickets", "retention", env=env).output
    assert "2 tickets can be found" in run("tickets", "reindex").output
    assert "0 delivered" in run("webhooks", "deliver").output
    assert "No mailbox is set up" in run("tickets", "fetch-mail", expect=4).output


def test_a_webhook_is_added_listed_and_removed(run: Any) -> None:
    added = run("webhooks", "add", "chat", "https://chat.example/hook", "--kind", "created").output
    listed = run("webhooks", "list").output
    run("webhooks", "remove", "chat")

    assert "shown this once" in added
    assert "chat  https://chat.example/hook  created" in listed
    assert run("webhooks", "list").output == ""
    assert "0 messages wait again" in run("webhooks", "redeliver").output
    run("webhooks", "add", "x", "ftp://x.example", expect=2)


def test_the_demo_is_loaded_once(run: Any) -> None:
    assert "90 demo tickets, 41 clients and 60" in run("tickets", "demo").output
    assert "there already" in run("tickets", "demo").output


def test_the_tools_of_the_demo_are_its_own_server(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KB_ASSIST_PORT", "8137")
    run("tickets", "demo")
    database = Database(sqlite_url(tmp_path / "var" / "kb-assist.db"))
    with database.read() as connection:
        targets = {one.tool.target for one in watched(connection)}
    database.close()
    assert targets == {"http://127.0.0.1:8137/healthz"}
