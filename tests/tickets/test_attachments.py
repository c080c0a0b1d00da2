"""Files of tickets, and forgetting people."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from kb_assist.contents import FolderContents
from kb_assist.errors import NotFoundError
from kb_assist.storage.schema import complete_metadata
from kb_assist.tickets import attachments_store, store
from kb_assist.tickets.attachments import Fault, Shelf, Upload, attach, media_type, safe_name
from kb_assist.tickets.attachments_store import Attachment
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.feedback import tell
from kb_assist.tickets.feedback_model import Signal, SignalKind, SubjectKind
from kb_assist.tickets.handover.escalate import answer_item, hand_over
from kb_assist.tickets.handover.model import Request
from kb_assist.tickets.intake import create
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import SYSTEM, CommentKind, Draft, Edit, ResolutionCode, State
from kb_assist.tickets.privacy import erase_client, erase_old, remove_files
from kb_assist.tickets.queue import look
from kb_assist.tickets.queue_model import QueueQuery, View, Viewer
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.importing import apply_import, plan_import
from kb_assist.tickets.work import edit, move
from tests.tickets.builders import MONDAY
from tests.tickets.conftest import NETWORK, House, as_

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(FolderContents(tmp_path / "attachments"), 1_000)


def _attached(desk: Desk, ticket_id: int, shelf: Shelf, name: str, content: bytes) -> Attachment:
    made = attach(desk, ticket_id, Upload(name, content), shelf)
    assert isinstance(made, Attachment), made
    return made


def _content(shelf: Shelf, found: Attachment) -> bytes:
    with shelf.contents.open(found.sha256) as stream:
        return stream.read()


def test_equal_contents_are_stored_once(desk: Desk, shelf: Shelf) -> None:
    ticket = create(desk, Draft("x", "y")).ticket.id
    one = _attached(desk, ticket, shelf, "a.log", b"log")
    two = _attached(desk, ticket, shelf, "b.log", b"log")

    assert one.sha256 == two.sha256
    assert _content(shelf, one) == b"log"
    assert [a.name for a in attachments_store.of_ticket(desk.connection, ticket)] == [
        "a.log",
        "b.log",
    ]
    other = create(desk, Draft("x", "y")).ticket.id
    with pytest.raises(NotFoundError):
        attachments_store.get(desk.connection, other, one.id)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.log", b"", Fault.EMPTY),
        ("a.log", bytes(1_001), Fault.TOO_LARGE),
        ("a.exe", b"MZ", Fault.TYPE),
        ("a.html", b"<script>", Fault.TYPE),
        ("a.svg", b"<svg>", Fault.TYPE),
        ("a", b"x", Fault.TYPE),
    ],
)
def test_what_is_not_taken_says_why(
    desk: Desk, shelf: Shelf, name: str, content: bytes, fault: Fault
) -> None:
    ticket = create(desk, Draft("x", "y")).ticket.id

    assert attach(desk, ticket, Upload(name, content), shelf) is fault
    assert list(shelf.contents.names()) == []


def test_a_ticket_holds_ten_times_the_largest_file(desk: Desk, shelf: Shelf) -> None:
    ticket = create(desk, Draft("x", "y")).ticket.id
    for _ in range(10):
        _attached(desk, ticket, shelf, "a.log", bytes(1_000))

    assert attach(desk, ticket, Upload("a.log", b"x"), shelf) is Fault.TICKET_FULL


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\jana\\bild.png", "bild.png"),
        ('a"b<c>.log', "a_b_c_.log"),
        ("re\u202egnp.exe", "regnp.exe"),
        ("..", "attachment"),
        ("x" * 300 + ".log", "x" * 196 + ".log"),
    ],
)
def test_a_name_is_only_a_name(given: str, expected: str) -> None:
    assert safe_name(given) == expected


def test_a_page_in_disguise_is_a_download() -> None:
    assert media_type("a.png", PNG) == "image/png"
    assert media_type("a.png", b"<html><script>") == "application/octet-stream"
    assert media_type("a.xml", b"<x/>") == "application/octet-stream"


CLIENTS = "key,name,email\nP-1,Jana Beispiel,jana.beispiel@nordwind.example\n"


@pytest.fixture
def full(desk: Desk, shelf: Shelf) -> int:
    """A ticket with Jana's data in every place that can hold some."""
    apply_import(desk, plan_import(desk, "clients", CLIENTS))
    draft = Draft(
        "Jana Beispiel: VPN",
        "Jana Beispiel, Tel. +49 40 5550 1809",
        requester_email="jana.beispiel@nordwind.example",
        external_id="<jana@nordwind.example>",
        source="mail",
    )
    ticket = create(as_(desk, SYSTEM), draft).ticket.id
    edit(desk, ticket, Edit(subject="VPN von Jana Beispiel"))
    words = Words(CommentKind.REQUESTER, "Jana Beispiel nochmal", "mail", "<2@jana>")
    comment(as_(desk, SYSTEM), ticket, words)
    _attached(desk, ticket, shelf, "jana.log", b"Jana Beispiel")
    tell(desk, ticket, Signal(SignalKind.FAILED_SEARCH, SubjectKind.NOTHING, query="Jana VPN"))
    answer_item(desk, ticket, "site", "bei Jana Beispiel zu Hause")
    hand_over(desk, ticket, Request(NETWORK, note="Jana", override_reason="Jana wartet"))
    move(
        desk,
        ticket,
        Command(
            Verb.RESOLVE,
            resolution_code=ResolutionCode.FIXED,
            resolution_text="Mit Jana Beispiel den Router neu gestartet.",
        ),
    )
    return ticket


