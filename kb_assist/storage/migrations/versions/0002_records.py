"""Clients and configuration items."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.types import Json, Key, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _clients()
    _cis()


def _clients() -> None:
    op.create_table(
        "clients",
        sa.Column("id", Key, nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(320), nullable=False, server_default=""),
        sa.Column("phone", sa.String(60), nullable=False, server_default=""),
        sa.Column("site", sa.String(200), nullable=False, server_default=""),
        sa.Column("department", sa.String(200), nullable=False, server_default=""),
        sa.Column("language", sa.String(5), nullable=False, server_default=""),
        sa.Column("vip", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("organisation_id", Key, nullable=True),
        sa.Column("notes", sa.Text(), nullable=False, server_default=""),
        sa.Column("search", sa.Text(), nullable=False, server_default=""),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clients"),
        sa.UniqueConstraint("key", name="uq_clients_key"),
        sa.CheckConstraint("kind IN ('person', 'organisation')", name=op.f("ck_clients_kind")),
        _refers("clients", "organisation_id", "clients"),
    )
    op.create_index("ix_clients_email", "clients", ["email"])
    op.create_index("ix_clients_organisation_id", "clients", ["organisation_id"])


def _cis() -> None:
    op.create_table(
        "cis",
        sa.Column("id", Key, nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("status", sa.String(20), nullable=False, server_default="in_use"),
        sa.Column("serial", sa.String(100), nullable=False, server_default=""),
        sa.Column("vendor", sa.String(100), nullable=False, server_default=""),
        sa.Column("model", sa.String(200), nullable=False, server_default=""),
        sa.Column("version", sa.String(100), nullable=False, server_default=""),
        sa.Column("site", sa.String(200), nullable=False, server_default=""),
        sa.Column("owner_id", Key, nullable=True),
        sa.Column("group_id", Key, nullable=True),
        sa.Column("attributes", Json, nullable=False),
        sa.Column("notes", sa.Text(), nullable=False, server_default=""),
        sa.Column("search", sa.Text(), nullable=False, server_default=""),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cis"),
        sa.UniqueConstraint("key", name="uq_cis_key"),
        sa.CheckConstraint(
            "status IN ('planned', 'in_use', 'in_repair', 'retired')", name=op.f("ck_cis_status")
        ),
        _refers("cis", "group_id", "groups"),
        _refers("cis", "owner_id", "clients"),
    )
    op.create_index("ix_cis_owner_id", "cis", ["owner_id"])


def _refers(
    table: str, column: str, other: str, *, cascade: bool = False
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{other}.id"],
        name=f"fk_{table}_{column}_{other}",
        ondelete="CASCADE" if cascade else None,
    )
