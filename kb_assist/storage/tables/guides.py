"""Guide sessions: the versions they run on, their events, links for customers."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
)

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import CleanJson, CleanString, CleanText, Key, UtcDateTime

# A version of a guide with all it calls, as JSON; kept as long as sessions refer to it.
guide_bundles = Table(
    "guide_bundles",
    metadata,
    Column("digest", CleanString(64), primary_key=True),
    Column("content", CleanText, nullable=False),
)

# What lists need of a session; all of it follows from its events.
guide_sessions = Table(
    "guide_sessions",
    metadata,
    Column("id", CleanString(40), primary_key=True),
    Column("guide", CleanString(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=True),
    Column("owner", CleanString(200), nullable=False),
    # Number of the last event: whoever raises it may write.
    Column("seq", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("outcome", CleanString(20), nullable=False, server_default=""),  # kind, once ended
    # Neither ended nor put aside.
    Column("is_open", Boolean, nullable=False),
    # Counted once as abandoned; somebody may go on all the same.
    Column("abandoned_at", UtcDateTime, nullable=True),
    Column("erased_at", UtcDateTime, nullable=True),
    Index("ix_guide_sessions_ticket_id", "ticket_id", "started_at"),
    Index("ix_guide_sessions_guide", "guide", "started_at"),
    Index("ix_guide_sessions_owner", "owner", "is_open", "last_at"),
    Index("ix_guide_sessions_is_open", "is_open", "last_at"),
)

# Append-only. What people typed is in guide_event_texts, so that it can be erased.
guide_events = Table(
    "guide_events",
    metadata,
    Column("session_id", CleanString(40), ForeignKey("guide_sessions.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", CleanString(200), nullable=False),
    Column("channel", CleanString(20), nullable=False),
    Column("type", CleanString(20), nullable=False),
    Column("payload", CleanJson, nullable=False),
)

guide_event_texts = Table(
    "guide_event_texts",
    metadata,
    Column("session_id", CleanString(40), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("texts", CleanJson, nullable=False),
    ForeignKeyConstraint(["session_id", "seq"], ["guide_events.session_id", "guide_events.seq"]),
)

# Each opens one session without signing in, until it expires or is withdrawn.
guide_links = Table(
    "guide_links",
    metadata,
    Column("id", CleanString(40), primary_key=True),
    Column(
        "session_id", CleanString(40), ForeignKey("guide_sessions.id"), nullable=False, index=True
    ),
    Column("made_by", CleanString(200), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime, nullable=True),
)
