"""What happened to tickets, told to other systems: written with the change, sent afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from kb_assist.errors import N_
from kb_assist.storage.db import Database
from kb_assist.tickets.outbox import store as outbox_store
from kb_assist.tickets.outbox.signature import KEY_HEADER, SIGNATURE_HEADER, sign
from kb_assist.tickets.outbox.store import Message, Webhook

# As many as are sent before they count as stuck, even when every receiver is slow to the limit.
BATCH = 15
# Waits between attempts: half a minute, then ever longer, for about a day in all.
WAITS = (*(timedelta(seconds=30 * 4**n) for n in range(6)), timedelta(hours=12))
_STUCK = timedelta(minutes=10)
_KEPT = timedelta(days=7)
_LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of one attempt."""

    delivered: bool
    error: str = ""
    permanent: bool = False
    """Trying again would not help."""


class Sender(Protocol):
    """Sends one message; tests and connectors bring their own."""

    def __call__(self, message: Message) -> Delivery: ...


@dataclass(frozen=True, slots=True)
class Round:
    delivered: int
    failed: int
    dead: int


Post = Callable[[str, bytes, Mapping[str, str]], Delivery]


def webhook_sender(
    webhooks: Mapping[str, Webhook], post: Post, now: Callable[[], datetime]
) -> Sender:
    """Sends to the webhooks' addresses, signed; the receiver drops repeats by the key."""

    def send(message: Message) -> Delivery:
        webhook = webhooks.get(message.target)
        if webhook is None or not webhook.active:
            return Delivery(delivered=False, error=N_("There is no such webhook."), permanent=True)
        body = json.dumps(dict(message.payload), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "kb-assist",
            KEY_HEADER: f"kb-assist-{message.id}",
            SIGNATURE_HEADER: sign(webhook.secret, body, now()),
        }
        return post(webhook.url, body, headers)

    return send


def deliver(database: Database, send: Callable[[Message], Delivery], now: datetime) -> Round:
    """Send a batch of what is due, each outcome in a transaction of its own.

    A message may arrive twice when the process dies in between; never not at all.
    """
    with database.write() as connection:
        claimed = outbox_store.claim(connection, now, now - _STUCK, BATCH)
    delivered = failed = dead = 0
    for message in claimed:
        values = _settled(message, send(message), now)
        with database.write() as connection:
            outbox_store.settle(connection, message.id, values)
        delivered += values["state"] == "delivered"
        failed += values["state"] == "waiting"
        dead += values["state"] == "dead"
    if not claimed:
        with database.write() as connection:
            outbox_store.forget_delivered(connection, now - _KEPT)
    return Round(delivered, failed, dead)


def _settled(message: Message, outcome: Delivery, now: datetime) -> dict[str, Any]:
    if outcome.delivered:
        return {"state": "delivered", "delivered_at": now, "last_error": ""}
    error = outcome.error[:_LONGEST_ERROR]
    if outcome.permanent or message.attempts > len(WAITS):
        return {"state": "dead", "last_error": error}
    wait = WAITS[message.attempts - 1]
    return {"state": "waiting", "due_at": now + wait, "last_error": error}
