"""Ticket values for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kb_assist.tickets.model import Channel, Level, Priority, State, Ticket

MONDAY = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
"""Nine o'clock in Berlin."""


def ticket(**fields: Any) -> Ticket:
    """A new ticket of one person; keyword arguments replace fields."""
    usual: dict[str, Any] = {
        "id": 17,
        "source": "kb-assist",
        "external_id": None,
        "subject": "VPN",
        "body": "Fehler 0x80070005 beim Verbinden.",
        "language": "de",
        "channel": Channel.MAIL,
        "state": State.NEW,
        "pending_reason": None,
        "level": Level.L1,
        "impact": 3,
        "urgency": 2,
        "priority": Priority.P4,
        "group_id": None,
        "assignee_id": None,
        "client_id": None,
        "requester_name": "Jana Beispiel",
        "requester_email": "jana.beispiel@nordwind.example",
        "product": "VPN",
        "resolution_code": None,
        "resolution_text": "",
        "reopened": 0,
        "created_at": MONDAY,
        "updated_at": MONDAY,
        "first_response_at": None,
        "resolved_at": None,
        "closed_at": None,
        "response_due": None,
        "resolution_due": None,
        "version": 1,
    }
    return Ticket(**(usual | fields))
