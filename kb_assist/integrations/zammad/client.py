"""Zammad's API, as far as it is used."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from kb_assist.errors import N_
from kb_assist.tickets.outbox.deliver import Delivery, Post


@dataclass(frozen=True, slots=True)
class Zammad:
    """One installation; ``token`` is a personal access token with the right ``ticket.agent``."""

    url: str
    token: str = field(repr=False)
    post: Post

    def add_note(self, ticket_id: str, subject: str, html: str) -> Delivery:
        """An internal article, seen by agents only."""
        if not ticket_id.isdigit():
            return Delivery(delivered=False, error=N_("Not a Zammad ticket."), permanent=True)
        article = {
            "ticket_id": int(ticket_id),
            "subject": subject,
            "body": html,
            "content_type": "text/html",
            "type": "note",
            "internal": True,
        }
        headers = {
            "Authorization": f"Token token={self.token}",
            "Content-Type": "application/json",
        }
        address = f"{self.url.rstrip('/')}/api/v1/ticket_articles"
        return self.post(address, json.dumps(article).encode(), headers)
