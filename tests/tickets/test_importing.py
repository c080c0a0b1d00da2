"""Tickets of other systems in, and all of ours out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from kb_assist.errors import InputError
from kb_assist.redaction import DEFAULT_KINDS
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.tables.tickets import ticket_comments, ticket_events, tickets
from kb_assist.storage.upgrade import upgrade
from kb_assist.tickets import comments_store, store
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.mail.intake import Taken, take_mail
from kb_assist.tickets.mail.message import read_mail
from kb_assist.tickets.model import State
from kb_assist.tickets.records.importing import apply_import, plan_import
from kb_assist.tickets.transfer.exporting import export_rows
from kb_assist.tickets.transfer.files import files_of, rows_of
from kb_assist.tickets.transfer.importing import import_batch
from kb_assist.tickets.transfer.model import Place, RejectedRow
from tests.tickets.builders import MONDAY
from tests.tickets.conftest import SECOND_LEVEL

ROOT = Path(__file__).parents[2]
LINES: list[dict[str, Any]] = [
    {"id": "A-1", "subject": "VPN", "body": "Fehler 809", "created": "2026-10-01T08:00:00Z"},
    {
        "number": 2,
        "short_description": "Drucker druckt nicht",
        "description": "Papierstau im Drucker, bitte kommen.",
        "status": "Geschlossen",
        "close_notes": "Walze getauscht.",
        "created": "01.10.2026 09:30",
        "resolved": "02.10.2026 10:00",
        "urgency": "3 - Low",
        "assignment_group": "Second Level",
        "requester": {"name": "Jana Beispiel", "email": "JANA@nordwind.example"},
        "comments": [{"body": "Walze bestellt", "author": "Omar"}],
    },
    {"subject": "ohne Nummer", "body": "x"},
]


def _write(path: Path, lines: Iterable[Any]) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


def _import(desk: Desk, path: Path) -> Any:
    return import_batch(desk, list(rows_of(path)), source="old")


def test_other_systems_words_are_understood(desk: Desk, tmp_path: Path) -> None:
    apply_import(desk, plan_import(desk, "clients", "key,name,email\nP,Jana,jana@nordwind.example"))
    result = _import(desk, _write(tmp_path / "a.jsonl", LINES))
    closed = store.by_external_id(desk.connection, "old", "2")

    assert (result.created, result.known, result.rejected) == (3, 0, ())
    assert closed is not None
    assert (closed.state, closed.language, closed.urgency) == (State.CLOSED, "de", 3)
    assert (closed.subject, closed.resolution_text) == ("Drucker druckt nicht", "Walze getauscht.")
    assert closed.created_at == datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
    assert closed.resolved_at == datetime(2026, 10, 2, 10, 0, tzinfo=UTC)
    assert (closed.group_id, closed.client_id) == (SECOND_LEVEL, 1)
    (comment,) = comments_store.of_ticket(desk.connection, closed.id)
    assert (comment.body, comment.author.name) == ("Walze bestellt", "Omar")


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ({"resolution_code": "outage"}, "outage"),
        ({"close_code": "Solved (Work Around)"}, "workaround"),
        ({"close_code": "Gelöst"}, "fixed"),
        ({"close_code": "Kategorie 17"}, "fixed"),
    ],
)
def test_a_ticket_comes_in_whatever_its_system_calls_the_end(
    desk: Desk, tmp_path: Path, code: dict[str, str], kept: str
) -> None:
    line = {"id": "7", "subject": "VPN", "status": "closed"} | code
    result = _import(desk, _write(tmp_path / "a.jsonl", [line]))
    closed = store.by_external_id(desk.connection, "old", "7")

    assert (result.created, result.rejected) == (1, ())
    assert closed is not None
    assert closed.resolution_code == kept


def test_a_second_run_finds_everything_it_has_stored(desk: Desk, tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", [*LINES, LINES[0]])
    first, second = _import(desk, path), _import(desk, path)

    assert (first.created, first.known) == (3, 1)
    assert (second.created, second.known) == (0, 4)


def test_a_csv_of_any_usual_separator_is_read(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "\ufeffid;subject;body\nB-1;Größe;a\nB-2;;\nB-3;x;y;zu viel\n", encoding="utf-8"
    )
    result = _import(desk, path)

    assert result.created == 1
    assert result.rejected == (
        RejectedRow(Place("a.csv", 3), "there is neither a subject nor a body"),
        RejectedRow(Place("a.csv", 4), "there are more values than columns"),
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "no JSON"),
        ("[1]", "one JSON object"),
        ('{"subject": "x", "impact": 7}', "impact"),
        ('{"subject": "x", "created": "gestern"}', "created_at"),
        ('{"subject": "x", "state": "irgendwas"}', "state"),
        ('{"subject": "x", "comments": [{"body": ""}]}', "comments"),
    ],
)
def test_a_faulty_line_is_rejected_with_its_reason(
    desk: Desk, tmp_path: Path, line: str, reason: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"id": 1, "subject": "gut"}}\n{line}\n', encoding="utf-8")
    result = _import(desk, path)

    assert result.created == 1
    assert result.rejected[0].place == Place("a.jsonl", 2)
    assert reason in result.rejected[0].reason


def test_nothing_comes_from_the_future(desk: Desk, tmp_path: Path) -> None:
    lines = [{"id": 1, "subject": "x", "created": "2099-01-01", "state": "closed"}]
    _import(desk, _write(tmp_path / "a.jsonl", lines))
    ticket = store.by_external_id(desk.connection, "old", "1")

    assert ticket is not None
    assert ticket.created_at == MONDAY


def test_a_folder_gives_its_readable_files(tmp_path: Path) -> None:
    for name in ("b.csv", "a.eml", "notes.txt"):
        (tmp_path / name).write_text("", encoding="utf-8")

    assert [path.name for path in files_of(tmp_path)] == ["a.eml", "b.csv"]
    with pytest.raises(InputError):
        files_of(tmp_path / "notes.txt")


def _mail(number: int, *, subject: str = "VPN", answers: str = "", sender: str = "jana") -> bytes:
    reference = f"In-Reply-To: {answers}\r\n" if answers else ""
    return (
        f"From: Jana Beispiel <{sender}@nordwind.example>\r\nMessage-ID: <{number}@x>\r\n"
        f"Date: Mon, 26 Oct 2026 09:00:00 +0100\r\nSubject: {subject}\r\n{reference}\r\n"
        f"Fehler 809, Mail {number}\r\n"
    ).encode()


def test_an_answer_goes_to_the_ticket_of_its_thread(desk: Desk) -> None:
    first = take_mail(desk, read_mail(_mail(1)))
    answer = take_mail(desk, read_mail(_mail(2, answers="<1@x>", sender="chef")))
    to_answer = take_mail(desk, read_mail(_mail(3, answers="<2@x>")))
    again = take_mail(desk, read_mail(_mail(2, answers="<1@x>", sender="chef")))

    assert first == Taken(1, is_new=True)
    assert answer == to_answer == Taken(1, is_new=False)
    assert again == Taken(1, is_new=False, is_stored=False)
    assert len(comments_store.of_ticket(desk.connection, 1)) == 2
    assert store.get(desk.connection, 1).created_at == datetime(2026, 10, 26, 8, 0, tzinfo=UTC)


def test_a_number_in_the_subject_admits_only_the_requester(desk: Desk) -> None:
    take_mail(desk, read_mail(_mail(1)))
    own = take_mail(desk, read_mail(_mail(2, subject="AW: [T-1] VPN")))
    foreign = take_mail(desk, read_mail(_mail(3, subject="AW: [T-1] VPN", sender="mallory")))

    assert own == Taken(1, is_new=False)
    assert foreign == Taken(2, is_new=True)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"From: <<>>\r\nDate: nonsense\r\nMessage-ID:\r\n\r\n",
        b"Content-Type: text/plain; charset=x\r\n\r\n\xe4",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
        b"From: =?utf-8?q?=ff?= <a@b\r\nReferences: <\r\n\r\nx",
    ],
)
def test_a_damaged_mail_still_becomes_a_ticket(desk: Desk, raw: bytes) -> None:
    assert take_mail(desk, read_mail(raw)).is_new


def test_a_mailbox_is_read_mail_by_mail(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(b"".join(b"From x\n" + _mail(n).replace(b"\r", b"") + b"\n" for n in (1, 2)))
    result = _import(desk, path)

    assert (result.created, _import(desk, path).known) == (2, 2)


def test_an_export_can_be_imported_and_holds_no_personal_data(desk: Desk, tmp_path: Path) -> None:
    _import(desk, _write(tmp_path / "a.jsonl", LINES))
    rows = list(export_rows(desk.connection, sorted(DEFAULT_KINDS)))
    again = import_batch(desk, list(rows_of(_write(tmp_path / "b.jsonl", rows))), source="new")
    text = json.dumps(rows)

    assert again.created == 3
    copy = store.by_external_id(desk.connection, "new", "2")
    assert copy is not None
    assert (copy.state, copy.resolution_text) == (State.CLOSED, "Walze getauscht.")
    assert "Jana" not in text
    assert "nordwind.example" not in text
    assert "Jana" in json.dumps(list(export_rows(desk.connection, None)))


def test_kill_9_during_an_import_loses_and_doubles_nothing(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "kb-assist.db")
    database = Database(url)
    upgrade(database)
    many = 6_000
    start = datetime(2026, 1, 1, tzinfo=UTC)
    path = _write(
        tmp_path / "many.jsonl",
        (
            {
                "id": n,
                "subject": f"Ticket {n}",
                "body": "VPN bricht ab, Fehler 809.",
                "created": (start + timedelta(minutes=n)).isoformat(),
                "comments": [{"body": "Notiz"}],
            }
            for n in range(many)
        ),
    )
    command = [sys.executable, "-m", "kb_assist", "tickets", "import", str(path)]
    environment = {**os.environ, "KB_ASSIST_VAR": str(tmp_path)}
    running = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    _wait_for_rows(database, 1_000)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    stored = _counts(database)[0]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)

    assert 1_000 <= stored < many
    assert stored % 500 == 0
    assert _counts(database) == (many, many, many)
    database.close()


def _counts(database: Database) -> tuple[int, ...]:
    with database.read() as connection:
        return tuple(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tickets, ticket_events, ticket_comments)
        )


def _wait_for_rows(database: Database, wanted: int) -> None:
    until = time.monotonic() + 60
    while _counts(database)[0] < wanted:
        assert time.monotonic() < until, "the import does not start"
        time.sleep(0.02)
