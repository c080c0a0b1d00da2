"""Files that belong to a ticket: checked, stored by content, never handed to a browser to run."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kb_assist.contents import Contents
from kb_assist.tickets import attachments_store, store
from kb_assist.tickets.attachments_store import Attachment
from kb_assist.tickets.audit import Happening, record
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import EventKind

MAX_NAME_CHARACTERS = 200
_TOTAL_FACTOR = 10
# Shown inside a page without danger; everything else is a download of unknown bytes.
SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
DOWNLOAD_TYPE = "application/octet-stream"
# By ending: what support sends around. The content decides for images.
_TYPES = {
    ".txt": "text/plain",
    ".log": "text/plain",
    ".csv": "text/plain",
    ".json": "text/plain",
    ".xml": DOWNLOAD_TYPE,
    ".pdf": "application/pdf",
    ".zip": "application/zip",
    ".7z": DOWNLOAD_TYPE,
    ".gz": "application/gzip",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".eml": DOWNLOAD_TYPE,
    ".msg": DOWNLOAD_TYPE,
    ".docx": DOWNLOAD_TYPE,
    ".xlsx": DOWNLOAD_TYPE,
    ".pptx": DOWNLOAD_TYPE,
    ".odt": DOWNLOAD_TYPE,
    ".ods": DOWNLOAD_TYPE,
    ".evtx": DOWNLOAD_TYPE,
    ".etl": DOWNLOAD_TYPE,
    ".dmp": DOWNLOAD_TYPE,
    ".pcap": DOWNLOAD_TYPE,
    ".pcapng": DOWNLOAD_TYPE,
    ".har": DOWNLOAD_TYPE,
    ".reg": DOWNLOAD_TYPE,
    ".cer": DOWNLOAD_TYPE,
    ".mp4": DOWNLOAD_TYPE,
}
_IMAGE_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_SEPARATORS = re.compile(r"[\\/]")
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')


class Fault(StrEnum):
    """Why a file was not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TICKET_FULL = "ticket_full"
    TYPE = "type"
    """The ending is none of those that are allowed."""


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where contents lie, named by their SHA-256, and how much of them."""

    contents: Contents
    max_bytes: int


def attach(desk: Desk, ticket_id: int, upload: Upload, shelf: Shelf) -> Attachment | Fault:
    """Store a file. Equal contents are stored once.

    The content is kept before the row that refers to it is committed. Raises NotFoundError, and
    FilesUnavailableError, after which nothing may be committed.
    """
    ticket = store.locked(desk.connection, ticket_id)
    name = safe_name(upload.name)
    fault = _fault(desk, ticket_id, name, upload, shelf)
    if fault is not None:
        return fault
    digest = hashlib.sha256(upload.content).hexdigest()
    attachments_store.lock_content(desk.connection, digest)
    if not shelf.contents.has(digest):
        shelf.contents.put(digest, upload.content)
    made = Attachment(
        id=0,
        ticket_id=ticket_id,
        at=desk.now,
        by=desk.actor.name,
        name=name,
        media_type=media_type(name, upload.content),
        size=len(upload.content),
        sha256=digest,
    )
    key = attachments_store.add(desk.connection, made)
    after = {"attachment_id": key, "name": name, "size": made.size}
    record(desk, ticket, Happening(EventKind.ATTACHED, after=after))
    return attachments_store.get(desk.connection, ticket_id, key)


def _fault(desk: Desk, ticket_id: int, name: str, upload: Upload, shelf: Shelf) -> Fault | None:
    size = len(upload.content)
    if not size:
        return Fault.EMPTY
    if size > shelf.max_bytes:
        return Fault.TOO_LARGE
    if Path(name).suffix.lower() not in _TYPES:
        return Fault.TYPE
    held = attachments_store.total_size(desk.connection, ticket_id)
    if held + size > shelf.max_bytes * _TOTAL_FACTOR:
        return Fault.TICKET_FULL
    return None


def safe_name(given: str) -> str:
    """The last part of a path, without what a file system or a header could misread."""
    last = _SEPARATORS.split(unicodedata.normalize("NFC", given))[-1]
    cleaned = _FORBIDDEN.sub("_", last).strip(" .")
    cleaned = "".join(c for c in cleaned if unicodedata.category(c) not in ("Cf", "Cs", "Co"))
    if len(cleaned) > MAX_NAME_CHARACTERS:
        ending = Path(cleaned).suffix[:20]
        cleaned = cleaned[: MAX_NAME_CHARACTERS - len(ending)] + ending
    return cleaned or "attachment"


def media_type(name: str, content: bytes) -> str:
    """What the browser is told. An image must look like one: a page in disguise is a download."""
    told = _TYPES.get(Path(name).suffix.lower(), DOWNLOAD_TYPE)
    if told not in SHOWN_INLINE:
        return told
    found = next((kind for start, kind in _IMAGE_STARTS if content.startswith(start)), None)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        found = "image/webp"
    return found or DOWNLOAD_TYPE
