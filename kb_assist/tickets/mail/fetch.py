"""New mails of a mailbox become tickets; each is marked as read only after it is stored."""

from __future__ import annotations

import imaplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kb_assist.errors import MailUnavailableError
from kb_assist.tickets.attachments import Shelf, Upload, attach
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.mail.intake import take_mail
from kb_assist.tickets.mail.message import MAX_MAIL_BYTES, Mail, read_mail

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Account:
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"


@dataclass(frozen=True, slots=True)
class Fetched:
    tickets: int
    comments: int
    skipped: int
    """Answers of machines, mails that are too large, mails that had come before."""


Connect = Callable[[Account], Any]
Store = Callable[[Mail], str]


def connect(account: Account) -> Any:
    """An imaplib connection over TLS."""
    return imaplib.IMAP4_SSL(account.host, account.port, timeout=_TIMEOUT_SECONDS)


def fetch(account: Account, store: Store, *, connect: Connect = connect) -> Fetched:
    """Give every unread mail to ``store``, which answers ``ticket``, ``comment`` or ``skipped``.

    Killed half way, the mail at hand comes again next time and is recognised. Raises
    MailUnavailableError.
    """
    counted = {"ticket": 0, "comment": 0, "skipped": 0}
    with _open(account, connect) as box:
        for uid in _unread(box):
            raw = _content(box, uid)
            counted["skipped" if raw is None else store(read_mail(raw))] += 1
            box.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
    return Fetched(counted["ticket"], counted["comment"], counted["skipped"])


def keep(desk: Desk, mail: Mail, shelf: Shelf) -> str:
    """Store a mail with its files. A file that is not taken does not stop the mail."""
    if mail.is_auto_reply:
        return "skipped"
    taken = take_mail(desk, mail)
    if not taken.is_stored:
        return "skipped"
    for file in mail.files:
        attach(desk, taken.ticket_id, Upload(file.name, file.content), shelf)
    return "ticket" if taken.is_new else "comment"


@contextmanager
def _open(account: Account, connect: Connect) -> Iterator[Any]:
    """The opened folder; every fault of the server becomes one error."""
    try:
        box = connect(account)
        try:
            box.login(account.user, account.password)
            state, _ = box.select(f'"{account.folder}"')
            if state != "OK":
                raise MailUnavailableError(f"The folder {account.folder} cannot be opened.")
            yield box
        finally:
            box.logout()
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailUnavailableError(
            f"The mail server {account.host} does not do as asked: {error}.",
            remedy="Check KB_ASSIST_IMAP_HOST, the user and the password.",
        ) from error


def _unread(box: Any) -> list[bytes]:
    _, found = box.uid("SEARCH", None, "UNSEEN")
    return bytes(found[0] or b"").split() if found else []


def _content(box: Any, uid: bytes) -> bytes | None:
    """None for a mail that is too large or gone. PEEK leaves it unread."""
    _, sizes = box.uid("FETCH", uid, "(RFC822.SIZE)")
    if _size(sizes) > MAX_MAIL_BYTES:
        return None
    _, parts = box.uid("FETCH", uid, "(BODY.PEEK[])")
    found = [part[1] for part in parts or () if isinstance(part, tuple) and len(part) > 1]
    return bytes(found[0]) if found else None


def _size(answer: Any) -> int:
    said = answer[0] if answer else b""
    text = said[0] if isinstance(said, tuple) else said
    digits = bytes(text or b"").partition(b"RFC822.SIZE ")[2]
    number = digits.split(b")")[0].split(b" ")[0]
    return int(number) if number.isdigit() else 0
