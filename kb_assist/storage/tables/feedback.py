"""What happened to suggestions: the raw signals of gap reports and calibration."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import CleanString, CleanText, Key, UtcDateTime

suggestion_signals = Table(
    "suggestion_signals",
    metadata,
    Column("id", Key, primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=True),
    Column("user_id", Key, ForeignKey("users.id"), nullable=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", CleanString(20), nullable=False),
    Column("subject_kind", CleanString(20), nullable=False, server_default="article"),
    Column("subject_id", CleanString(200), nullable=False, server_default=""),
    Column("passage", CleanString(200), nullable=False, server_default=""),
    Column("rank", Integer, nullable=True),
    Column("strength", CleanString(10), nullable=False, server_default=""),
    Column("chance", Float, nullable=True),
    Column("generation", CleanString(60), nullable=False, server_default=""),
    Column("query", CleanText, nullable=False, server_default=""),  # only of failed searches
    Index("ix_suggestion_signals_ticket_id_id", "ticket_id", "id"),
    Index("ix_suggestion_signals_kind_at", "kind", "at"),
    Index("ix_suggestion_signals_subject_id_at", "subject_id", "at"),
)
