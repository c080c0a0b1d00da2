"""Tickets with their comments, links, pauses, attachments and audit."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
)

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import CleanJson, CleanString, CleanText, Key, UtcDateTime

tickets = Table(
    "tickets",
    metadata,
    Column("id", Key, primary_key=True),
    Column("source", CleanString(60), nullable=False),
    Column("external_id", CleanString(200), nullable=True),
    Column("subject", CleanString(500), nullable=False),
    Column("body", CleanText, nullable=False),
    Column("language", CleanString(5), nullable=False),
    Column("channel", CleanString(20), nullable=False),
    Column("state", CleanString(20), nullable=False),
    Column("pending_reason", CleanString(20), nullable=True),
    Column("level", CleanString(2), nullable=False),
    Column("impact", Integer, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("group_id", Key, ForeignKey("groups.id"), nullable=True),
    Column("assignee_id", Key, ForeignKey("users.id"), nullable=True),
    Column("client_id", Key, ForeignKey("clients.id"), nullable=True),
    Column("requester_name", CleanString(200), nullable=False, server_default=""),
    Column("requester_email", CleanString(320), nullable=False, server_default=""),
    Column("product", CleanString(200), nullable=False, server_default=""),
    Column("resolution_code", CleanString(30), nullable=True),
    Column("resolution_text", CleanText, nullable=False, server_default=""),
    Column("reopened", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("first_response_at", UtcDateTime, nullable=True),
    Column("resolved_at", UtcDateTime, nullable=True),
    Column("closed_at", UtcDateTime, nullable=True),
    Column("response_due", UtcDateTime, nullable=True),
    Column("resolution_due", UtcDateTime, nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    # Kept beside the values they follow from, so that queues need one index each.
    Column("is_open", Boolean, nullable=False),
    # The nearest deadline that is still running; the year 9999 when there is none.
    Column("next_due", UtcDateTime, nullable=False),
    Column("soon_from", UtcDateTime, nullable=False),
    Column("erased_at", UtcDateTime, nullable=True),
    CheckConstraint(
        "state IN ('new', 'assigned', 'in_progress', 'pending', 'escalated', 'resolved', 'closed')",
        name="state",
    ),
    CheckConstraint("level IN ('l1', 'l2', 'l3')", name="level"),
    CheckConstraint("priority BETWEEN 1 AND 5", name="priority"),
    UniqueConstraint("source", "external_id"),
    Index("ix_tickets_is_open_next_due", "is_open", "next_due", "id"),
    Index("ix_tickets_next_due", "next_due", "id"),
    Index("ix_tickets_priority", "priority", "next_due", "id"),
    Index("ix_tickets_is_open_group_id", "is_open", "group_id", "next_due", "id"),
    Index("ix_tickets_is_open_assignee_id", "is_open", "assignee_id", "next_due", "id"),
    Index("ix_tickets_state_updated_at", "state", "updated_at", "id"),
    Index("ix_tickets_created_at", "created_at", "id"),
    Index("ix_tickets_updated_at", "updated_at", "id"),
    Index("ix_tickets_client_id", "client_id", "created_at"),
)

ticket_comments = Table(
    "ticket_comments",
    metadata,
    Column("id", Key, primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", CleanString(20), nullable=False),
    Column("actor_kind", CleanString(20), nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Column("actor_id", Key, ForeignKey("users.id"), nullable=True),
    Column("body", CleanText, nullable=False),
    Column("source", CleanString(60), nullable=False),
    Column("external_id", CleanString(300), nullable=True),
    UniqueConstraint("ticket_id", "source", "external_id"),
    CheckConstraint("kind IN ('requester', 'agent', 'internal')", name="kind"),
    Index("ix_ticket_comments_ticket_id_at", "ticket_id", "at"),
    Index("ix_ticket_comments_source_external_id", "source", "external_id"),
)

# Append-only. Personal texts are in ticket_event_texts, so that they can be erased and this cannot.
ticket_events = Table(
    "ticket_events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_kind", CleanString(20), nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Column("actor_id", Key, ForeignKey("users.id"), nullable=True),
    Column("kind", CleanString(20), nullable=False),
    Column("before", CleanJson, nullable=False),
    Column("after", CleanJson, nullable=False),
    Column("version", Integer, nullable=False),  # of the ticket, after this event
    Index("ix_ticket_events_ticket_id_id", "ticket_id", "id"),
    Index("ix_ticket_events_kind_at", "kind", "at"),
)

ticket_event_texts = Table(
    "ticket_event_texts",
    metadata,
    Column("event_id", Key, ForeignKey("ticket_events.id"), primary_key=True),
    Column("field", CleanString(40), primary_key=True),
    Column("before", CleanText, nullable=False),
    Column("after", CleanText, nullable=False),
)

ticket_pauses = Table(
    "ticket_pauses",
    metadata,
    Column("id", Key, primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=False, index=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=True),
)

ticket_relations = Table(
    "ticket_relations",
    metadata,
    Column("from_id", Key, ForeignKey("tickets.id"), primary_key=True),
    Column("relation", CleanString(20), primary_key=True),
    Column("to_id", Key, ForeignKey("tickets.id"), primary_key=True, index=True),
    CheckConstraint("relation IN ('child_of', 'duplicate_of', 'depends_on')", name="relation"),
    CheckConstraint("from_id <> to_id", name="other"),
)

ticket_cis = Table(
    "ticket_cis",
    metadata,
    Column("ticket_id", Key, ForeignKey("tickets.id"), primary_key=True),
    Column("ci_id", Key, ForeignKey("cis.id"), primary_key=True, index=True),
    Column("role", CleanString(20), nullable=False),
    CheckConstraint("role IN ('primary', 'affected')", name="role"),
)

ticket_articles = Table(
    "ticket_articles",
    metadata,
    Column("ticket_id", Key, ForeignKey("tickets.id"), primary_key=True),
    Column("article_id", CleanString(200), primary_key=True),
    Column("role", CleanString(20), nullable=False),
    Column("passage", CleanString(200), nullable=False, server_default=""),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Index("ix_ticket_articles_article_id_at", "article_id", "at"),
    CheckConstraint("role IN ('linked', 'tried', 'solved')", name="role"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Key, primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Column("name", CleanString(200), nullable=False),
    Column("media_type", CleanString(100), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", CleanString(64), nullable=False, index=True),
)

saved_filters = Table(
    "saved_filters",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", CleanString(100), nullable=False),
    Column("query", CleanJson, nullable=False),
    UniqueConstraint("user_id", "name"),
)

# One vector per resolved ticket, made by the model of the index.
ticket_vectors = Table(
    "ticket_vectors",
    metadata,
    # Grows with every vector written, so that a cache can ask for what is new.
    Column("id", Key, primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=False, unique=True),
    Column("model_key", CleanString(20), nullable=False),
    Column("vector", LargeBinary, nullable=False),  # float32, unit length
    Index("ix_ticket_vectors_model_key", "model_key", "id"),
    # The id of a deleted row is never given again.
    sqlite_autoincrement=True,
)
