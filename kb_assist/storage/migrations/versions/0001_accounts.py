"""Accounts: users, groups, sessions, API tokens and their log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.append_only import append_only
from kb_assist.storage.types import Json, Key, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    _users()
    _groups()
    _sign_in()
    _tokens()
    _events()


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", Key, nullable=False),
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("display_name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(320), nullable=False, server_default=""),
        sa.Column("role", sa.String(30), nullable=False),
        sa.Column("language", sa.String(5), nullable=True),
        sa.Column("theme", sa.String(10), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("password_hash", sa.String(200), nullable=True),
        sa.Column("issuer", sa.String(300), nullable=True),
        sa.Column("subject", sa.String(300), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_sign_in_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("login", name="uq_users_login"),
        sa.UniqueConstraint("issuer", "subject", name="uq_users_issuer_subject"),
    )


def _groups() -> None:
    op.create_table(
        "groups",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("support_level", sa.String(2), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
        sa.UniqueConstraint("name", name="uq_groups_name"),
        sa.CheckConstraint(
            "support_level IN ('l1', 'l2', 'l3')", name=op.f("ck_groups_support_level")
        ),
    )
    op.create_table(
        "group_members",
        sa.Column("group_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("group_id", "user_id", name="pk_group_members"),
        _refers("group_members", "group_id", "groups", cascade=True),
        _refers("group_members", "user_id", "users", cascade=True),
    )
    op.create_index("ix_group_members_user_id", "group_members", ["user_id"])


def _sign_in() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name="pk_user_sessions"),
        _refers("user_sessions", "user_id", "users", cascade=True),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])
    op.create_table(
        "sign_in_failures",
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", UtcDateTime(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("login", name="pk_sign_in_failures"),
    )


def _tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("hint", sa.String(12), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
        _refers("api_tokens", "user_id", "users", cascade=True),
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])


def _events() -> None:
    op.create_table(
        "account_events",
        sa.Column("id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("user_id", Key, nullable=True),
        sa.Column("actor_id", Key, nullable=True),
        sa.Column("facts", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account_events"),
        _refers("account_events", "user_id", "users"),
        _refers("account_events", "actor_id", "users"),
    )
    op.create_index("ix_account_events_user_id_at", "account_events", ["user_id", "at"])
    for statement in append_only("account_events", op.get_bind().dialect.name):
        op.execute(statement)


def _refers(
    table: str, column: str, other: str, *, cascade: bool = False
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{other}.id"],
        name=f"fk_{table}_{column}_{other}",
        ondelete="CASCADE" if cascade else None,
    )
