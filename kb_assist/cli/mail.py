"""Reads a ticket from a file: a mail or plain text."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from pathlib import Path

from kb_assist.articles.plain import plain_inline
from kb_assist.errors import InputError

MAX_FILE_BYTES = 50_000_000
_MAIL_ENDINGS = (".eml", ".email", ".mail")


@dataclass(frozen=True, slots=True)
class TicketText:
    subject: str
    body: str


def read_ticket(path: Path) -> TicketText:
    """Raises InputError when the file cannot be read or holds no text."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(f"{path} is larger than {MAX_FILE_BYTES // 1_000_000} MB.")
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    if path.suffix.lower() in _MAIL_ENDINGS:
        return parse_mail(raw)
    return TicketText("", raw.decode("utf-8", errors="replace"))


def parse_mail(raw: bytes) -> TicketText:
    """Subject and text of an RFC 5322 message; HTML is used where there is no plain text."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    subject = str(message.get("subject", ""))
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return TicketText(subject, "")
    try:
        text = str(part.get_content())
    except (LookupError, ValueError):
        # An unknown or lying charset.
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", errors="replace") if isinstance(payload, bytes) else ""
    if part.get_content_subtype() == "html":
        text = plain_inline(text)
    return TicketText(subject, text)
