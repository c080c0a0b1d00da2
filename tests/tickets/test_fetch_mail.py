"""Mails of a mailbox become tickets once, and stay unread until they are stored."""

from __future__ import annotations

import imaplib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kb_assist.contents import FolderContents
from kb_assist.errors import MailUnavailableError
from kb_assist.tickets import attachments_store, store
from kb_assist.tickets.attachments import Shelf
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.mail.fetch import Account, Fetched, fetch, keep
from kb_assist.tickets.mail.message import Mail

ACCOUNT = Account("imap.example", 993, "support", "secret", "Tickets")

FIRST = (
    b"From: Jana <jana@nordwind.example>\r\nMessage-ID: <1@x>\r\nSubject: VPN\r\n\r\nFehler 809\r\n"
)
ANSWER = (
    b"From: jana@nordwind.example\r\nMessage-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nNoch immer.\r\n"
    b"--b\r\nContent-Disposition: attachment; filename=vpn.log\r\n\r\nlog\r\n"
    b"--b\r\nContent-Disposition: attachment; filename=virus.exe\r\n\r\nMZ\r\n--b--\r\n"
)
AWAY = b"From: a@x.example\r\nMessage-ID: <3@x>\r\nAuto-Submitted: auto-replied\r\n\r\nWeg.\r\n"


@dataclass
class FakeMailbox:
    """Answers as imaplib does."""

    mails: dict[bytes, bytes]
    seen: set[bytes] = field(default_factory=set)
    size: int | None = None
    calls: list[str] = field(default_factory=list)

    def login(self, user: str, password: str) -> None:
        if password != "secret":
            raise imaplib.IMAP4.error("wrong password")

    def select(self, folder: str) -> tuple[str, list[bytes]]:
        return ("OK" if folder == '"Tickets"' else "NO"), [b""]

    def uid(self, command: str, *arguments: Any) -> tuple[str, list[Any]]:
        if command == "SEARCH":
            return "OK", [b" ".join(uid for uid in self.mails if uid not in self.seen)]
        uid, wanted = arguments[0], arguments[1]
        if command == "STORE":
            self.seen.add(uid)
            return "OK", [b""]
        if wanted == "(RFC822.SIZE)":
            return "OK", [b"1 (UID 1 RFC822.SIZE %d)" % (self.size or len(self.mails[uid]))]
        return "OK", [(b"1 (BODY[] {9}", self.mails[uid]), b")"]

    def logout(self) -> None:
        self.calls.append("logout")


@pytest.fixture
def box() -> FakeMailbox:
    return FakeMailbox({b"1": FIRST, b"2": ANSWER, b"3": AWAY})


def test_mails_become_tickets_comments_and_files(
    desk: Desk, box: FakeMailbox, tmp_path: Path
) -> None:
    shelf = Shelf(FolderContents(tmp_path), 1_000)
    fetched = fetch(ACCOUNT, lambda mail: keep(desk, mail, shelf), connect=lambda _: box)
    files = attachments_store.of_ticket(desk.connection, 1)

    assert fetched == Fetched(tickets=1, comments=1, skipped=1)
    assert store.get(desk.connection, 1).subject == "VPN"
    assert [file.name for file in files] == ["vpn.log"]
    assert box.seen == {b"1", b"2", b"3"}
    again = fetch(ACCOUNT, lambda mail: keep(desk, mail, shelf), connect=lambda _: box)
    assert again == Fetched(0, 0, 0)


def test_a_mail_that_comes_again_is_recognised(
    desk: Desk, box: FakeMailbox, tmp_path: Path
) -> None:
    shelf = Shelf(FolderContents(tmp_path), 1_000)
    for _ in range(2):
        fetched = fetch(ACCOUNT, lambda mail: keep(desk, mail, shelf), connect=lambda _: box)
        box.seen.clear()

    assert fetched == Fetched(0, 0, 3)
    assert len(attachments_store.of_ticket(desk.connection, 1)) == 1


def test_a_mail_that_cannot_be_stored_stays_unread(box: FakeMailbox) -> None:
    def fail(mail: Mail) -> str:
        if mail.message_id == "<2@x>":
            raise RuntimeError
        return "ticket"

    with pytest.raises(RuntimeError):
        fetch(ACCOUNT, fail, connect=lambda _: box)

    assert box.seen == {b"1"}
    assert box.calls == ["logout"]


def test_a_mail_that_is_too_large_is_skipped(box: FakeMailbox) -> None:
    box.size = 60_000_000

    assert fetch(ACCOUNT, lambda mail: "ticket", connect=lambda _: box) == Fetched(0, 0, 3)


@pytest.mark.parametrize(
    "account",
    [Account("x", 993, "support", "wrong", "Tickets"), Account("x", 993, "a", "secret", "Other")],
)
def test_a_refusing_server_is_an_expected_error(box: FakeMailbox, account: Account) -> None:
    with pytest.raises(MailUnavailableError) as caught:
        fetch(account, lambda mail: "ticket", connect=lambda _: box)

    assert "wrong" not in repr(account)
    assert caught.value.code == "mail_unavailable"


def test_no_server_is_an_expected_error() -> None:
    with pytest.raises(MailUnavailableError):
        fetch(Account("127.0.0.1", 9, "a", "b"), lambda mail: "ticket")
