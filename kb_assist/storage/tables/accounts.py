"""People, their groups, sessions and API tokens, and the log of what happened to them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import Json, Key, UtcDateTime

users = Table(
    "users",
    metadata,
    Column("id", Key, primary_key=True),
    Column("login", String(100), nullable=False, unique=True),  # lower case
    Column("display_name", String(200), nullable=False),
    Column("email", String(320), nullable=False, server_default=""),
    Column("role", String(30), nullable=False),
    Column("language", String(5), nullable=True),
    Column("theme", String(10), nullable=True),
    Column("active", Boolean, nullable=False, server_default="1"),
    # NULL: this person signs in elsewhere (single sign-on).
    Column("password_hash", String(200), nullable=True),
    Column("issuer", String(300), nullable=True),
    Column("subject", String(300), nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_sign_in_at", UtcDateTime, nullable=True),
    UniqueConstraint("issuer", "subject"),
)

groups = Table(
    "groups",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("support_level", String(2), nullable=False),
    CheckConstraint("support_level IN ('l1', 'l2', 'l3')", name="support_level"),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_id", Key, ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "user_id", Key, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)

user_sessions = Table(
    "user_sessions",
    metadata,
    Column("key_hash", String(64), primary_key=True),  # sha256 of what the cookie holds
    Column("user_id", Key, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

# By what was typed, so that a login nobody has is locked like any other and gives nothing away.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("login", String(100), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failed_at", UtcDateTime, nullable=False),
    Column("locked_until", UtcDateTime, nullable=True),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("hint", String(12), nullable=False),  # how it begins, to recognise it
    Column("scopes", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=True),
    Column("revoked_at", UtcDateTime, nullable=True),
)

account_events = Table(
    "account_events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(40), nullable=False),
    # NULL: nobody with an account (an unknown login, the command line).
    Column("user_id", Key, ForeignKey("users.id"), nullable=True),
    Column("actor_id", Key, ForeignKey("users.id"), nullable=True),
    Column("facts", Json, nullable=False),
    Index("ix_account_events_user_id_at", "user_id", "at"),
)
