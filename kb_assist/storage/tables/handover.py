"""Hand-overs to a higher level: templates, answers, snapshots, returns."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    Table,
    UniqueConstraint,
)

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import CleanJson, CleanString, CleanText, Key, UtcDateTime

dossier_templates = Table(
    "dossier_templates",
    metadata,
    Column("group_id", Key, ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
    Column("name", CleanString(100), nullable=False),
    Column("items", CleanJson, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

dossier_answers = Table(
    "dossier_answers",
    metadata,
    Column("ticket_id", Key, ForeignKey("tickets.id"), primary_key=True),
    Column("key", CleanString(60), primary_key=True),
    Column("value", CleanText, nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

handovers = Table(
    "handovers",
    metadata,
    Column("id", Key, primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2 … within the ticket
    Column("at", UtcDateTime, nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Column("actor_id", Key, ForeignKey("users.id"), nullable=True),
    Column("from_level", CleanString(2), nullable=False),
    Column("from_group_id", Key, ForeignKey("groups.id"), nullable=True),
    Column("from_assignee_id", Key, ForeignKey("users.id"), nullable=True),
    Column("to_level", CleanString(2), nullable=False),
    Column("to_group_id", Key, ForeignKey("groups.id"), nullable=False, index=True),
    Column("note", CleanText, nullable=False, server_default=""),
    Column("override_reason", CleanText, nullable=False, server_default=""),
    Column("completeness", Integer, nullable=False),
    Column("dossier", CleanJson, nullable=False),
    Column("outcome", CleanString(20), nullable=False, server_default="waiting"),
    Column("answered_at", UtcDateTime, nullable=True),
    Column("answered_by", CleanString(200), nullable=False, server_default=""),
    Column("return_reason", CleanText, nullable=False, server_default=""),
    UniqueConstraint("ticket_id", "number"),
    CheckConstraint("outcome IN ('waiting', 'accepted', 'returned', 'withdrawn')", name="outcome"),
)

# Which items of the template a return complained about; counted per group and item.
handover_faults = Table(
    "handover_faults",
    metadata,
    Column("handover_id", Key, ForeignKey("handovers.id"), primary_key=True),
    Column("item_key", CleanString(60), primary_key=True, index=True),
)
