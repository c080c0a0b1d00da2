"""Guide sessions in the database: the store of ``sessions``, and what lists show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, insert, select, update

from kb_assist.guides.model import Channel, Kind, Outcome
from kb_assist.guides.run import Event, EventType
from kb_assist.storage.tables.guides import (
    guide_bundles,
    guide_event_texts,
    guide_events,
    guide_sessions,
)
from kb_assist.storage.upsert import upsert

_s = guide_sessions.c
_e = guide_events.c
_t = guide_event_texts.c

# What people typed, or what says something about them; kept apart so that it can be erased.
_TEXTS = frozenset({"value", "was", "text", "name", "ref", "context"})
# Answers that say nothing about anybody; figures need them for ever.
_HARMLESS = frozenset({"yes", "no", "ok", "failed", "blocked", "other", None})


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as lists show it."""

    id: str
    guide: str
    version: int
    ticket_id: int | None
    owner: str
    started_at: datetime
    last_at: datetime
    outcome: str
    """Kind of outcome once ended; empty before."""
    is_open: bool


class DatabaseStore:
    """A ``GuideSessionStore`` over one transaction.

    It reads a session once: what others write meanwhile is noticed by ``append``, which then
    writes nothing.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._read: dict[str, list[Event]] = {}

    def append(self, events: Sequence[Event]) -> bool:
        """Whoever raises the number from what they saw may write; others write nothing."""
        if not events:
            return True
        claimed = self._begin(events) if events[0].seq == 1 else self._claim(events)
        if not claimed:
            return False
        rows, texts = zip(*(_split(event) for event in events), strict=True)
        self._connection.execute(insert(guide_events), list(rows))
        kept = [text for text in texts if text["texts"]]
        if kept:
            self._connection.execute(insert(guide_event_texts), kept)
        self._read.pop(events[0].session, None)
        return True

    def _begin(self, events: Sequence[Event]) -> bool:
        first, last = events[0], events[-1]
        row = {
            "id": first.session,
            "guide": first.payload["guide"],
            "version": first.payload["version"],
            "ticket_id": int(first.payload["ticket"]) if first.payload["ticket"] else None,
            "owner": first.actor,
            "seq": last.seq,
            "started_at": first.at,
            "last_at": last.at,
            "is_open": True,
        }
        statement = upsert(self._connection, guide_sessions).values(row).on_conflict_do_nothing()
        return self._connection.execute(statement.returning(_s.id)).first() is not None

    def _claim(self, events: Sequence[Event]) -> bool:
        first, last = events[0], events[-1]
        values: dict[str, Any] = {"seq": last.seq, "last_at": last.at, "is_open": True}
        for event in events:
            values |= _summary(event)
        if all(event.type is EventType.NOTED for event in events):
            # A note on a session that is over does not open it.
            del values["is_open"]
        statement = update(guide_sessions).where(_s.id == first.session, _s.seq == first.seq - 1)
        return self._connection.execute(statement.values(values)).rowcount == 1

    def events(self, session: str) -> list[Event]:
        if session not in self._read:
            statement = _EVENTS.where(_e.session_id == session, _s.erased_at.is_(None))
            found = [_event(row) for row in self._connection.execute(statement)]
            self._read[session] = found
        return list(self._read[session])

    def keep_bundle(self, digest: str, content: str) -> None:
        row = {"digest": digest, "content": content}
        statement = upsert(self._connection, guide_bundles).values(row).on_conflict_do_nothing()
        self._connection.execute(statement)

    def bundle(self, digest: str) -> str | None:
        statement = select(guide_bundles.c.content).where(guide_bundles.c.digest == digest)
        content: str | None = self._connection.execute(statement).scalar_one_or_none()
        return content


def _summary(event: Event) -> dict[str, Any]:
    """What an event changes in the lists."""
    if event.type is EventType.ENDED:
        return {"outcome": event.payload["kind"], "is_open": False}
    if event.type is EventType.REOPENED:
        return {"outcome": ""}
    if event.type is EventType.HANDED_OVER:
        return {"owner": event.payload["to"]}
    if event.type is EventType.MIGRATED:
        return {"version": event.payload["version"]}
    return {}


def _split(event: Event) -> tuple[dict[str, Any], dict[str, Any]]:
    """A row without texts, and the texts."""
    harmless = event.payload.get("kind_of_step") == Kind.DO
    plain: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    for name, value in event.payload.items():
        is_plain = name not in _TEXTS or harmless
        is_plain = is_plain or (
            name == "value" and not isinstance(value, list) and value in _HARMLESS
        )
        (plain if is_plain else texts)[name] = value
    key = {"session_id": event.session, "seq": event.seq}
    row = {
        "at": event.at,
        "actor": event.actor,
        "channel": event.channel.value,
        "type": event.type.value,
        "payload": plain,
    }
    return key | row, key | {"texts": texts}


def _all_events() -> Select[Any]:
    """In order of session and number, with what was typed."""
    joined = guide_events.join(guide_sessions, _s.id == _e.session_id).outerjoin(
        guide_event_texts, (_t.session_id == _e.session_id) & (_t.seq == _e.seq)
    )
    columns = (_e.session_id, _e.seq, _e.at, _e.actor, _e.channel, _e.type, _e.payload, _t.texts)
    return select(*columns).select_from(joined).order_by(_e.session_id, _e.seq)


_EVENTS = _all_events()


def _event(row: Row[Any]) -> Event:
    type_ = EventType(row.type)
    payload: Mapping[str, Any] = row.payload | (row.texts or {})
    if type_ is EventType.ANSWERED and "value" not in payload:
        payload = {**payload, "value": None}  # erased
    return Event(row.session_id, row.seq, row.at, row.actor, Channel(row.channel), type_, payload)


def of_ticket(connection: Connection, ticket_id: int) -> tuple[SessionRow, ...]:
    """Oldest first, without those that were erased."""
    statement = _rows().where(_s.ticket_id == ticket_id).order_by(_s.started_at, _s.id)
    return _listed(connection, statement)


def open_of(
    connection: Connection, owner: str, since: datetime, *, limit: int
) -> tuple[SessionRow, ...]:
    """Sessions somebody has not finished but touched ``since`` then, last used first."""
    statement = _rows().where(_s.owner == owner, _s.is_open.is_(True), _s.last_at >= since)
    return _listed(connection, statement.order_by(_s.last_at.desc(), _s.id).limit(limit))


def row_of(connection: Connection, session: str) -> SessionRow | None:
    found = _listed(connection, _rows().where(_s.id == session))
    return found[0] if found else None


def _rows() -> Select[Any]:
    columns = (_s.id, _s.guide, _s.version, _s.ticket_id, _s.owner, _s.started_at, _s.last_at)
    return select(*columns, _s.outcome, _s.is_open).where(_s.erased_at.is_(None))


def _listed(connection: Connection, statement: Select[Any]) -> tuple[SessionRow, ...]:
    return tuple(SessionRow(*row) for row in connection.execute(statement))


def renamed(connection: Connection, before: str, now: str) -> None:
    """Somebody's unfinished sessions stay theirs; what they did stays as it was recorded."""
    theirs = (_s.owner == before) & _s.is_open.is_(True)
    connection.execute(update(guide_sessions).where(theirs).values(owner=now))


