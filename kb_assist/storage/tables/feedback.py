"""What happened to suggestions: the raw signals of gap reports and calibration."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table, Text

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import Key, UtcDateTime

suggestion_signals = Table(
    "suggestion_signals",
    metadata,
    Column("id", Key, primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=True),
    Column("user_id", Key, ForeignKey("users.id"), nullable=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("subject_kind", String(20), nullable=False, server_default="article"),
    Column("subject_id", String(200), nullable=False, server_default=""),
    Column("passage", String(200), nullable=False, server_default=""),
    Column("rank", Integer, nullable=True),
    Column("strength", String(10), nullable=False, server_default=""),
    Column("chance", Float, nullable=True),
    Column("generation", String(60), nullable=False, server_default=""),
    Column("query", Text, nullable=False, server_default=""),  # only of failed searches
    Index("ix_suggestion_signals_ticket_id_id", "ticket_id", "id"),
    Index("ix_suggestion_signals_kind_at", "kind", "at"),
    Index("ix_suggestion_signals_subject_id_at", "subject_id", "at"),
)
