"""The values of an import: rows as read, rows as understood, what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kb_assist.tickets.mail.message import Mail
from kb_assist.tickets.model import CommentKind, Draft, ResolutionCode, State


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands, for the report."""

    file: str
    line: int
    """1 for the first line of a text file; the number of the mail in a mailbox."""


@dataclass(frozen=True, slots=True)
class RawRow:
    place: Place
    values: Mapping[str, Any] | Mail


@dataclass(frozen=True, slots=True)
class RejectedRow:
    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class IncomingComment:
    kind: CommentKind
    author: str
    at: datetime | None
    body: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """A ticket as another system left it."""

    place: Place
    draft: Draft
    """``external_id`` is always set."""
    state: State = State.NEW
    resolution_code: ResolutionCode | None = None
    resolution_text: str = ""
    resolved_at: datetime | None = None
    group: str = ""
    comments: tuple[IncomingComment, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchResult:
    created: int
    known: int
    """Stored before, by an earlier run or twice in the file."""
    rejected: tuple[RejectedRow, ...] = ()
