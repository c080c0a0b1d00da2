"""What every use case of this area works with: transaction, person, time, rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from kb_assist.tickets.model import Actor
from kb_assist.tickets.targets import Policy


@dataclass(frozen=True, slots=True)
class Desk:
    """The edge opens it per request or command; use cases neither begin nor commit."""

    connection: Connection
    actor: Actor
    now: datetime
    policy: Policy
    connectors: frozenset[str] = frozenset()
    """Helpdesks that want to hear about tickets that came from them."""
