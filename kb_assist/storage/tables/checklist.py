"""What is looked at every morning, and who looked."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Table

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import CleanString, CleanText, Key, UtcDateTime

# What no probe sees.
checklist_items = Table(
    "checklist_items",
    metadata,
    Column("id", Key, primary_key=True),
    Column("text_de", CleanString(300), nullable=False),
    Column("text_en", CleanString(300), nullable=False),
    Column("group", CleanString(200), nullable=False),
    Column("active", Boolean, nullable=False),
)

# Title and group are kept as they were, so that past days stay readable.
checklist_ticks = Table(
    "checklist_ticks",
    metadata,
    Column("day", Date, primary_key=True),
    Column("key", CleanString(80), primary_key=True),
    Column("title", CleanString(300), nullable=False),
    Column("group", CleanString(200), nullable=False),
    Column("state", CleanString(20), nullable=False),
    Column("note", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=True),
)
