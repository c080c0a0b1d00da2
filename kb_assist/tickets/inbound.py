"""Messages of other systems are carried out once, however often they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import Draft
from kb_assist.tickets.outbox import store as outbox_store

_KEPT = timedelta(days=30)


def once(
    desk: Desk, source: str, key: str, work: Callable[[], Mapping[str, Any]]
) -> Mapping[str, Any]:
    """The answer of ``work``; with a known key the answer of back then, and nothing is done."""
    if not outbox_store.claim_key(desk.connection, source, key, desk.now):
        return outbox_store.known_answer(desk.connection, source, key)
    answer = work()
    outbox_store.keep_answer(desk.connection, source, key, answer)
    outbox_store.forget_keys(desk.connection, desk.now - _KEPT)
    return answer


def receive(desk: Desk, draft: Draft, words: Words | None) -> dict[str, Any]:
    """A ticket, new or known by its external id, and perhaps a comment on it."""
    made = create(desk, draft)
    if words is not None:
        comment(desk, made.ticket.id, replace(words, source=draft.source))
    return {"ticket_id": made.ticket.id, "result": "created" if made.is_new else "known"}
