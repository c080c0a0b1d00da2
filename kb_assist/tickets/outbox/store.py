"""The queries of webhooks, the outbox and idempotency keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from kb_assist.errors import N_, NotFoundError
from kb_assist.storage.tables.outbox import inbound_keys, outbox, webhooks
from kb_assist.storage.upsert import upsert

_o = outbox.c
# A delivery that takes longer than this was killed on the way.
_WEBHOOK = "webhook:"


@dataclass(frozen=True, slots=True)
class Webhook:
    id: int
    name: str
    url: str
    secret: str = field(repr=False)
    kinds: tuple[str, ...] = ()
    """Kinds of events; empty means all."""
    active: bool = True

    @property
    def target(self) -> str:
        return f"{_WEBHOOK}{self.id}"


@dataclass(frozen=True, slots=True)
class Message:
    """Something that has to leave the house."""

    id: int
    target: str
    kind: str
    ticket_id: int | None
    payload: Mapping[str, Any]
    state: str
    """``waiting``, ``sending``, ``delivered`` or ``dead``."""
    attempts: int
    due_at: datetime
    created_at: datetime
    last_error: str


def add_webhook(connection: Connection, webhook: Webhook, at: datetime) -> int:
    values = {
        "name": webhook.name,
        "url": webhook.url,
        "secret": webhook.secret,
        "kinds": list(webhook.kinds),
        "active": webhook.active,
        "created_at": at,
    }
    made = connection.execute(insert(webhooks).values(values).returning(webhooks.c.id))
    return int(made.scalar_one())


def remove_webhook(connection: Connection, name: str) -> None:
    """Its waiting messages die with it. Raises NotFoundError."""
    found = next((w for w in all_webhooks(connection) if w.name == name), None)
    if found is None:
        raise NotFoundError(N_("There is no webhook %(name)s.", name=name))
    connection.execute(delete(webhooks).where(webhooks.c.id == found.id))
    connection.execute(
        update(outbox)
        .where(_o.target == found.target, _o.state == "waiting")
        .values(state="dead", last_error=N_("The webhook was removed."))
    )


def all_webhooks(connection: Connection) -> tuple[Webhook, ...]:
    statement = select(webhooks).order_by(webhooks.c.name)
    return tuple(
        Webhook(row.id, row.name, row.url, row.secret, tuple(row.kinds), row.active)
        for row in connection.execute(statement)
    )


def put(
    connection: Connection, targets: Sequence[str], message: Mapping[str, Any], at: datetime
) -> None:
    """One message for each target; ``message``: kind, ticket_id, payload."""
    rows = [dict(message) | {"target": t, "due_at": at, "created_at": at} for t in targets]
    if rows:
        connection.execute(insert(outbox), rows)


def claim(
    connection: Connection, now: datetime, stuck_before: datetime, limit: int
) -> tuple[Message, ...]:
    """Messages that are due, marked as being sent; also those a killed sender left behind.

    A conditional update: two senders never take the same one.
    """
    due = (_o.state == "waiting") & (_o.due_at <= now)
    stuck = (_o.state == "sending") & (_o.due_at <= stuck_before)
    wanted = select(_o.id).where(due | stuck).order_by(_o.due_at, _o.id).limit(limit)
    ids = [int(row[0]) for row in connection.execute(wanted.with_for_update(skip_locked=True))]
    taken = connection.execute(
        update(outbox)
        .where(_o.id.in_(ids), due | stuck)
        .values(state="sending", due_at=now, attempts=_o.attempts + 1)
        .returning(outbox)
    )
    return tuple(sorted((_message(row) for row in taken.mappings()), key=lambda m: m.id))


def settle(connection: Connection, message_id: int, values: Mapping[str, Any]) -> None:
    connection.execute(update(outbox).where(_o.id == message_id).values(**values))


def dead(connection: Connection, *, limit: int = 100) -> tuple[Message, ...]:
    """Given up, newest first."""
    statement = select(outbox).where(_o.state == "dead").order_by(_o.id.desc()).limit(limit)
    return tuple(_message(row) for row in connection.execute(statement).mappings())


def redeliver(connection: Connection, message_id: int | None, now: datetime) -> int:
    """Try dead messages again, one or (None) all; how many."""
    chosen = _o.state == "dead"
    if message_id is not None:
        chosen &= _o.id == message_id
    again = update(outbox).where(chosen).values(state="waiting", attempts=0, due_at=now)
    return int(connection.execute(again).rowcount)


def forget_delivered(connection: Connection, before: datetime) -> int:
    statement = delete(outbox).where(_o.state == "delivered", _o.delivered_at < before)
    return int(connection.execute(statement).rowcount)


def claim_key(connection: Connection, source: str, key: str, at: datetime) -> bool:
    """False when it is known. Of two at once the second waits for the first to end."""
    row = {"source": source, "key": key, "answer": {}, "at": at}
    statement = upsert(connection, inbound_keys).values(row).on_conflict_do_nothing()
    # A count of inserted rows is not to be had from every driver; what comes back is.
    claimed = connection.execute(statement.returning(inbound_keys.c.key))
    return claimed.one_or_none() is not None


def known_answer(connection: Connection, source: str, key: str) -> Mapping[str, Any]:
    """What was answered when this key came first."""
    statement = select(inbound_keys.c.answer).where(
        inbound_keys.c.source == source, inbound_keys.c.key == key
    )
    answer: Mapping[str, Any] = connection.execute(statement).scalar_one()
    return answer


def keep_answer(connection: Connection, source: str, key: str, answer: Mapping[str, Any]) -> None:
    connection.execute(
        update(inbound_keys)
        .where(inbound_keys.c.source == source, inbound_keys.c.key == key)
        .values(answer=dict(answer))
    )


def forget_keys(connection: Connection, before: datetime) -> None:
    connection.execute(delete(inbound_keys).where(inbound_keys.c.at < before))


def _message(row: Any) -> Message:
    return Message(**{name: row[name] for name in Message.__dataclass_fields__})