def put_aside(connection: Connection, session: str) -> None:
    """No longer listed as unfinished; the next answer brings it back."""
    connection.execute(update(guide_sessions).where(_s.id == session).values(is_open=False))


def record(connection: Connection) -> dict[str, tuple[int, int]]:
    """Resolved and all sessions by guide; those that people are in the middle of do not count."""
    resolved = func.sum(case((_s.outcome == Outcome.RESOLVED.value, 1), else_=0))
    is_over = ~_s.is_open | _s.abandoned_at.is_not(None)
    statement = select(_s.guide, resolved, func.count()).where(is_over).group_by(_s.guide)
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(statement)}


def sessions_of_guide(
    connection: Connection, guide: str, *, limit: int, version: int | None = None
) -> Iterator[tuple[Event, ...]]:
    """Events of the newest sessions of a guide (and version), session by session."""
    is_meant = _s.guide == guide
    if version is not None:
        is_meant &= _s.version == version
    newest = select(_s.id).where(is_meant).order_by(_s.started_at.desc()).limit(limit)
    rows = connection.execute(_EVENTS.where(_e.session_id.in_(newest)))
    for _, group in groupby(rows, key=lambda row: row.session_id):
        yield tuple(_event(row) for row in group)


def given_up(connection: Connection, guide: str) -> frozenset[str]:
    """Sessions of a guide that were put aside because nothing of it helped."""
    was_left = ~_s.is_open & (_s.outcome == "")
    found = connection.execute(select(_s.id).where(_s.guide == guide, was_left))
    return frozenset(found.scalars())


def claim_abandoned(
    connection: Connection, before: datetime, at: datetime, *, limit: int
) -> tuple[SessionRow, ...]:
    """Unfinished sessions nobody touched since ``before``; each is given out once."""
    waiting = _s.is_open.is_(True) & (_s.last_at < before) & _s.abandoned_at.is_(None)
    found = _listed(connection, _rows().where(waiting).order_by(_s.last_at).limit(limit))
    claimed = update(guide_sessions).where(
        _s.id.in_([row.id for row in found]), _s.abandoned_at.is_(None)
    )
    connection.execute(claimed.values(abandoned_at=at))
    return found


def standing(connection: Connection) -> dict[tuple[str, str], int]:
    """Unfinished sessions by the guide and step they stand on."""
    is_seen = _e.type.in_([EventType.VIEWED.value, EventType.REVISITED.value])
    newest = (
        select(_e.session_id, func.max(_e.seq).label("seq"))
        .join(guide_sessions, _s.id == _e.session_id)
        .where(_s.is_open.is_(True), is_seen)
        .group_by(_e.session_id)
        .subquery()
    )
    at_newest = (newest.c.session_id == _e.session_id) & (newest.c.seq == _e.seq)
    shown = connection.execute(select(_e.payload).join(newest, at_newest)).scalars()
    return dict(Counter((payload["guide"], payload["step"]) for payload in shown))


def versions_of_guide(connection: Connection, guide: str) -> dict[int, int]:
    """How many sessions ran on a version, the newest version first."""
    statement = select(_s.version, func.count()).where(_s.guide == guide).group_by(_s.version)
    found = {int(version): int(count) for version, count in connection.execute(statement)}
    return dict(sorted(found.items(), reverse=True))


def erase(connection: Connection, ticket_ids: Sequence[int], at: datetime) -> None:
    """Forget what was typed at these tickets; steps and times stay as figures."""
    ids = select(_s.id).where(_s.ticket_id.in_(ticket_ids))
    connection.execute(guide_event_texts.delete().where(_t.session_id.in_(ids)))
    connection.execute(
        update(guide_sessions)
        .where(_s.ticket_id.in_(ticket_ids))
        .values(erased_at=at, is_open=False)
    )
