"""Clients (people and organisations) and configuration items (assets are items with a serial)."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, String, Table, Text

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import Json, Key, UtcDateTime

clients = Table(
    "clients",
    metadata,
    Column("id", Key, primary_key=True),
    # The number or address by which the source of the record knows it; imports match on it.
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("email", String(320), nullable=False, server_default=""),
    Column("phone", String(60), nullable=False, server_default=""),
    Column("site", String(200), nullable=False, server_default=""),
    Column("department", String(200), nullable=False, server_default=""),
    Column("language", String(5), nullable=False, server_default=""),
    Column("vip", Boolean, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default="1"),
    Column("organisation_id", Key, ForeignKey("clients.id"), nullable=True),
    Column("notes", Text, nullable=False, server_default=""),
    # Folded words of key, name, e-mail and department, for search as you type.
    Column("search", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    CheckConstraint("kind IN ('person', 'organisation')", name="kind"),
    Index("ix_clients_email", "email"),
    Index("ix_clients_organisation_id", "organisation_id"),
)

cis = Table(
    "cis",
    metadata,
    Column("id", Key, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),  # the name people use: NB-0377
    Column("kind", String(40), nullable=False),
    Column("name", String(200), nullable=False),
    Column("status", String(20), nullable=False, server_default="in_use"),
    Column("serial", String(100), nullable=False, server_default=""),
    Column("vendor", String(100), nullable=False, server_default=""),
    Column("model", String(200), nullable=False, server_default=""),
    Column("version", String(100), nullable=False, server_default=""),
    Column("site", String(200), nullable=False, server_default=""),
    Column("owner_id", Key, ForeignKey("clients.id"), nullable=True, index=True),
    Column("group_id", Key, ForeignKey("groups.id"), nullable=True),
    Column("attributes", Json, nullable=False),
    Column("notes", Text, nullable=False, server_default=""),
    Column("search", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    CheckConstraint("status IN ('planned', 'in_use', 'in_repair', 'retired')", name="status"),
)
