"""Messages to and from other systems: webhooks, their outbox, keys of what came in."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
)

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import CleanJson, CleanString, CleanText, Key, UtcDateTime

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", CleanString(100), nullable=False, unique=True),
    Column("url", CleanString(1000), nullable=False),
    # Needed in the clear: it signs what is sent.
    Column("secret", CleanString(200), nullable=False),
    Column("kinds", CleanJson, nullable=False),  # kinds of events; an empty list means all
    Column("active", Boolean, nullable=False, server_default="1"),
    Column("created_at", UtcDateTime, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Key, primary_key=True),
    # "webhook:<id>" or the name of a connector.
    Column("target", CleanString(60), nullable=False),
    Column("kind", CleanString(40), nullable=False),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=True, index=True),
    Column("payload", CleanJson, nullable=False),
    Column("state", CleanString(20), nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime, nullable=True),
    Column("last_error", CleanText, nullable=False, server_default=""),
    CheckConstraint("state IN ('waiting', 'sending', 'delivered', 'dead')", name="state"),
    Index("ix_outbox_state_due_at", "state", "due_at", "id"),
)

# Idempotency keys of messages that came in; a second one with the same key is answered alike.
inbound_keys = Table(
    "inbound_keys",
    metadata,
    Column("source", CleanString(60), primary_key=True),
    Column("key", CleanString(200), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("answer", CleanJson, nullable=False),
)
