"""Clients (people and organisations) and configuration items (assets are items with a serial)."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Table

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import CleanJson, CleanString, CleanText, Key, UtcDateTime

clients = Table(
    "clients",
    metadata,
    Column("id", Key, primary_key=True),
    # The number or address by which the source of the record knows it; imports match on it.
    Column("key", CleanString(200), nullable=False, unique=True),
    Column("kind", CleanString(20), nullable=False),
    Column("name", CleanString(200), nullable=False),
    Column("email", CleanString(320), nullable=False, server_default=""),
    Column("phone", CleanString(60), nullable=False, server_default=""),
    Column("site", CleanString(200), nullable=False, server_default=""),
    Column("department", CleanString(200), nullable=False, server_default=""),
    Column("language", CleanString(5), nullable=False, server_default=""),
    Column("vip", Boolean, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default="1"),
    Column("organisation_id", Key, ForeignKey("clients.id"), nullable=True),
    Column("notes", CleanText, nullable=False, server_default=""),
    # Folded words of key, name, e-mail and department, for search as you type.
    Column("search", CleanText, nullable=False, server_default=""),
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
    Column("key", CleanString(200), nullable=False, unique=True),  # the name people use: NB-0377
    Column("kind", CleanString(40), nullable=False),
    Column("name", CleanString(200), nullable=False),
    Column("status", CleanString(20), nullable=False, server_default="in_use"),
    Column("serial", CleanString(100), nullable=False, server_default=""),
    Column("vendor", CleanString(100), nullable=False, server_default=""),
    Column("model", CleanString(200), nullable=False, server_default=""),
    Column("version", CleanString(100), nullable=False, server_default=""),
    Column("site", CleanString(200), nullable=False, server_default=""),
    Column("owner_id", Key, ForeignKey("clients.id"), nullable=True, index=True),
    Column("group_id", Key, ForeignKey("groups.id"), nullable=True),
    Column("attributes", CleanJson, nullable=False),
    Column("notes", CleanText, nullable=False, server_default=""),
    Column("search", CleanText, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    CheckConstraint("status IN ('planned', 'in_use', 'in_repair', 'retired')", name="status"),
)
