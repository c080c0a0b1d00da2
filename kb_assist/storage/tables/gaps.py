"""Gaps of the documentation, the tickets that prove them, and corrected escalation labels."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Table,
)

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import CleanJson, CleanString, CleanText, Key, UtcDateTime

gaps = Table(
    "gaps",
    metadata,
    Column("id", Key, primary_key=True),
    Column("state", CleanString(20), nullable=False, server_default="proposed"),
    # What the last run found: title, terms, questions, products … without personal data.
    Column("facts", CleanJson, nullable=False),
    # Given by a person; empty: the title that was found.
    Column("title", CleanString(200), nullable=False, server_default=""),
    Column("owner_id", Key, ForeignKey("users.id"), nullable=True),
    Column("due", Date, nullable=True),
    Column("reason", CleanText, nullable=False, server_default=""),
    Column("dismissed_until", Date, nullable=True),
    Column("article_id", CleanString(200), nullable=False, server_default=""),
    Column("proof", CleanJson, nullable=True),
    # Whether the last run still found it.
    Column("found", Boolean, nullable=False, server_default="1"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    CheckConstraint(
        "state IN ('proposed', 'accepted', 'in_work', 'published', 'verified', 'dismissed')",
        name="state",
    ),
    Index("ix_gaps_state", "state", "id"),
)

gap_tickets = Table(
    "gap_tickets",
    metadata,
    Column("gap_id", Key, ForeignKey("gaps.id", ondelete="CASCADE"), primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), primary_key=True, index=True),
)

escalation_corrections = Table(
    "escalation_corrections",
    metadata,
    Column("ticket_id", Key, ForeignKey("tickets.id"), primary_key=True),
    Column("label", CleanString(20), nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
