"""Gaps of the documentation, what people did about them, and corrected escalation labels."""

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
    # When its article came out; tickets after it tell whether the article helps.
    Column("published_at", UtcDateTime, nullable=True),
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

# Tickets that somebody put into a gap by hand; no run takes them out of it.
gap_pins = Table(
    "gap_pins",
    metadata,
    Column("ticket_id", Key, ForeignKey("tickets.id"), primary_key=True),
    Column("gap_id", Key, ForeignKey("gaps.id", ondelete="CASCADE"), nullable=False, index=True),
)

# Gaps that somebody declared to be one; the first lives on in the second only.
gap_merges = Table(
    "gap_merges",
    metadata,
    Column("gap_id", Key, ForeignKey("gaps.id", ondelete="CASCADE"), primary_key=True),
    Column("into_id", Key, ForeignKey("gaps.id", ondelete="CASCADE"), nullable=False, index=True),
)

# Append-only: decisions, comments, drafts, proofs, and what runs changed.
gap_events = Table(
    "gap_events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("gap_id", Key, ForeignKey("gaps.id", ondelete="CASCADE"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Column("actor_id", Key, ForeignKey("users.id"), nullable=True),
    Column("kind", CleanString(20), nullable=False),
    Column("note", CleanText, nullable=False, server_default=""),
    Column("facts", CleanJson, nullable=False),
    Index("ix_gap_events_gap_id_id", "gap_id", "id"),
    Index("ix_gap_events_at", "at", "id"),
)

# Who gets the weekly digest, and the last week it was sent to them: ``2026-W48``.
gap_readers = Table(
    "gap_readers",
    metadata,
    Column("user_id", Key, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("sent_week", CleanString(8), nullable=False, server_default=""),
)

escalation_corrections = Table(
    "escalation_corrections",
    metadata,
    Column("ticket_id", Key, ForeignKey("tickets.id"), primary_key=True),
    Column("label", CleanString(20), nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
