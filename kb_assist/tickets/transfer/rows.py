"""Plain values of a file to a ticket, or why not."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kb_assist.tickets.intake import MAX_SUBJECT_CHARACTERS
from kb_assist.tickets.model import Channel, CommentKind, Draft, ResolutionCode, State
from kb_assist.tickets.transfer.model import Incoming, IncomingComment, Place, RejectedRow

MAX_BODY_CHARACTERS = 1_000_000
# How other systems call it.
_NAMES = {
    "id": "external_id",
    "number": "external_id",
    "key": "external_id",
    "title": "subject",
    "summary": "subject",
    "short_description": "subject",
    "description": "body",
    "text": "body",
    "created": "created_at",
    "opened_at": "created_at",
    "resolved": "resolved_at",
    "closed_at": "resolved_at",
    "status": "state",
    "resolution": "resolution_text",
    "close_notes": "resolution_text",
    "close_code": "resolution_code",
    "email": "requester_email",
    "requester": "requester_name",
    "caller": "requester_name",
    "assignment_group": "group",
    "lang": "language",
}
_STATES = {
    "open": State.NEW,
    "opened": State.NEW,
    "offen": State.NEW,
    "neu": State.NEW,
    "in progress": State.IN_PROGRESS,
    "in bearbeitung": State.IN_PROGRESS,
    "work in progress": State.IN_PROGRESS,
    "on hold": State.PENDING,
    "pending reminder": State.PENDING,
    "wartend": State.PENDING,
    "gelöst": State.RESOLVED,
    "solved": State.RESOLVED,
    "geschlossen": State.CLOSED,
    "done": State.CLOSED,
    "merged": State.CLOSED,
}
# What is not known here says no more than that the ticket ended.
_CODES = {code.value: code for code in ResolutionCode} | {
    "solved": ResolutionCode.FIXED,
    "solved_permanently": ResolutionCode.FIXED,
    "gelöst": ResolutionCode.FIXED,
    "behoben": ResolutionCode.FIXED,
    "solved_work_around": ResolutionCode.WORKAROUND,
    "umgehung": ResolutionCode.WORKAROUND,
    "erklärt": ResolutionCode.EXPLAINED,
    "cannot_reproduce": ResolutionCode.NOT_REPRODUCIBLE,
    "not_solved_not_reproducible": ResolutionCode.NOT_REPRODUCIBLE,
    "duplikat": ResolutionCode.DUPLICATE,
    "closed_resolved_by_caller": ResolutionCode.WITHDRAWN,
    "cancelled": ResolutionCode.WITHDRAWN,
}


def _text(value: Any) -> Any:
    return "" if value is None else str(value) if isinstance(value, int | float) else value


def _number(value: Any) -> Any:
    """``2 - Medium`` and ``P2`` are 2."""
    if isinstance(value, str):
        digits = [c for c in value if c.isdigit()]
        return int(digits[0]) if digits else None
    return value


def _instant(value: Any) -> Any:
    """ISO 8601, or a German date with time; without a zone it is UTC."""
    if value in ("", None):
        return None
    if str(value)[:4].isdigit():
        return value
    for shape in ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y"):
        try:
            return datetime.strptime(str(value).strip(), shape).replace(tzinfo=UTC)
        except ValueError:
            continue
    return value


def _state(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    folded = value.strip().lower()
    return _STATES.get(folded, folded.replace(" ", "_") or State.NEW)


def _code(value: Any) -> Any:
    if not isinstance(value, str):
        return None
    return _CODES.get("_".join(re.findall(r"\w+", value.lower())))


Text = Annotated[str, BeforeValidator(_text)]
Scale = Annotated[Annotated[int, Field(ge=1, le=3)] | None, BeforeValidator(_number)]
Instant = Annotated[datetime | None, BeforeValidator(_instant)]


class _Comment(BaseModel):
    model_config = ConfigDict(extra="ignore")

    body: Annotated[str, Field(min_length=1, max_length=MAX_BODY_CHARACTERS)]
    kind: CommentKind = CommentKind.INTERNAL
    author: Text = ""
    at: Instant = None


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    external_id: Annotated[Text, Field(max_length=200)] = ""
    subject: Text = ""
    body: Annotated[Text, Field(max_length=MAX_BODY_CHARACTERS)] = ""
    language: Literal["de", "en", "und", ""] = ""
    channel: Channel = Channel.IMPORT
    impact: Scale = None
    urgency: Scale = None
    requester_name: Annotated[Text, Field(max_length=200)] = ""
    requester_email: Annotated[Text, Field(max_length=320)] = ""
    product: Annotated[Text, Field(max_length=200)] = ""
    group: Annotated[Text, Field(max_length=100)] = ""
    state: Annotated[State, BeforeValidator(_state)] = State.NEW
    resolution_code: Annotated[ResolutionCode | None, BeforeValidator(_code)] = None
    resolution_text: Annotated[Text, Field(max_length=MAX_BODY_CHARACTERS)] = ""
    created_at: Instant = None
    resolved_at: Instant = None
    comments: tuple[_Comment, ...] = ()


def understand(
    place: Place, values: Mapping[str, Any], *, source: str, now: datetime
) -> Incoming | RejectedRow:
    """``now`` bounds all times: nothing comes from the future."""
    try:
        row = _Row.model_validate(_renamed(values))
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        return RejectedRow(place, f"{where}: {fault['msg']}")
    if not row.subject and not row.body:
        return RejectedRow(place, "there is neither a subject nor a body")
    return _incoming(place, row, source, now)


def _renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Known names; empty values give way to defaults. A ``requester`` may be an object."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        key = name.strip().lower().replace(" ", "_")
        if isinstance(value, Mapping) and key == "requester":
            found.setdefault("requester_name", value.get("name"))
            found.setdefault("requester_email", value.get("email"))
        elif value not in ("", None):
            # The own name of a column wins over another system's.
            wanted = _NAMES.get(key, key)
            if wanted == key or wanted not in found:
                found[wanted] = value
    return {name: value for name, value in found.items() if value is not None}


def _incoming(place: Place, row: _Row, source: str, now: datetime) -> Incoming:
    created = _past(row.created_at, now)
    draft = Draft(
        subject=row.subject[:MAX_SUBJECT_CHARACTERS],
        body=row.body,
        language=row.language,
        channel=row.channel,
        impact=row.impact or 3,
        urgency=row.urgency or 2,
        source=source,
        external_id=row.external_id or _made_up_id(row),
        requester_name=row.requester_name,
        requester_email=row.requester_email.lower(),
        product=row.product,
        created_at=created,
    )
    comments = tuple(
        IncomingComment(c.kind, c.author[:200], c.at and _past(c.at, now), c.body)
        for c in row.comments
    )
    incoming = Incoming(place, draft, row.state, group=row.group, comments=comments)
    if row.state in (State.RESOLVED, State.CLOSED):
        resolved = _past(row.resolved_at, now) if row.resolved_at else created
        incoming = replace(
            incoming,
            resolution_code=row.resolution_code or ResolutionCode.FIXED,
            resolution_text=row.resolution_text,
            resolved_at=max(resolved, created + timedelta(seconds=1)),
        )
    return incoming


def _past(at: datetime | None, now: datetime) -> datetime:
    if at is None:
        return now
    aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return min(aware, now)


def _made_up_id(row: _Row) -> str:
    """Equal rows get equal ids, so that a second run finds them again."""
    said = json.dumps([row.subject, row.body, str(row.created_at), row.requester_email])
    return f"sha256-{hashlib.sha256(said.encode()).hexdigest()[:40]}"
