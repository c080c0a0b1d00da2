"""A mail as a value: who wrote what, in answer to which other mail."""

from __future__ import annotations

import email
import email.policy
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from typing import cast

from kb_assist.articles.plain import plain_inline

MAX_MAIL_BYTES = 50_000_000
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class MailFile:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    message_id: str
    """Made from the content where the mail has none; at most 200 characters."""
    answers_to: tuple[str, ...]
    """Ids of the mails before it in the thread, the nearest first."""
    sender_name: str
    sender_address: str
    """Lower case."""
    subject: str
    body: str
    sent_at: datetime | None
    files: tuple[MailFile, ...]
    is_auto_reply: bool
    """Out of office or a delivery report; alerts of machines are not meant."""


def read_mail(raw: bytes) -> Mail:
    """Never raises: a damaged mail still has a text."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    name, address = parseaddr(_header(message, "from"))
    return Mail(
        message_id=_message_id(message, raw),
        answers_to=_references(message),
        sender_name=name,
        sender_address=address.strip().lower(),
        subject=" ".join(_header(message, "subject").split()),
        body=_body(message),
        sent_at=_sent_at(message),
        files=tuple(_files(message)),
        is_auto_reply=_is_auto_reply(message),
    )


def _header(message: EmailMessage, name: str) -> str:
    """Broken headers raise all kinds of errors in the standard library's parser."""
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, AttributeError, LookupError, TypeError):
        return ""


def _message_id(message: EmailMessage, raw: bytes) -> str:
    given = _header(message, "message-id").strip()
    if given and len(given) <= _LONGEST_ID:
        return given
    return f"<sha256-{hashlib.sha256(raw).hexdigest()}>"


def _references(message: EmailMessage) -> tuple[str, ...]:
    near = _header(message, "in-reply-to").split()
    far = _header(message, "references").split()
    return tuple(dict.fromkeys([*near, *reversed(far)]))[:50]


def _body(message: EmailMessage) -> str:
    try:
        part = message.get_body(preferencelist=("plain", "html"))
    except (AttributeError, KeyError, ValueError):
        part = None
    if part is None:
        return ""
    text = _text(cast("EmailMessage", part))
    return plain_inline(text) if part.get_content_subtype() == "html" else text


def _text(part: EmailMessage) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError, KeyError):
        # An unknown or lying charset.
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", errors="replace") if isinstance(payload, bytes) else ""


def _sent_at(message: EmailMessage) -> datetime | None:
    try:
        sent = parsedate_to_datetime(_header(message, "date"))
    except (ValueError, TypeError, OverflowError):
        return None
    return sent.replace(tzinfo=UTC) if sent.tzinfo is None else sent.astimezone(UTC)


def _files(message: EmailMessage) -> list[MailFile]:
    found: list[MailFile] = []
    try:
        for part in message.iter_attachments():
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and content:
                found.append(MailFile(part.get_filename() or "attachment", content))
    except (AttributeError, KeyError, ValueError, LookupError):
        return found
    return found


def _is_auto_reply(message: EmailMessage) -> bool:
    submitted = _header(message, "auto-submitted").strip().lower()
    empty_path = _header(message, "return-path").strip() == "<>"
    return submitted.startswith("auto-replied") or empty_path
