"""Zammad's words: what its payloads call things, and what they are here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kb_assist.articles.plain import plain_inline
from kb_assist.tickets.model import Channel, CommentKind, Draft

SOURCE = "zammad"
_CHANNELS = {
    "email": Channel.MAIL,
    "phone": Channel.PHONE,
    "web": Channel.PORTAL,
    "chat": Channel.CHAT,
}
# ``1 low``, ``2 normal``, ``3 high`` to our urgency.
_URGENCY = {"1": 3, "2": 2, "3": 1}


def name_of(value: Any) -> str:
    """Payloads hold related objects as an object with a name, or as the name."""
    if isinstance(value, Mapping):
        return str(value.get("name") or "")
    return value if isinstance(value, str) else ""


def draft(ticket: Mapping[str, Any], article: Mapping[str, Any]) -> Draft:
    """The ticket as it arrived, with the text of its first article."""
    customer = ticket.get("customer")
    person: Mapping[str, Any] = customer if isinstance(customer, Mapping) else {}
    name = " ".join(str(person.get(key) or "") for key in ("firstname", "lastname")).strip()
    kind = name_of(ticket.get("create_article_type")) or name_of(article.get("type"))
    return Draft(
        subject=str(ticket.get("title") or ""),
        body=text_of(article),
        channel=_CHANNELS.get(kind, Channel.API),
        urgency=_URGENCY.get(name_of(ticket.get("priority"))[:1], 2),
        source=SOURCE,
        external_id=str(ticket["id"]),
        requester_name=name[:200],
        requester_email=str(person.get("email") or "")[:320].lower(),
    )


def comment_kind(article: Mapping[str, Any]) -> CommentKind:
    if article.get("internal") is True:
        return CommentKind.INTERNAL
    customer = name_of(article.get("sender")).lower() == "customer"
    return CommentKind.REQUESTER if customer else CommentKind.AGENT


def text_of(article: Mapping[str, Any]) -> str:
    """Plain text; articles are HTML more often than not."""
    body = str(article.get("body") or "")
    is_html = "html" in str(article.get("content_type") or "")
    return (plain_inline(body) if is_html else body).strip()