def _everything(desk: Desk) -> str:
    rows: list[Any] = []
    for table in complete_metadata().sorted_tables:
        rows += [dict(row) for row in desk.connection.execute(select(table)).mappings()]
    return json.dumps(rows, default=str, ensure_ascii=False)


def test_erasing_a_client_leaves_no_trace_of_them(desk: Desk, shelf: Shelf, full: int) -> None:
    before = _everything(desk)
    (client,) = records_store.search_clients(desk.connection, "jana")
    erased = erase_client(as_(desk, SYSTEM), client.id)
    remove_files(desk.connection, shelf.contents, erased.files)
    after = _everything(desk)
    ticket = store.get(desk.connection, full)

    assert before.lower().count("jana") > 15
    assert "jana" not in after.lower()
    assert erased.tickets == 1
    assert list(shelf.contents.names()) == []
    assert (ticket.state, ticket.subject) == (State.RESOLVED, "[erased]")
    found = look(desk.connection, QueueQuery(view=View.ALL, text="router"), viewer=Viewer(MONDAY))
    assert found.rows == ()


def test_a_file_that_another_ticket_has_too_stays(desk: Desk, shelf: Shelf, full: int) -> None:
    other = create(desk, Draft("x", "y")).ticket.id
    kept = _attached(desk, other, shelf, "same.log", b"Jana Beispiel")
    (client,) = records_store.search_clients(desk.connection, "jana")
    erased = erase_client(desk, client.id)
    remove_files(desk.connection, shelf.contents, erased.files)

    assert shelf.contents.has(kept.sha256)


def test_retention_empties_old_closed_tickets_and_keeps_the_resolution(house: House) -> None:
    command = Command(
        Verb.RESOLVE,
        resolution_code=ResolutionCode.FIXED,
        resolution_text="Mit Frau Beispiel (jana@x.example) den Router neu gestartet.",
    )
    with house.desk() as desk:
        old, resolved = (
            create(desk, Draft("VPN", "y", requester_name="Jana Beispiel")).ticket.id
            for _ in range(2)
        )
        for ticket in (old, resolved):
            move(desk, ticket, command)
        move(desk, old, Command(Verb.CLOSE))
    with house.desk(SYSTEM, after=timedelta(days=400)) as desk:
        erased = erase_old(desk, timedelta(days=365))
        again = erase_old(desk, timedelta(days=365))
        kept = store.many(desk.connection, [old, resolved])

    assert (erased.tickets, again.tickets) == (1, 0)
    assert kept[old].subject == "[erased]"
    assert kept[old].resolution_text == "Mit Frau [name] ([email]) den Router neu gestartet."
    assert kept[resolved].subject == "VPN"


def test_a_content_that_was_attached_again_before_its_removal_stays(
    desk: Desk, shelf: Shelf, full: int
) -> None:
    (client,) = records_store.search_clients(desk.connection, "jana")
    erased = erase_client(desk, client.id)
    other = create(desk, Draft("x", "y")).ticket.id
    kept = _attached(desk, other, shelf, "same.log", b"Jana Beispiel")
    remove_files(desk.connection, shelf.contents, erased.files)

    assert kept.sha256 in erased.files
    assert _content(shelf, kept) == b"Jana Beispiel"
