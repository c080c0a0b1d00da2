"""Zammad's webhook: a new ticket, or a new article on a known one."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kb_assist.errors import InputError
from kb_assist.integrations.zammad import mapping
from kb_assist.tickets import inbound, store
from kb_assist.tickets.comments import MAX_COMMENT_CHARACTERS, Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import Actor, ActorKind

ACTOR = Actor(ActorKind.INTEGRATION, "Zammad")
SIGNATURE_HEADER = "X-Hub-Signature"
DELIVERY_HEADER = "X-Zammad-Delivery"
# Our own notes come back as articles; this line tells them apart.
OWN_MARK = "kb-assist:"


@dataclass(frozen=True, slots=True)
class Hook:
    """A request as it came."""

    body: bytes
    signature: str
    delivery: str


def is_genuine(hook: Hook, secret: str) -> bool:
    """Zammad signs the body with HMAC-SHA1 and sends no time; repeats are told by their id."""
    expected = "sha1=" + hmac.new(secret.encode(), hook.body, hashlib.sha1).hexdigest()
    return hmac.compare_digest(expected, hook.signature.strip())


def take(desk: Desk, hook: Hook) -> Mapping[str, Any]:
    """Store what is new; a delivery that comes twice is answered alike.

    Raises InputError for a payload that is not Zammad's.
    """
    ticket, article = _parts(hook)
    if not hook.delivery:
        raise InputError(f"The header {DELIVERY_HEADER} is missing.")
    return inbound.once(
        desk, mapping.SOURCE, hook.delivery[:200], lambda: _store(desk, ticket, article)
    )


def _parts(hook: Hook) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    try:
        payload = json.loads(hook.body)
        ticket, article = payload["ticket"], payload.get("article") or {}
        if not isinstance(ticket["id"], int) or not isinstance(article, Mapping):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError("The payload does not hold a ticket as Zammad sends it.") from error
    return ticket, article


def _store(desk: Desk, ticket: Mapping[str, Any], article: Mapping[str, Any]) -> dict[str, Any]:
    known = store.by_external_id(desk.connection, mapping.SOURCE, str(ticket["id"]))
    if known is None:
        made = create(desk, mapping.draft(ticket, article)).ticket
        return {"ticket_id": made.id, "result": "created"}
    text = mapping.text_of(article)
    if not text or text.startswith(OWN_MARK) or article.get("id") is None:
        return {"ticket_id": known.id, "result": "nothing_new"}
    external_id = f"article-{article['id']}"
    body = text[:MAX_COMMENT_CHARACTERS]
    kind = mapping.comment_kind(article)
    comment(desk, known.id, Words(kind, body, mapping.SOURCE, external_id))
    return {"ticket_id": known.id, "result": "commented"}
